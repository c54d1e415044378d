import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMatcher, compileMatchers, literalValues, matchesLabels } from '../../src/logql/matchers.ts';
import { RegexError } from '../../src/regex/re2.ts';
import { compileRegex } from '../../src/regex/regex.ts';

describe('compileMatcher', () => {
  it.each([
    ['=', 'a', 'a', true],
    ['=', '', '', true],
    ['!=', 'a', 'b', true],
    ['!=', 'a', 'a', false],
    ['=~', 'a|b', 'b', true],
    ['=~', 'a|b', 'ab', false],
    ['=~', 'a.c', 'a\nc', true],
    ['=~', 'a.c', 'xabc', false],
    ['=~', '.*', '', true],
    ['=~', '.+', '', false],
    ['=~', '.+', '\n', true],
    ['=~', '', '', true],
    ['=~', '', 'x', false],
    ['=~', 'a|', '', true],
    ['=~', '(?i)ERR.*', 'error', true],
    ['=~', 'a|b$', 'a', true],
    ['=~', 'ab.*', 'abc', true],
    ['=~', 'ab.+', 'ab', false],
    ['=~', '.*bc', 'abc', true],
    ['=~', '.+bc', 'bc', false],
    ['=~', '.*b.*', 'abc', true],
    ['=~', '.+b.+', 'bab', false],
    ['=~', '.+b.+', 'bbb', true],
    ['=~', '.+b.*', 'ba', false],
    ['=~', '.+.+', '😀', false],
    ['=~', '.+.*', '', false],
    ['=~', '.*.+', '', false],
    ['=~', '.+.*', 'a', true],
    ['=~', '.+😀.*', 'x😀', true],
    ['!~', 'a|b', 'c', true],
    ['!~', '.+', '', true],
    ['!~', 'a.*', 'abc', false],
  ] as const)('x%s%j on %j is %j', (op, value, text, expected) => {
    expect(compileMatcher({ name: 'x', op, value })(text)).toBe(expected);
  });

  it('gives the reference implementation its verdicts', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '|',
      '.',
      '.*',
      '.+',
      '(a|b)',
      '-',
      '/',
      ':',
      '\\.',
      '^',
      '$',
      'é',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 5 }).map((parts) => parts.join('')),
        fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '\n', 'é', '/'), maxLength: 4 }),
        (value, text) => {
          let expected: boolean;
          try {
            expected = compileRegex(`^(?s:${value})$`).test(text);
          } catch (error) {
            if (error instanceof RegexError) return;
            throw error;
          }
          expect(compileMatcher({ name: 'x', op: '=~', value })(text)).toBe(expected);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('refuses what is no regex', () => {
    expect(() => compileMatcher({ name: 'x', op: '=~', value: '(' })).toThrow(
      'error parsing regexp: missing closing ): `(`',
    );
  });
});

describe('literalValues', () => {
  it.each([
    ['a|b-1|c d', ['a', 'b-1', 'c d']],
    ['', ['']],
    ['a.b', undefined],
    ['a+', undefined],
    ['(a|b)', undefined],
    ['a\\.b', undefined],
  ])('of %j', (pattern, values) => {
    expect(literalValues(pattern)).toEqual(values);
  });
});

describe('matchesLabels', () => {
  const compiled = compileMatchers([
    { name: 'app', op: '=', value: 'web' },
    { name: 'env', op: '!=', value: 'dev' },
    { name: 'zone', op: '=~', value: 'a|' },
  ]);
  it.each([
    [[['app', 'web']], true],
    [
      [
        ['app', 'web'],
        ['env', 'prod'],
        ['zone', 'a'],
      ],
      true,
    ],
    [
      [
        ['app', 'web'],
        ['zone', 'b'],
      ],
      false,
    ],
    [
      [
        ['app', 'web'],
        ['env', 'dev'],
      ],
      false,
    ],
    [[], false],
  ] as [[string, string][], boolean][])('%j is %j', (labels, expected) => {
    expect(matchesLabels(compiled, labels)).toBe(expected);
  });
});
