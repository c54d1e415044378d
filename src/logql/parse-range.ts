// The inside of a range aggregation: `{…} | stages | unwrap x [5m] offset 1h` in all the orders Loki takes.
import type { LabelFilter, LogQuery, Matcher, Unwrap } from './ast.ts';
import { parseLabelFilter } from './parse-label-filter.ts';
import { parseMatchers } from './parse-matchers.ts';
import { parseStages } from './parse-stages.ts';
import type { Stage } from './stages.ts';
import type { TokenStream } from './token-stream.ts';

export interface LogRange {
  readonly log: LogQuery;
  readonly rangeNs: bigint;
  readonly offsetNs: bigint;
  readonly unwrap?: Unwrap;
}

/** `expecting`: what the error names when neither `{` nor `(` comes first. */
export function parseLogRange(stream: TokenStream, expecting: readonly string[]): LogRange {
  const first = stream.peek().kind;
  if (first === '{') return parseRangeAfter(stream, parseMatchers(stream));
  if (first !== '(') return stream.fail(expecting);
  return stream.nested(() => parseParenthesised(stream));
}

/** `( selector stages )[5m]` or `( whole range )`. */
function parseParenthesised(stream: TokenStream): LogRange {
  stream.expect('(');
  if (stream.peek().kind === '(') {
    const range = parseLogRange(stream, ['{', '(']);
    stream.expect(')');
    return range;
  }
  if (stream.peek().kind !== '{') stream.fail(['{', '(']);
  const matchers = parseMatchers(stream);
  const inside = parsePipeline(stream);
  if (stream.peek().kind !== ')') {
    const range = finishRange(stream, matchers, inside);
    stream.expect(')');
    return range;
  }
  stream.next();
  if (stream.peek().kind !== 'RANGE') stream.fail(['RANGE']);
  return finishRange(stream, matchers, inside);
}

function parseRangeAfter(stream: TokenStream, matchers: readonly Matcher[]): LogRange {
  return finishRange(stream, matchers, parsePipeline(stream));
}

interface Pipeline {
  readonly stages: readonly Stage[];
  readonly unwrap: Unwrap | undefined;
}

/** RANGE, offset, and when nothing stood before the range, the stages and unwrap after it. */
function finishRange(stream: TokenStream, matchers: readonly Matcher[], before: Pipeline): LogRange {
  const range = stream.accept('RANGE');
  if (range === undefined) return stream.fail(before.unwrap === undefined ? [] : ['RANGE', '|']);
  const offset = stream.accept('offset');
  const offsetNs = offset === undefined ? 0n : stream.expect('DURATION').durationNs;
  const empty = before.stages.length === 0 && before.unwrap === undefined;
  const { stages, unwrap } = empty ? parsePipeline(stream) : before;
  return {
    log: { kind: 'logQuery', matchers, stages },
    rangeNs: range.durationNs,
    offsetNs,
    ...(unwrap === undefined ? {} : { unwrap }),
  };
}

function parsePipeline(stream: TokenStream): Pipeline {
  const stages: Stage[] = [];
  const unwrap = parseStages(stream, stages, true) ? parseUnwrap(stream) : undefined;
  return { stages, unwrap };
}

const conversions = {
  BYTES_CONV: 'bytes',
  DURATION_CONV: 'duration',
  DURATION_SECONDS_CONV: 'duration_seconds',
} as const;

/** From the word `unwrap` on: the pipe before it is read. */
function parseUnwrap(stream: TokenStream): Unwrap {
  stream.expect('unwrap');
  const { kind } = stream.peek();
  let label: string;
  let conversion: Unwrap['conversion'];
  if (kind === 'BYTES_CONV' || kind === 'DURATION_CONV' || kind === 'DURATION_SECONDS_CONV') {
    stream.next();
    conversion = conversions[kind];
    stream.expect('(');
    label = stream.expect('IDENTIFIER').text;
    stream.expect(')');
  } else {
    label = stream.expect('IDENTIFIER', ['IDENTIFIER', ...Object.keys(conversions)]).text;
  }
  const postFilters: LabelFilter[] = [];
  while (stream.accept('|') !== undefined) stream.addTo(postFilters, parseLabelFilter(stream));
  return { label, ...(conversion === undefined ? {} : { conversion }), postFilters };
}
