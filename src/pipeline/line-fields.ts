// Which fields of lines a metric query looks at, when those are all that it needs of lines.
import { type Stage, syntaxOf } from '../logql/stages.ts';
import type { HintRules } from './parser-hints.ts';

/** Fields of lines by the names of the labels they become. */
export interface LineFields {
  readonly format: 'json' | 'logfmt';
  readonly names: ReadonlySet<string>;
}

/**
 * Undefined when more of lines may matter: other stages read them, or a parser's errors depend on fields nobody asked
 * for.
 */
export function lineFieldsOf(stages: readonly Stage[], { required }: HintRules): LineFields | undefined {
  const [parser, ...others] = stages.filter((stage) => syntaxOf(stage).readsLine);
  if (parser === undefined || others.length > 0 || required.length === 0) return undefined;
  if (stages.some((stage) => syntaxOf(stage).changesLine)) return undefined;
  const names = new Set(required);
  if (parser.kind === 'json') return parser.expressions.length > 0 ? undefined : { format: 'json', names };
  if (parser.kind !== 'logfmt' || parser.strict || parser.expressions.length > 0) return undefined;
  return { format: 'logfmt', names };
}
