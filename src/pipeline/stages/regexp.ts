// `| regexp "(?P<name>…)"`: named groups as labels.

import { ParseError } from '../../logql/parse-error.ts';
import type { RegexpStage } from '../../logql/stages/regexp.ts';
import { compileRegex } from '../../regex/regex.ts';
import { labelNameOf } from '../labels/label-name.ts';
import { extractedSuffix } from '../labels/labels-builder.ts';
import type { CompiledStage } from '../stage.ts';

/** Compiles `| regexp`. Throws RegexError for a bad pattern, ParseError when it names no group. */
export function compileRegexp({ pattern }: RegexpStage): CompiledStage {
  const regex = compileRegex(pattern);
  const groups = regex.groupNames
    .map((name, index) => ({ name: labelNameOf(name), index }))
    .filter(({ name }) => name !== '');
  if (groups.length === 0) {
    throw new ParseError(
      `parse error : stage '| regexp "${pattern}"' : at least one named capture must be supplied`,
    );
  }
  return {
    labelsRead: [],
    apply: (entry) => {
      const { labels, hints } = entry;
      if (hints.done) return true;
      const match = regex.find(entry.line);
      if (match === undefined) return true;
      for (const { name: field, index } of groups) {
        const name = labels.clashes(field) ? field + extractedSuffix : field;
        if (!hints.wants(name)) continue;
        labels.set('parsed', name, match.groups[index] ?? '');
        hints.record(name);
        if (!entry.passesHints(name)) return false;
      }
      return true;
    },
  };
}
