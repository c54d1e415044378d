// Arbitrary LogQL syntax trees: valid ones, such as the parser makes, so that printing and parsing gives them back.
import fc from 'fast-check';
import type {
  BinaryExpr,
  Expr,
  Grouping,
  LabelFilter,
  LogQuery,
  Matcher,
  MetricExpr,
  RangeAggregation,
  Unwrap,
  VectorAggregation,
  VectorMatching,
} from '../../src/logql/ast.ts';
import type { RangeOp } from '../../src/logql/operations/range-operations.ts';
import { comparedBytes } from '../../src/logql/parse-label-filter.ts';
import type { Stage } from '../../src/logql/stages.ts';

/** Names that are no keywords; some are function names, which are identifiers outside calls. */
export const labelName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('app', 'job', 'level', 'rate', 'sum', 'bytes', 'ip', 'duration', 'vector', '_x1', 'größe'),
  fc.stringMatching(/^[a-z_][a-zA-Z0-9_]{0,6}$/).filter((name) => !keyword.test(name)),
);

const keyword =
  /^(by|without|bool|on|ignoring|group_left|group_right|offset|and|or|unless|unwrap|json|regexp|logfmt|unpack|pattern|line_format|label_format|decolorize|drop|keep)$/i;

/** Any text a query can hold: quotes, control characters, other scripts; no lone surrogates. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  fc.string({
    unit: fc.constantFrom('"', '\\', '`', '\n', '\t', '\0', 'é', '\u00a0', '\u{1f600}', 'a'),
    maxLength: 6,
  }),
);

const regexText = fc.constantFrom('a|b', '.+', '[a-z]+\\d', '(?i)err', 'x{2}', '^a$', 'é.');

export const matcher: fc.Arbitrary<Matcher> = fc.oneof(
  fc.record({ name: labelName, op: fc.constantFrom('=' as const, '!=' as const), value: anyText }),
  fc.record({ name: labelName, op: fc.constantFrom('=~' as const, '!~' as const), value: regexText }),
);

/** At least one matcher refuses the empty value. */
export const matchers: fc.Arbitrary<Matcher[]> = fc
  .tuple(labelName, fc.array(matcher, { maxLength: 3 }))
  .map(([name, rest]) => [{ name, op: '=~' as const, value: '.+' }, ...rest]);

const compareOp = fc.constantFrom(
  '==' as const,
  '!=' as const,
  '>' as const,
  '>=' as const,
  '<' as const,
  '<=' as const,
);
const finite = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));

export const labelFilter: fc.Arbitrary<LabelFilter> = fc.letrec<{ filter: LabelFilter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    matcher.map((m): LabelFilter => ({ kind: 'string', matcher: m })),
    fc.record({ kind: fc.constant('number' as const), name: labelName, op: compareOp, value: finite }),
    fc.record({
      kind: fc.constant('duration' as const),
      name: labelName,
      op: compareOp,
      valueNs: fc.oneof(fc.integer({ min: 0, max: 10 ** 15 }), fc.integer({ min: -(10 ** 12), max: -1 })),
    }),
    fc.record({
      kind: fc.constant('bytes' as const),
      name: labelName,
      op: compareOp,
      valueBytes: fc.integer({ min: 1, max: 2 ** 31 - 1 }).map(comparedBytes),
    }),
    fc.record({
      kind: fc.constant('ip' as const),
      name: labelName,
      op: fc.constantFrom('=' as const, '!=' as const),
      pattern: fc.constantFrom('10.0.0.0/8', '::1', '10.0.0.1-10.0.0.9'),
    }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      left: tie('filter'),
      right: tie('filter'),
    }),
  ),
})).filter;

const extractions = fc.array(fc.record({ label: labelName, path: fc.constantFrom('a', 'b_1') }), {
  maxLength: 3,
});

