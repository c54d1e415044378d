// The lines that an alert is about: the last of those that its rule has counted for its series. A rule asks for them by the
// annotation `skald_lines: "5"`.
import type { Expr, LabelFilter, LogQuery, RangeAggregation } from '../logql/ast.ts';
import { printExpr } from '../logql/print.ts';
import { operandsOf, rangesOf } from '../logql/walk.ts';
import type { Labels } from '../model/labels.ts';
import { compileRegex } from '../regex/regex.ts';
import { replaceAllMatchesLiteral } from '../template/regex.ts';
import { cut } from './notify/message-text.ts';
import type { AlertingRule } from './rule-group.ts';

/** As the alert keeps them. */
export interface AlertLines {
  /** Oldest first, cut and redacted, one below the other. */
  readonly text: string;
  /** The log query that gives all of them. */
  readonly expr: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface LinesRequest {
  readonly tenant: string;
  readonly expr: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
  readonly timeoutMs: number;
}

export const linesMax = 20;
/** Of a line that patterns look at. */
const readCharactersMax = 16_384;
const lineCharactersMax = 500;
const charactersMax = 4000;
const redacted = '<redacted>';

/** Lines that the rule asks for; 0: none. */
export function linesWanted({ annotations }: AlertingRule): number {
  const text = annotations.find(([name]) => name === 'skald_lines')?.[1];
  return text === undefined ? 0 : Number(text);
}

/** What is wrong with the annotations that are about lines. */
export function linesFault(annotations: AlertingRule['annotations']): string | undefined {
  for (const [name, text] of annotations) {
    if (name === 'skald_lines' && !(/^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= linesMax))
      return `invalid annotation skald_lines: expected a number from 1 to ${linesMax}`;
    if (name !== 'skald_redact') continue;
    try {
      compileRegex(text);
    } catch (error) {
      return `invalid annotation skald_redact: ${(error as Error).message}`;
    }
  }
  return undefined;
}

/** Undefined: the rule reads no lines that would be the alert's, as with `absent_over_time`. `series`: of the query's answer. */
export function linesQuery(
  query: Expr,
  series: Labels,
  timeMs: number,
): Pick<LinesRequest, 'expr' | 'fromMs' | 'toMs'> | undefined {
  const [found] = rangesOf(query);
  const range = found?.range;
  if (range === undefined || range.op === 'absent_over_time') return undefined;
  const made = labelsMade(query);
  const own = series.filter(([name]) => name !== '__name__' && !made.has(name));
  const toMs = timeMs - toMsOf(range.offsetNs);
  return { expr: printExpr(narrowed(range, own)), fromMs: toMs - toMsOf(range.rangeNs), toMs };
}

const toMsOf = (ns: bigint): number => Number(ns / 1_000_000n);

function narrowed({ log }: RangeAggregation, series: Labels): LogQuery {
  const filters = series.map(([name, value]) => {
    const filter: LabelFilter = { kind: 'string', matcher: { name, op: '=', value } };
    return { kind: 'labelFilter', filter } as const;
  });
  return { ...log, stages: [...log.stages, ...filters] };
}

/** Labels that no line has. */
function labelsMade(query: Expr): ReadonlySet<string> {
  const made = operandsOf(query).flatMap((operand) => [...labelsMade(operand)]);
  return new Set(query.kind === 'labelReplace' ? [query.destination, ...made] : made);
}

/** `lines` oldest first; `patterns`: what nobody is to see. */
export function linesText(lines: readonly string[], patterns: readonly string[]): string {
  const shown: string[] = [];
  let characters = 0;
  // The newest are the last to be left out.
  for (const line of [...lines].reverse()) {
    // Half of a secret would be none to the pattern: it is cut afterwards.
    const clean = patterns.reduce(
      (text, pattern) => replaceAllMatchesLiteral(pattern, text, redacted),
      line.slice(0, readCharactersMax),
    );
    const short = cut(clean, lineCharactersMax);
    if (shown.length > 0 && characters + short.length > charactersMax) break;
    characters += short.length;
    shown.unshift(short);
  }
  return shown.join('\n');
}

export const redactPatterns = (
  { annotations }: AlertingRule,
  general: readonly string[],
): readonly string[] => [
  ...general,
  ...annotations.filter(([name]) => name === 'skald_redact').map(([, pattern]) => pattern),
];
