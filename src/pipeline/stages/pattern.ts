// `| pattern "<ip> - <_> …"`: text between literals as labels.

import { ParseError } from '../../logql/parse-error.ts';
import { parsePattern, patternStageError } from '../../logql/pattern.ts';
import type { PatternStage } from '../../logql/stages/pattern.ts';
import { extractedSuffix } from '../labels/labels-builder.ts';
import { matchPattern } from '../pattern-matcher.ts';
import type { CompiledStage } from '../stage.ts';

/** Compiles `| pattern`. Throws ParseError for a bad pattern. */
export function compilePattern({ pattern }: PatternStage): CompiledStage {
  const wrong = patternStageError(pattern);
  if (wrong !== undefined) throw new ParseError(wrong);
  const parts = parsePattern(pattern);
  return {
    labelsRead: [],
    apply: (entry) => {
      const { labels, hints } = entry;
      if (hints.done) return true;
      const line = entry.line;
      return matchPattern(parts, line, (field, start, end) => {
        const name = labels.clashes(field) ? field + extractedSuffix : field;
        if (!hints.wants(name)) return true;
        labels.set('parsed', name, line.slice(start, end));
        hints.record(name);
        return entry.passesHints(name);
      });
    },
  };
}