export const stage: fc.Arbitrary<Stage> = fc.oneof(
  fc.record({
    kind: fc.constant('lineFilter' as const),
    op: fc.constantFrom('|=' as const, '!=' as const),
    alternatives: fc.array(
      fc.oneof(
        anyText.map((text) => ({ text, ip: false })),
        fc.constantFrom('10.0.0.1', 'fe80::/10').map((text) => ({ text, ip: true })),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({
    kind: fc.constant('lineFilter' as const),
    op: fc.constantFrom('|~' as const, '!~' as const, '|>' as const, '!>' as const),
    alternatives: fc.array(
      fc.oneof(regexText, fc.constant('<_> x')).map((text) => ({ text, ip: false })),
      { minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({
    kind: fc.constant('json' as const),
    expressions: fc.oneof(extractions, fc.constant([{ label: 'x', path: 'a.b[0]["c d"]' }])),
  }),
  fc.record({
    kind: fc.constant('logfmt' as const),
    strict: fc.boolean(),
    keepEmpty: fc.boolean(),
    expressions: extractions,
  }),
  fc.constantFrom<Stage>(
    { kind: 'pattern', pattern: '<ip> - <_> "<path>"' },
    { kind: 'regexp', pattern: '(?P<a>\\w+)' },
    { kind: 'unpack' },
    { kind: 'decolorize' },
  ),
  labelFilter.map((filter): Stage => ({ kind: 'labelFilter', filter })),
  anyText.map((template): Stage => ({ kind: 'lineFormat', template })),
  fc
    .uniqueArray(labelName, { minLength: 1, maxLength: 3 })
    .chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc.oneof(
            labelName.map((from) => ({ kind: 'rename' as const, name, from })),
            anyText.map((template) => ({ kind: 'template' as const, name, template })),
          ),
        ),
      ),
    )
    .map((assignments): Stage => ({ kind: 'labelFormat', assignments })),
  fc.record({
    kind: fc.constantFrom('drop' as const, 'keep' as const),
    labels: fc.array(
      fc.oneof(
        labelName.map((name) => ({ name })),
        matcher.map((m) => ({ name: m.name, matcher: m })),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  }),
);

export const logQuery: fc.Arbitrary<LogQuery> = fc.record({
  kind: fc.constant('logQuery' as const),
  matchers,
  stages: fc.array(stage, { maxLength: 4 }).map(withoutAmbiguity),
});

/**
 * `| drop a != "x"` is always a drop with a matcher, so no text has a bare label last and a `!=` filter after it:
 * such filters are left out.
 */
function withoutAmbiguity(stages: readonly Stage[]): Stage[] {
  const out: Stage[] = [];
  for (const next of stages) {
    const before = out[out.length - 1];
    const bareLast =
      (before?.kind === 'drop' || before?.kind === 'keep') && before.labels.at(-1)?.matcher === undefined;
    const negative = next.kind === 'lineFilter' && (next.op === '!=' || next.op === '!~');
    if (!(bareLast && negative)) out.push(next);
  }
  return out;
}

export const grouping: fc.Arbitrary<Grouping> = fc.record({
  kind: fc.constantFrom('by' as const, 'without' as const),
  labels: fc.array(labelName, { maxLength: 3 }),
});

const unwrap: fc.Arbitrary<Unwrap> = fc
  .tuple(
    labelName,
    fc.constantFrom(undefined, 'duration' as const, 'duration_seconds' as const, 'bytes' as const),
    fc.array(labelFilter, { maxLength: 2 }),
  )
  .map(([label, conversion, postFilters]) => ({
    label,
    ...(conversion === undefined ? {} : { conversion }),
    postFilters,
  }));

const logOps: readonly RangeOp[] = [
  'count_over_time',
  'rate',
  'bytes_over_time',
  'bytes_rate',
  'absent_over_time',
];
const plainUnwrapOps: readonly RangeOp[] = ['rate', 'rate_counter', 'sum_over_time', 'absent_over_time'];
const groupedUnwrapOps: readonly RangeOp[] = [
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'stdvar_over_time',
  'stddev_over_time',
  'quantile_over_time',
  'first_over_time',
  'last_over_time',
];

const rangeParts = {
  log: logQuery,
  rangeNs: fc.bigInt({ min: 0n, max: 10n ** 10n }).map((ms) => ms * 1_000_000n),
  offsetNs: fc.oneof(fc.constant(0n), fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })),
};

export const rangeAggregation: fc.Arbitrary<RangeAggregation> = fc.oneof(
  fc.record({
    kind: fc.constant('rangeAggregation' as const),
    op: fc.constantFrom(...logOps),
    ...rangeParts,
  }),
  fc.record({
    kind: fc.constant('rangeAggregation' as const),
    op: fc.constantFrom(...plainUnwrapOps),
    ...rangeParts,
    unwrap,
  }),
  fc
    .tuple(
      fc.record({
        kind: fc.constant('rangeAggregation' as const),
        op: fc.constantFrom(...groupedUnwrapOps),
        ...rangeParts,
        unwrap,
      }),
      fc.option(grouping, { nil: undefined }),
      fc.double({ min: 0, max: 2, noNaN: true }),
    )
    .map(([node, by, parameter]) => ({
      ...node,
      ...(node.op === 'quantile_over_time' ? { parameter } : {}),
      ...(by === undefined ? {} : { grouping: by }),
    })),
);

const matching: fc.Arbitrary<VectorMatching> = fc
  .record({
    cardinality: fc.constantFrom('one-to-one' as const, 'many-to-one' as const, 'one-to-many' as const),
    on: fc.boolean(),
    labels: fc.array(labelName, { maxLength: 2 }),
    include: fc.array(labelName, { maxLength: 2 }),
  })
  .map((m) => (m.cardinality === 'one-to-one' ? { ...m, include: [] } : m));

/** Literals include the values that only folding makes. */
const literal: fc.Arbitrary<MetricExpr> = fc
  .oneof(finite, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0))
  .map((value) => ({ kind: 'literal', value }));

const vector: fc.Arbitrary<MetricExpr> = fc
  .double({ min: 0, noNaN: true, noDefaultInfinity: true })
  .map((value) => ({ kind: 'vector', value: Math.abs(value) }));

const arithmetic = [...(['+', '-', '*', '/', '%', '^', '==', '!=', '>', '>=', '<', '<='] as const)];

export const metricExpr: fc.Arbitrary<MetricExpr> = fc.letrec<{ metric: MetricExpr }>((tie) => {
  const aggregated = (op: VectorAggregation['op']): fc.Arbitrary<MetricExpr> => {
    const takesNumber = op === 'topk' || op === 'bottomk' || op === 'approx_topk';
    const takesGroups = op !== 'sort' && op !== 'sort_desc' && op !== 'approx_topk';
    return fc
      .tuple(
        tie('metric'),
        fc.integer({ min: 1, max: 100 }),
        takesGroups ? fc.option(grouping, { nil: undefined }) : fc.constant(undefined),
      )
      .map(([expr, parameter, by]) => ({
        kind: 'vectorAggregation' as const,
        op,
        ...(takesNumber ? { parameter } : {}),
        expr,
        ...(by === undefined ? {} : { grouping: by }),
      }));
  };
  const operation = fc
    .tuple(
      fc.constantFrom(...arithmetic, 'and' as const, 'or' as const, 'unless' as const),
      tie('metric'),
      tie('metric'),
      fc.boolean(),
      fc.option(matching, { nil: undefined }),
    )
    .map(
      ([op, left, right, returnBool, m]): BinaryExpr => ({
        kind: 'binary',
        op,
        left,
        right,
        returnBool,
        ...(m === undefined ? {} : { matching: m }),
      }),
    )
    // What the parser folds or refuses.
    .filter(({ op, left, right }) => {
      const literals = Number(left.kind === 'literal') + Number(right.kind === 'literal');
      return op === 'and' || op === 'or' || op === 'unless' ? literals === 0 : literals < 2;
    });
  return {
    metric: fc.oneof(
      { maxDepth: 3 },
      rangeAggregation,
      vector,
      literal,
      ...(['sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar'] as const).map(aggregated),
      ...(['topk', 'bottomk', 'approx_topk', 'sort', 'sort_desc'] as const).map(aggregated),
      operation,
      fc.record({
        kind: fc.constant('labelReplace' as const),
        expr: tie('metric'),
        destination: anyText,
        replacement: anyText,
        source: anyText,
        regex: regexText,
      }),
    ),
  };
}).metric;

/** Any query. */
export const expr: fc.Arbitrary<Expr> = fc.oneof(logQuery, metricExpr);
