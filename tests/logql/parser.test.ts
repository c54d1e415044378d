import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ParseError } from '../../src/logql/parse-error.ts';
import {
  parseExpr,
  parseLogQuery,
  parseMetricExpr,
  parseSelector,
  queryBytesMax,
} from '../../src/logql/parser.ts';
import { executedBlocks } from '../executed-blocks.ts';
import { recordedQueries } from './recorded.ts';

const errorOf = (parse: () => unknown): string => {
  try {
    parse();
  } catch (error) {
    if (error instanceof ParseError) return error.message;
    throw error;
  }
  return '';
};

describe('parseExpr', () => {
  it.each([
    ['{a="b"} // c', { kind: 'logQuery', matchers: [{ name: 'a', op: '=', value: 'b' }], stages: [] }],
    ['{a="b"} /* c */', { kind: 'logQuery', matchers: [{ name: 'a', op: '=', value: 'b' }], stages: [] }],
    ['1_000', { kind: 'literal', value: 1000 }],
    ['0x1p4', { kind: 'literal', value: 16 }],
    ['1 > bool 2', { kind: 'literal', value: 0 }],
    ['-1 ^ 2', { kind: 'literal', value: 1 }],
    ['2 ^ 3 ^ 2', { kind: 'literal', value: 512 }],
  ])('%s', (text, tree) => {
    expect(parseExpr(text)).toEqual(tree);
  });

  it.each([
    ['nested parentheses', '('.repeat(50_000)],
    ['nested functions', `${'sum('.repeat(20_000)}1${')'.repeat(20_000)}`],
    ['powers', `vector(1)${'^vector(1)'.repeat(10_000)}`],
    ['a long sum', `vector(1)${'+vector(1)'.repeat(10_000)}`],
    ['nested label filters', `{a="b"} | ${'('.repeat(50_000)}`],
    ['many label filters', `{a="b"} | x=1${' or x=1'.repeat(15_000)}`],
    ['many label filters with commas', `{a="b"} | x=1${', x=1'.repeat(15_000)}`],
    ['nested ranges', `rate(${'('.repeat(50_000)}`],
  ])('refuses %s', (_, text) => {
    expect(errorOf(() => parseExpr(text))).toMatch(
      /^parse error : query (is nested too deeply|has too many operators)/,
    );
  });

  const items = (item: string, separator = ','): string => Array(1001).fill(item).join(separator);
  it.each([
    ['matchers', `{${items('a="b"')}}`],
    ['stages', `{a="b"} ${items('| unpack', ' ')}`],
    ['line filters', `{a="b"} ${items('|= "x"', ' ')}`],
    ['alternatives', `{a="b"} |= ${items('"x"', ' or ')}`],
    ['expressions', `{a="b"} | json ${items('a="b"')}`],
    ['assignments', `{a="b"} | label_format ${items('a=b')}`],
    ['labels to drop', `{a="b"} | drop ${items('a')}`],
    ['labels of a group', `sum by (${items('a')}) (rate({a="b"}[1m]))`],
    ['labels of a match', `vector(1) + on (${items('a')}) vector(1)`],
    ['filters behind unwrap', `sum_over_time({a="b"} | unwrap a ${items('| a=1', ' ')} [1m])`],
  ])('refuses more than a thousand %s', (_, text) => {
    expect(errorOf(() => parseExpr(text))).toBe(
      'parse error : query has a list that is too long (more than 1000 items)',
    );
  });

  it('refuses a path of very many steps', () => {
    expect(errorOf(() => parseExpr(`{a="b"} | json a="${items('a', '.')}"`))).toMatch(/more than 256 steps$/);
  });

  it.each([
    ['{a="b\0"}', 'parse error at line 0, col 4: invalid character NUL'],
    ['{a="b"} |= `\0`', 'parse error at line 0, col 12: invalid character NUL'],
    ['{a="b"}\0', 'parse error at line 0, col 7: invalid character NUL'],
    ['{a="b"} # \0', 'parse error at line 0, col 12: invalid character NUL'],
    ['{a="b"} | logfmt | x > 0B', 'parse error at line 1, col 24: binary literal has no digits'],
  ])('refuses %j', (text, message) => {
    expect(errorOf(() => parseExpr(text))).toBe(message);
  });

  it('takes long chains within the bound', () => {
    const text = `{a="b"} | x=1${' or x=1'.repeat(900)}`;
    expect(parseExpr(text).kind).toBe('logQuery');
  });

  it('refuses queries that are too long', () => {
    const text = `{a="${'x'.repeat(queryBytesMax)}"}`;
    expect(errorOf(() => parseExpr(text))).toBe(
      `parse error : input size too long (${text.length} > 131072)`,
    );
  });

  it.each([
    ['{a="é"} |= 5', 12],
    ['{a="😀"} |= 5', 12],
    ['{a="b"}\n|= 5', 4],
  ])('counts columns in characters: %j', (text, column) => {
    expect(errorOf(() => parseExpr(text))).toContain(`col ${column}: `);
  });
});

