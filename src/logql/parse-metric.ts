// Metric queries: aggregations, operators, literals. A log query may be where Loki's grammar has one.
import type { Expr, Grouping, MetricExpr, VectorMatching } from './ast.ts';
import { makeBinary, makeRangeAggregation, makeVectorAggregation } from './build.ts';
import { binaryOperations, isBinaryOp } from './operations/binary-operations.ts';
import { isRangeOp, type RangeOp } from './operations/range-operations.ts';
import { isVectorOp, type VectorOp } from './operations/vector-operations.ts';
import { parseMatchers } from './parse-matchers.ts';
import { numberOf, parseSignedNumber } from './parse-number.ts';
import { parseLogRange } from './parse-range.ts';
import { parseStages } from './parse-stages.ts';
import type { Stage } from './stages.ts';
import type { Token } from './token.ts';
import type { TokenStream } from './token-stream.ts';

/** An expression of operators that bind at least as tightly as `rankMin`. */
export function parseOperators(stream: TokenStream, rankMin = 1): Expr {
  return stream.nested(() => {
    let left = parseOperand(stream);
    for (;;) {
      const op = stream.peek().kind;
      if (!isBinaryOp(op)) return left;
      const { rank, groups } = binaryOperations[op];
      if (rank < rankMin) return left;
      stream.next();
      const modifier = parseModifier(stream);
      const right = parseOperators(stream, groups === 'right' ? rank : rank + 1);
      const node = makeBinary({ op, left, right, ...modifier });
      left = node.kind === 'literal' ? node : stream.above(node, left, right);
    }
  });
}

function parseOperand(stream: TokenStream): Expr {
  const token = stream.peek();
  switch (token.kind) {
    case '{': {
      const matchers = parseMatchers(stream);
      const stages: Stage[] = [];
      parseStages(stream, stages, false);
      return { kind: 'logQuery', matchers, stages };
    }
    case '(': {
      stream.next();
      const inner = parseOperators(stream);
      if (stream.accept(')') === undefined) stream.fail();
      return inner;
    }
    case 'NUMBER':
    case '+':
    case '-':
      return { kind: 'literal', value: parseSignedNumber(stream) };
    case 'VECTOR':
      return parseVector(stream);
    case 'LABEL_REPLACE':
      return parseLabelReplace(stream);
    default:
      if (token.kind === 'IDENTIFIER') return stream.fail();
      if (isRangeOp(token.text)) return parseRangeAggregation(stream, token.text);
      if (isVectorOp(token.text)) return parseVectorAggregation(stream, token.text);
      return stream.fail();
  }
}

function parseVector(stream: TokenStream): MetricExpr {
  stream.next();
  stream.expect('(');
  const text = stream.expect('NUMBER').text;
  stream.expect(')');
  return { kind: 'vector', value: numberOf(text, 'vectorExpr') };
}

function parseLabelReplace(stream: TokenStream): MetricExpr {
  stream.next();
  stream.expect('(');
  const expr = parseMetric(stream);
  const texts: string[] = [];
  for (let i = 0; i < 4; i++) {
    if (stream.accept(',') === undefined) stream.fail(i === 0 ? [] : [',']);
    texts.push(stream.expect('STRING').text);
  }
  stream.expect(')');
  const [destination, replacement, source, regex] = texts as [string, string, string, string];
  return stream.above({ kind: 'labelReplace', expr, destination, replacement, source, regex }, expr);
}

/** A metric expression; a log query in its place is an error at the token after it, as the grammar has it. */
function parseMetric(stream: TokenStream): MetricExpr {
  const expr = parseOperators(stream);
  return expr.kind === 'logQuery' ? stream.fail() : expr;
}

function parseRangeAggregation(stream: TokenStream, op: RangeOp): MetricExpr {
  stream.next();
  stream.expect('(');
  const parameter = stream.accept('NUMBER');
  if (parameter !== undefined) stream.expect(',');
  const range = parseLogRange(stream, parameter === undefined ? ['NUMBER', '{', '('] : ['{', '(']);
  stream.expect(')');
  return makeRangeAggregation(op, parameter?.text, range, parseGrouping(stream));
}

function parseVectorAggregation(stream: TokenStream, op: VectorOp): MetricExpr {
  stream.next();
  const before = parseGrouping(stream);
  stream.expect('(', before === undefined ? ['(', 'by', 'without'] : ['(']);
  const { parameter, expr } = parseArguments(stream);
  if (stream.accept(')') === undefined) stream.fail();
  const grouping = before ?? parseGrouping(stream);
  const node = makeVectorAggregation(op, parameter?.text, expr, grouping);
  return stream.above(node, expr);
}

/** `5, expr` or `expr`: a number first may be either. */
function parseArguments(stream: TokenStream): { parameter: Token | undefined; expr: MetricExpr } {
  if (stream.peek().kind !== 'NUMBER') return { parameter: undefined, expr: parseMetric(stream) };
  const parameter = stream.next();
  if (stream.accept(',') !== undefined) return { parameter, expr: parseMetric(stream) };
  stream.putBack(parameter);
  return { parameter: undefined, expr: parseMetric(stream) };
}

function parseGrouping(stream: TokenStream): Grouping | undefined {
  const { kind } = stream.peek();
  if (kind !== 'by' && kind !== 'without') return undefined;
  stream.next();
  return { kind, labels: parseLabelList(stream) };
}

/** `(a, b)` or `()`. */
function parseLabelList(stream: TokenStream): string[] {
  stream.expect('(');
  const labels: string[] = [];
  if (stream.accept(')') !== undefined) return labels;
  for (;;) {
    const expected = labels.length === 0 ? ['IDENTIFIER', ')'] : ['IDENTIFIER'];
    stream.addTo(labels, stream.expect('IDENTIFIER', expected).text);
    if (stream.accept(')') !== undefined) return labels;
    if (stream.accept(',') === undefined) stream.fail([',', ')']);
  }
}

interface Modifier {
  readonly returnBool: boolean;
  readonly matching?: VectorMatching;
}

/** `bool on (a) group_left (b)`, each part optional. */
function parseModifier(stream: TokenStream): Modifier {
  const returnBool = stream.accept('bool') !== undefined;
  const { kind } = stream.peek();
  if (kind !== 'on' && kind !== 'ignoring') return { returnBool };
  stream.next();
  const labels = parseLabelList(stream);
  const on = kind === 'on';
  const group = stream.accept('group_left') ?? stream.accept('group_right');
  if (group === undefined) {
    return { returnBool, matching: { cardinality: 'one-to-one', on, labels, include: [] } };
  }
  const cardinality = group.kind === 'group_left' ? 'many-to-one' : 'one-to-many';
  // A parenthesis here always opens the list, never the right operand.
  const include = stream.peek().kind === '(' ? parseLabelList(stream) : [];
  return { returnBool, matching: { cardinality, on, labels, include } };
}
