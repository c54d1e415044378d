import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExpr } from '../../src/logql/parser.ts';
import { formatExpr, printExpr } from '../../src/logql/print.ts';
import { expr } from './arbitrary.ts';

describe('printExpr', () => {
  it('parses back to the same tree', () => {
    fc.assert(
      fc.property(expr, (tree) => {
        expect(parseExpr(printExpr(tree))).toEqual(tree);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['1+1', '2'],
    ['1 / 0', '(0 / 0)'],
    ['2 ^ 10 * 2', '2048'],
    ['{a="b"} | x=5', '{a="b"} | x==5'],
    ['{a="b"} | x>5120B', '{a="b"} | x>5.1kB'],
    ['{a="b"} | x>1.5GiB', '{a="b"} | x>1.6GB'],
    ['{a="b"} | x>0.5MB', '{a="b"} | x>500kB'],
    ['{a="b"} | x>7B', '{a="b"} | x>7B'],
    ['{a="b"} | x>5KB', '{a="b"} | x>5.0kB'],
    ['{a="b"} | p="1", q="2" or r="3"', '{a="b"} | ( p="1" , ( q="2" or r="3" ) )'],
    ['{a="b"} | p="1" and q="2" or r="3"', '{a="b"} | ( ( p="1" , q="2" ) or r="3" )'],
    ['{a="b"} | p="1" or q="2" and r="3"', '{a="b"} | ( p="1" or ( q="2" , r="3" ) )'],
    ['{a="b"} | p="1" q="2"', '{a="b"} | ( p="1" , q="2" )'],
    ['rate({a="b"}[5m]) ^ 2 ^ 3', '(rate({a="b"}[5m]) ^ 8)'],
    ['vector(1) - vector(2) - vector(3)', '((vector(1.000000) - vector(2.000000)) - vector(3.000000))'],
    ['vector(1) ^ vector(2) ^ vector(3)', '(vector(1.000000) ^ (vector(2.000000) ^ vector(3.000000)))'],
    ['vector(1) or vector(2) and vector(3)', '(vector(1.000000) or (vector(2.000000) and vector(3.000000)))'],
    ['vector(1) + vector(2) * vector(3)', '(vector(1.000000) + (vector(2.000000) * vector(3.000000)))'],
    ['topk(3, rate({a="b"}[1m])) by (x, y)', 'topk by (x,y)(3,rate({a="b"}[1m]))'],
    [
      'quantile_over_time(0.99, {a="b"} | unwrap x [1h30m] offset -5m) by (c)',
      'quantile_over_time(0.99,{a="b"} | unwrap x[1h30m] offset -5m0s) by (c)',
    ],
  ])('%s → %s', (text, printed) => {
    expect(printExpr(parseExpr(text))).toBe(printed);
  });
});

describe('formatExpr', () => {
  it('lays each operand out once, however deep it stands', () => {
    const depth = 100;
    const query = Array.from({ length: depth }).reduce<string>(
      (inner) => `rate({app="b"}[1m]) - (${inner})`,
      `rate({app="${'a'.repeat(100)}"}[1m])`,
    );
    const lines = formatExpr(parseExpr(query)).split('\n');
    expect(lines.filter((line) => line.includes('app="b"'))).toHaveLength(depth);
  });

  it('says the same as the query it formats', () => {
    fc.assert(
      fc.property(expr, (tree) => {
        expect(parseExpr(formatExpr(tree))).toEqual(tree);
      }),
      { numRuns: 500 },
    );
  });

  const selector = '{cluster="production-eu-west-1", namespace="payments", container="checkout-service"}';
  it.each([
    [
      `${selector} |= "error" != "timeout" | logfmt | duration > 5s`,
      [selector, '  |= "error" != "timeout"', '  | logfmt', '  | duration>5s'],
    ],
    [
      `sum by (level, pod) (count_over_time(${selector} | json | level="error" [5m]))`,
      [
        'sum by (level, pod)(',
        '  count_over_time(',
        `    ${selector}`,
        '      | json',
        '      | level="error" [5m]',
        '  )',
        ')',
      ],
    ],
    [
      `topk(5, sum_over_time(${selector} | logfmt | unwrap bytes(size) [5m] offset 1h))`,
      [
        'topk(',
        '  5,',
        '  sum_over_time(',
        `    ${selector} | logfmt`,
        '      | unwrap bytes(size) [5m] offset 1h0m0s',
        '  )',
        ')',
      ],
    ],
    [
      `sum(rate(${selector}[5m])) / on (pod) sum(rate(${selector}[5m]))`,
      [`  sum(rate(${selector}[5m]))`, '/ on (pod)', `  sum(rate(${selector}[5m]))`],
    ],
  ])('lays out %s', (text, lines) => {
    expect(formatExpr(parseExpr(text)).split('\n')).toEqual(lines);
  });
});
