// `| json`: every field of the line's object as a label; nested names are joined by `_`, arrays are left out.

import {
  type JsonError,
  type JsonValue,
  jsonErrors,
  nextToken,
  readJsonValue,
  stringEnd,
  unescapedLabel,
  unescapeJson,
} from '../../formats/json-scan.ts';
import { isWalkable, JsonFieldWalk, type SetField } from '../json-fields.ts';
import { labelNameOf, labelNamePart } from '../labels/label-name.ts';
import { extractedSuffix, preserveErrorLabel } from '../labels/labels-builder.ts';
import { filtersBeforeParser, type HintRules } from '../parser-hints.ts';
import type { Apply, CompiledStage, PipelineEntry } from '../stage.ts';

export const jsonParserError = 'JSONParserErr';

/** How a walk over fields ended when no error ended it. */
type Walk = JsonError | 'done' | 'drop' | undefined;

/** Objects inside objects beyond this are left out, so that no line can exhaust the stack. */
const nestingMax = 128;
/**
 * Characters of all names of nested fields of one line: each repeats the names above it. Fields beyond this are left
 * out.
 */
const nestedNamesLengthMax = 2 ** 22;

/** Compiles `| json` without expressions. */
export const compileJson = (): CompiledStage => ({ labelsRead: [], apply: allFields() });

function allFields(): Apply {
  let rules: HintRules | undefined;
  let fields: JsonFieldWalk | undefined;
  return (entry) => {
    if (entry.hints.done) return true;
    if (rules !== entry.hints.rules) {
      rules = entry.hints.rules;
      fields = fieldWalkFor(rules);
    }
    // Bytes first: the fields asked for, or those that a later label filter may drop the line by.
    if (fields !== undefined && entry.lineIsBytes) {
      const verdict = fields.walk(entry);
      if (verdict === 'drop') return false;
      if (verdict === 'all' || (verdict === 'end' && rules.required.length > 0)) return true;
    }
    const line = entry.line;
    const end = walkObject(line, 0, line.length, '', 0, { entry, nestedNamesLength: 0 });
    if (end === 'drop') return false;
    if (end !== undefined && end !== 'done') setParserError(entry, jsonParserError, end);
    return true;
  };
}

function fieldWalkFor(rules: HintRules): JsonFieldWalk | undefined {
  const { required } = rules;
  const set: SetField = (entry, field, text, quoted) =>
    setField(entry, field, quoted ? unescapedLabel(text) : text);
  if (required.length > 0) return isWalkable(required) ? new JsonFieldWalk(required, set, false) : undefined;
  const filtered = filtersBeforeParser(rules);
  if (!isWalkable(filtered)) return undefined;
  // A field that clashes is set in its turn: another may already have the name with the suffix.
  const setFree: SetField = (entry, ...field) =>
    entry.labels.clashes(field[0]) ? undefined : set(entry, ...field);
  return new JsonFieldWalk(filtered, setFree, true);
}

/** Marks a parser's error on the entry. */
export function setParserError(entry: PipelineEntry, error: string, details: string): void {
  entry.labels.setError(error, details === '' ? entry.labels.errorDetails : details);
  if (entry.hints.rules.preserveError) entry.labels.set('parsed', preserveErrorLabel, 'true');
}

interface LineWalk {
  readonly entry: PipelineEntry;
  nestedNamesLength: number;
}

function walkObject(
  text: string,
  from: number,
  end: number,
  prefix: string,
  depth: number,
  line: LineWalk,
): Walk {
  const { entry } = line;
  return eachField(text, from, end, (key, value) => {
    if (value.type === 'object') {
      const name = fieldName(prefix, key);
      if (depth >= nestingMax || !entry.hints.wantsPrefix(name)) return undefined;
      return walkObject(text, value.start, value.end, name, depth + 1, line);
    }
    if (value.type === 'array' || value.type === 'null') return undefined;
    const raw = fieldName(prefix, key);
    if (raw === '') return undefined;
    if (depth > 0) line.nestedNamesLength += raw.length;
    if (line.nestedNamesLength > nestedNamesLengthMax) return undefined;
    const content = text.slice(value.start, value.end);
    return setField(entry, raw, value.type === 'string' ? unescapedLabel(content) : content);
  });
}

/** Sets a parsed field's label unless nobody wants it; 'drop' when a later label filter fails on it. */
export function setField(entry: PipelineEntry, field: string, value: string): 'done' | 'drop' | undefined {
  const { labels, hints } = entry;
  const name = labels.clashes(field) ? field + extractedSuffix : field;
  if (!hints.wants(name)) return undefined;
  labels.set('parsed', name, value);
  hints.record(name);
  if (!entry.passesHints(name)) return 'drop';
  return hints.allExtracted ? 'done' : undefined;
}

/** The label that a field is for: `prefix` is the name of the object it is in, '' at the top. '': none. */
export function fieldName(prefix: string, key: string): string {
  if (prefix === '') return labelNameOf(key);
  const part = labelNamePart(key);
  return part === '' ? prefix : `${prefix}_${part}`;
}

/**
 * Calls `visit` for each field of the object at `from`, in order, until it returns something. The key is
 * unescaped; `value` is reused by nobody else. Gives what ended the walk: a visitor's word, an error's text, or
 * undefined when the object was walked to its end.
 */
export function eachField<Stop extends string>(
  text: string,
  from: number,
  end: number,
  visit: (key: string, value: JsonValue) => Stop | undefined,
): Stop | JsonError | undefined {
  let at = nextToken(text, from, end);
  if (at < 0 || text.charCodeAt(at) !== 0x7b) return jsonErrors.object;
  at = nextToken(text, at + 1, end);
  if (at < 0) return jsonErrors.json;
  if (text.charCodeAt(at) === 0x7d) return undefined;
  const value: JsonValue = { type: 'null', start: 0, end: 0, next: 0 };
  while (at < end) {
    const c = text.charCodeAt(at);
    if (c === 0x7d) return undefined;
    if (c !== 0x22) return jsonErrors.object;
    const keyEnd = stringEnd(text, at + 1, end);
    if (keyEnd < 0) return jsonErrors.json;
    const rawKey = text.slice(at + 1, keyEnd);
    const key = rawKey.includes('\\') ? unescapeJson(rawKey) : rawKey;
    if (key === undefined) return jsonErrors.escape;
    at = nextToken(text, keyEnd + 1, end);
    if (at < 0 || text.charCodeAt(at) !== 0x3a) return jsonErrors.json;
    const error = readJsonValue(text, at + 1, end, value);
    if (error !== undefined) return error;
    const next = value.next;
    const stop = visit(key, value);
    if (stop !== undefined) return stop;
    at = nextToken(text, next, end);
    if (at < 0) return jsonErrors.array;
    const separator = text.charCodeAt(at);
    if (separator === 0x7d) return undefined;
    if (separator !== 0x2c) return jsonErrors.object;
    at = nextToken(text, at + 1, end);
    if (at < 0) return jsonErrors.array;
  }
  return jsonErrors.object;
}
