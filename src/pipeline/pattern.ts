// `| pattern "<ip> - <_> …"`: text between literals as labels.
import type { PatternStage } from '../logql/ast.ts';
import { ParseError } from '../logql/parse-error.ts';
import { parsePattern, patternStageError } from '../logql/pattern.ts';
import { extractedSuffix } from './labels-builder.ts';
import { matchPattern } from './pattern-matcher.ts';
import type { Apply } from './stage.ts';

/** Compiles `| pattern`. Throws ParseError for a bad pattern. */
export function compilePattern({ pattern }: PatternStage): Apply {
  const wrong = patternStageError(pattern);
  if (wrong !== undefined) throw new ParseError(wrong);
  const parts = parsePattern(pattern);
  return (entry) => {
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
  };
}
