// Random metric queries over lines of `v=<integer> took=<n>ms size=<n>KB`, every range aggregation among them.
import fc from 'fast-check';

const range = fc.constantFrom('7s', '30s', '1m', '90s', '5m');
const offset = fc.constantFrom('', '', '', ' offset 30s', ' offset -1m', ' offset 2m');
const selector = fc.constantFrom('{app="x"}', '{app=~"x|y"}', '{app="x", pod!="1"}');
const filter = fc.constantFrom(
  '',
  '',
  ' |= "v=1"',
  ' |~ "v=[1-4] "',
  ' | trace="a"',
  ' | detected_level="error"',
);
const by = fc.constantFrom('', ' by (pod)', ' by (app, trace)', ' without (pod)', ' by ()');

/** `op(… [range] offset …) by (…)`; whatever is counted or picked is an integer. */
const counted = fc
  .tuple(
    fc.constantFrom('count_over_time', 'bytes_over_time', 'absent_over_time'),
    selector,
    filter,
    range,
    offset,
  )
  .map(([op, chosen, stages, r, o]) => `${op}(${chosen}${stages} [${r}]${o})`);
const unwrapped = (ops: readonly string[], grouping: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...ops),
      selector,
      filter,
      fc.constantFrom('v', 'duration(took)', 'bytes(size)', 'v | __error__="" | v != 3'),
      fc.tuple(range, offset),
      grouping,
    )
    .map(
      ([op, chosen, stages, field, [r, o], group]) =>
        `${op}${chosen}${stages} | logfmt | drop __error_details__ | unwrap ${field} [${r}]${o})${group}`,
    );
const none = fc.constant('');
const integers = fc.oneof(
  counted,
  unwrapped(['sum_over_time('], none),
  unwrapped(['min_over_time(', 'max_over_time(', 'first_over_time(', 'last_over_time('], by),
);
const fractions = fc.oneof(
  fc
    .tuple(fc.constantFrom('rate', 'bytes_rate'), selector, filter, range, offset)
    .map(([op, chosen, stages, r, o]) => `${op}(${chosen}${stages} [${r}]${o})`),
  unwrapped(['rate(', 'rate_counter(', 'absent_over_time('], none),
  unwrapped(['avg_over_time(', 'stddev_over_time(', 'stdvar_over_time(', 'quantile_over_time(0.7, '], by),
);

const vectorOps = fc.constantFrom('sum', 'min', 'max', 'count', 'topk(2, ', 'bottomk(1, ');
const aggregated = (inner: fc.Arbitrary<string>, ops: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(ops, by, inner)
    .map(([op, group, operand]) =>
      op.includes('(') ? `${op.replace('(', `${group} (`)}${operand})` : `${op}${group} (${operand})`,
    );
const replaced = fc
  .tuple(integers)
  .map(([inner]) => `label_replace(${inner}, "pod", "p$1", "pod", "([0-9])")`);

// Equality and order are asked of integers alone: a fraction may fall on either side of a rounding error.
const operand = fc.oneof(integers, aggregated(integers, vectorOps), replaced);
const combined = fc
  .tuple(
    operand,
    fc.constantFrom('+', '-', '*', '/', '%', '>', '<= bool', '==', 'and', 'or', 'unless'),
    fc.constantFrom(
      '',
      '',
      ' on (pod)',
      ' ignoring (trace)',
      ' on (pod) group_left',
      ' on (app) group_right',
    ),
    fc.oneof(operand, fc.constantFrom('2', 'vector(3)')),
  )
  .map(([left, op, matching, right]) => {
    const set = /and|or|unless/.test(op);
    if (right === '2') return set ? `${left} ${op} vector(2)` : `${left} ${op} 2`;
    return `${left} ${op}${set ? matching.replace(/ group_.*/, '') : matching} ${right}`;
  });

/** Their values do not depend on the order of sums, or little. */
export const randomMetric: fc.Arbitrary<string> = fc.oneof(
  integers,
  fractions,
  aggregated(integers, vectorOps),
  aggregated(fractions, fc.constantFrom('sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar')),
  combined,
);
