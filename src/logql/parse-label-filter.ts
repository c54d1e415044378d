// Label filters: `a="x"`, `b > 5ms or c = 1KB, d = ip("10.0.0.0/8")`, with and, or, comma, juxtaposition.
import { humanizeBytes, parseBytes } from '../go/bytes.ts';
import type { CompareOp, LabelFilter } from './ast.ts';
import { parseMatcherTail } from './parse-matchers.ts';
import { parseSignedNumber } from './parse-number.ts';
import type { TokenStream } from './token-stream.ts';

/**
 * Parses one label filter expression. `and` binds tighter than `or`; comma and juxtaposition mean `and` but have
 * no rank of their own: Loki's grammar lets whatever follows them bind first, so `a, b or c` is `a and (b or c)`.
 */
export function parseLabelFilter(stream: TokenStream): LabelFilter {
  const operands: LabelFilter[] = [parseOperand(stream)];
  const operators: Operator[] = [];
  const reduce = (): void => {
    const right = operands.pop() as LabelFilter;
    const left = operands.pop() as LabelFilter;
    const operator = operators.pop() as Operator;
    operands.push(stream.above({ kind: operator.kind, left, right }, left, right));
  };
  for (;;) {
    const operator = nextOperator(stream);
    if (operator === undefined) break;
    while (operators.length > 0 && bindsBefore(operators[operators.length - 1] as Operator, operator))
      reduce();
    if (operator !== juxtaposed) stream.next();
    operators.push(operator);
    operands.push(parseOperand(stream));
  }
  while (operators.length > 0) reduce();
  return operands[0] as LabelFilter;
}

interface Operator {
  readonly kind: 'and' | 'or';
  readonly rank: number | undefined;
}
const or: Operator = { kind: 'or', rank: 1 };
const and: Operator = { kind: 'and', rank: 2 };
const comma: Operator = { kind: 'and', rank: undefined };
const juxtaposed: Operator = { kind: 'and', rank: undefined };

function nextOperator(stream: TokenStream): Operator | undefined {
  switch (stream.peek().kind) {
    case 'or':
      return or;
    case 'and':
      return and;
    case ',':
      return comma;
    case 'IDENTIFIER':
    case '(':
      return juxtaposed;
    default:
      return undefined;
  }
}

const bindsBefore = (earlier: Operator, later: Operator): boolean =>
  earlier.rank !== undefined && later.rank !== undefined && earlier.rank >= later.rank;

function parseOperand(stream: TokenStream): LabelFilter {
  if (stream.accept('(') !== undefined) {
    const filter = stream.nested(() => parseLabelFilter(stream));
    if (stream.accept(')') === undefined) stream.fail();
    return filter;
  }
  const name = stream.expect('IDENTIFIER', ['IDENTIFIER', '(']).text;
  return parseComparison(stream, name);
}

function parseComparison(stream: TokenStream, name: string): LabelFilter {
  const op = stream.peek().kind;
  switch (op) {
    case '=~':
    case '!~':
      stream.next();
      return { kind: 'string', matcher: parseMatcherTail(stream, name, op) };
    case '=':
    case '!=': {
      stream.next();
      const value = stream.accept('STRING');
      if (value !== undefined) return { kind: 'string', matcher: { name, op, value: value.text } };
      if (stream.accept('ip') !== undefined) {
        stream.expect('(');
        const pattern = stream.expect('STRING').text;
        stream.expect(')');
        return { kind: 'ip', name, op, pattern };
      }
      return parseQuantity(stream, name, op === '=' ? '==' : '!=');
    }
    case '==':
    case '<':
    case '<=':
    case '>':
    case '>=':
      stream.next();
      return parseQuantity(stream, name, op);
    default:
      return stream.fail();
  }
}

function parseQuantity(stream: TokenStream, name: string, op: CompareOp): LabelFilter {
  const token = stream.peek();
  switch (token.kind) {
    case 'DURATION':
      stream.next();
      return { kind: 'duration', name, op, valueNs: Number(token.durationNs) };
    case 'BYTES':
      stream.next();
      return { kind: 'bytes', name, op, valueBytes: comparedBytes(token.bytes) };
    case 'NUMBER':
    case '+':
    case '-':
      return { kind: 'number', name, op, value: parseSignedNumber(stream) };
    default:
      return stream.fail();
  }
}

/**
 * Loki writes a query's sizes again before it runs it, in decimal units with two digits or three: `512KiB` is compared
 * as 524 kB, `1.25MB` as 1.3 MB.
 */
export function comparedBytes(bytes: number): number {
  const rounded = parseBytes(humanizeBytes(bytes));
  return typeof rounded === 'number' ? rounded : bytes;
}
