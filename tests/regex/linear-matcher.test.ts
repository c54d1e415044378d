import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileLinearMatcher } from '../../src/regex/linear-matcher.ts';
import { compileRegex } from '../../src/regex/regex.ts';
import { matchStepsMax, RegexWorkError } from '../../src/regex/work-limit.ts';
import { compileOrSkip, patternArbitrary, textArbitrary } from './patterns.ts';

/** The text is between other bytes, as in a block. */
function testBytes(pattern: string, text: string | Uint8Array, options = {}): boolean {
  const bytes = Buffer.concat([Buffer.from('<'), Buffer.from(text), Buffer.from('>')]);
  return compileLinearMatcher(pattern, options).test(bytes, 1, bytes.length - 1);
}

describe('compileLinearMatcher', () => {
  it.each([
    ['abc', 'xxabcxx', true],
    ['abc', 'xxabxx', false],
    ['^abc', 'abcd', true],
    ['^abc', 'xabc', false],
    ['abc$', 'xabc', true],
    ['abc$', 'abcx', false],
    ['^$', '', true],
    ['^$', 'a', false],
    ['(?m)^b$', 'a\nb\nc', true],
    ['^b$', 'a\nb\nc', false],
    ['a.c', 'a\nc', false],
    ['(?s)a.c', 'a\nc', true],
    ['a.c', 'aéc', true],
    ['^.{2}$', 'é日', true],
    ['^.{2}$', 'é', false],
    ['(?i)straße', 'STRAẞE', true],
    ['(?i)kelvin', '\u212aELVIN', true],
    ['\\berror\\b', 'an error.', true],
    ['\\berror\\b', 'errors', false],
    ['\\B', 'aéb', false],
    ['status=(4|5)\\d\\d', 'x status=503 y', true],
    ['[^a]', '\n', true],
    ['[^\\w\\W]', 'a', false],
    ['[^\\w\\W]?', '', true],
    ['a(?i)*b', 'aab', true],
    ['(a+)+$', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab', false],
  ])('%j on %j is %j', (pattern, text, expected) => {
    expect(testBytes(pattern, text)).toBe(expected);
    expect(compileRegex(pattern).test(text)).toBe(expected);
  });

  it.each([
    ['caf.*error', [0x63, 0x61, 0x66, 0xe9, 0x20, 0x65, 0x72, 0x72, 0x6f, 0x72], true],
    ['^.a', [0xff, 0x61], true],
    ['^a.$', [0x61, 0xc3], true],
    ['^b', [0xff, 0x61], false],
    ['^.$', [0xe2, 0x82], true],
    ['^.{3}$', [0xed, 0xa0, 0x80], true],
    ['^.{2}$', [0xf0, 0x9f, 0x28], true],
    ['^\\x{fffd}\\($', [0xf0, 0x9f, 0x98, 0x28], true],
  ])('reads invalid UTF-8 as U+FFFD: %s', (pattern, bytes, expected) => {
    expect(testBytes(pattern, Uint8Array.from(bytes))).toBe(expected);
    expect(compileRegex(pattern).test(Buffer.from(bytes).toString())).toBe(expected);
  });

  it.each([
    ['\\pL', 'é', true],
    ['[\\p{Greek}]', 'a', false],
    ['\\p{L}{200}$', 'é'.repeat(200), true],
    ['\\p{L}{200}$', 'é'.repeat(199), false],
    ['.{1000}', '日'.repeat(1000), true],
    ['(?i)\\PL', 'é', false],
    [`${'('.repeat(900)}a${')'.repeat(900)}`, 'ba', true],
  ])('knows %.40s', (pattern, text, expected) => {
    expect(testBytes(pattern, text)).toBe(expected);
  });

  const sign = fc.constantFrom(
    ...['a', 'b', '{', '}', '[', ']', '^', '-', ',', '2', '(', ')', '|', '*', '+', '?', '.', '$', '\\'],
    ...[
      '(?i)',
      '(?-i:',
      '(?P<n>',
      '[[:word:]',
      '\\Q',
      '\\E',
      'K',
      ':',
      'é',
      '\\d',
      '\\b',
      '\\p{Lu}',
      '[^\\PL',
    ],
  );
  const soup = fc.array(sign, { maxLength: 8 }).map((signs) => signs.join(''));
  const bytes = fc
    .array(
      fc.constantFrom(
        0x61,
        0x62,
        0x4b,
        0x0a,
        0x5f,
        0xc3,
        0xa9,
        0x80,
        0xff,
        0xe2,
        0x84,
        0xaa,
        0xed,
        0xa0,
        0xf0,
        0x9f,
      ),
      { maxLength: 10 },
    )
    .map((list) => Uint8Array.from(list));
  const text = fc.oneof(textArbitrary, bytes, fc.constantFrom('a{2}b', '[a-b]', 'aa^2,'));

  it.each([
    ['any pattern', patternArbitrary],
    ['soups of regex signs', soup],
  ])('agrees with re2js on %s, on any bytes, searching and matching the whole', (_, patterns) => {
    fc.assert(
      fc.property(patterns, fc.array(text, { minLength: 1, maxLength: 6 }), (pattern, texts) => {
        const regex = compileOrSkip(pattern);
        fc.pre(regex !== undefined);
        for (const each of texts) {
          const decoded = Buffer.from(each).toString();
          const verdicts = [testBytes(pattern, each), testBytes(pattern, each, { full: true })];
          expect([decoded, ...verdicts]).toEqual([decoded, regex.test(decoded), regex.testFull(decoded)]);
        }
      }),
      { numRuns: 700 },
    );
  });

  it.each([
    ['(?:a|b)*a(?:a|b){14}c', 'c', true],
    ['(?:a|b)*a(?:a|b){14}c', '', false],
    ['^(?:a|b)*a(?:a|b){14}$', '', true],
    ['[ab].{30}a?.{30}[^ab]', 'é', true],
  ])('%s, which has too many states, with %j at the end', (pattern, end, expected) => {
    const text = `${'abbabaaabab'.repeat(40)}a${'ab'.repeat(7)}${end}`;
    expect(compileRegex(pattern).test(text)).toBe(expected);
    for (const statesMax of [3, 100, 2_048]) expect(testBytes(pattern, text, { statesMax })).toBe(expected);
  });

  it('agrees with itself when the table is emptied all the time', () => {
    fc.assert(
      fc.property(patternArbitrary, textArbitrary, (pattern, text) => {
        fc.pre(compileOrSkip(pattern) !== undefined);
        expect(testBytes(pattern, text, { statesMax: 3 })).toBe(testBytes(pattern, text));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([[false], [true]])('gives up a text that needs too many steps (whole: %s)', (full) => {
    // No two places of the text are alike, and a thousand positions are in play at each.
    let state = 1;
    const text = Array.from({ length: 120_000 }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >> 16) & 1 ? 'a' : 'b';
    }).join('');
    const pattern = '(?:a|b)*a(?:a|b){998}c';
    expect(() => testBytes(pattern, text, { full })).toThrow(
      new RegexWorkError(
        `regular expression too expensive for a text this long: more than ${matchStepsMax} steps`,
      ),
    );
    expect(testBytes(pattern, text.slice(0, 1000), { full })).toBe(false);
  });
});
