// `| unpack`: undoes Promtail's pack stage. String fields become labels, `_entry` becomes the line.

import { unescapedLabel } from '../../formats/json-scan.ts';
import { extractedSuffix } from '../labels/labels-builder.ts';
import type { Apply, CompiledStage } from '../stage.ts';
import { eachField, jsonParserError, setParserError } from './json.ts';

const packedEntryKey = '_entry';

/** Compiles `| unpack`. */
export const compileUnpack = (): CompiledStage => ({ labelsRead: [], apply: unpacking() });

function unpacking(): Apply {
  return (entry) => {
    if (entry.lineIsEmpty || entry.hints.done) return true;
    const { labels, hints } = entry;
    const line = entry.line;
    if (line.charCodeAt(0) !== 0x7b) {
      setParserError(entry, jsonParserError, 'expecting json object(6), but it is not');
      return true;
    }
    const fields: string[] = [];
    let packed: string | undefined;
    const error = eachField<never>(line, 0, line.length, (key, value) => {
      if (value.type !== 'string') return undefined;
      const text = unescapedLabel(line.slice(value.start, value.end));
      if (key === packedEntryKey) {
        packed = text;
        return undefined;
      }
      const name = labels.clashes(key) ? key + extractedSuffix : key;
      if (hints.wants(name)) fields.push(name, text);
      return undefined;
    });
    if (error !== undefined) {
      setParserError(entry, jsonParserError, error);
      return true;
    }
    if (packed === undefined) return true;
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] as string;
      labels.set('parsed', name, fields[i + 1] as string);
      hints.record(name);
      if (!entry.passesHints(name)) return false;
    }
    entry.line = packed;
    return true;
  };
}