describe('parseLogQuery, parseMetricExpr, parseSelector', () => {
  it.each([
    [() => parseLogQuery('rate({a="b"}[1m])'), 'only log selector is supported'],
    [() => parseMetricExpr('{a="b"}'), 'only metric queries are supported'],
    [() => parseSelector('{a="b"} |= "x"'), 'only label matchers are supported'],
    [() => parseSelector('rate({a="b"}[1m])'), 'only label matchers are supported'],
  ])('%s', (parse, message) => {
    expect(errorOf(parse)).toBe(message);
  });
  it('parseSelector gives the matchers', () => {
    expect(parseSelector('{a="b", c!~"d"}')).toEqual([
      { name: 'a', op: '=', value: 'b' },
      { name: 'c', op: '!~', value: 'd' },
    ]);
  });
});

describe('anything else', () => {
  const tokens = [
    ...[
      '{',
      '}',
      '(',
      ')',
      '[5m]',
      '[',
      ']',
      ',',
      '=',
      '!=',
      '=~',
      '|',
      '|=',
      '|~',
      '|>',
      '"x"',
      '`y`',
      '5',
      '5m',
      '5KB',
    ],
    ...[
      'a',
      'job',
      'by',
      'on',
      'and',
      'or',
      'unwrap',
      'json',
      'logfmt',
      '--strict',
      'rate',
      'sum',
      'topk',
      'ip',
      'offset',
    ],
    ...[
      '+',
      '-',
      '^',
      '%',
      'bool',
      'group_left',
      'vector',
      'label_replace',
      'drop',
      '#',
      "'",
      '\\',
      '\0',
      '😀',
      '/*',
    ],
  ];
  const onlyParseErrors = (text: string): void => {
    const blocks = executedBlocks(() => errorOf(() => parseExpr(text)));
    // An error names its line and column, for which the text is read once more; the dearest seen are at 900 a character.
    if (blocks > 3_000 * (text.length + 10)) throw new Error(`${blocks} blocks: ${JSON.stringify(text)}`);
  };

  it('gives only parse errors for soups of tokens', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...tokens), fc.constantFrom('', ' '))), (parts) =>
        onlyParseErrors(parts.flat().join('')),
      ),
      { numRuns: 3_000 },
    );
  });

  it('gives only parse errors for random text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), onlyParseErrors),
      { numRuns: 2_000 },
    );
  });

  it('gives only parse errors for recorded queries with changes', () => {
    const queries = [...new Set(recordedQueries().map((r) => r.query))].filter((query) => query.length < 300);
    fc.assert(
      fc.property(
        fc.constantFrom(...queries),
        fc.array(fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 3 }), fc.constantFrom(...tokens)), {
          minLength: 1,
          maxLength: 3,
        }),
        (query, edits) => {
          let text = query;
          for (const [at, cut, insert] of edits) {
            const place = at % (text.length + 1);
            text = text.slice(0, place) + insert + text.slice(place + cut);
          }
          onlyParseErrors(text);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
