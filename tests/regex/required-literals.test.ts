import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RequiredLiteral, requiredLiterals } from '../../src/regex/required-literals.ts';
import { compileOrSkip, patternArbitrary, textArbitrary } from './patterns.ts';

const show = ({ text, ignoreCase }: RequiredLiteral): string => (ignoreCase ? `i:${text}` : text);

describe('requiredLiterals', () => {
  it.each([
    ['error', ['error'], [], ['error']],
    ['.*error.*', ['error'], [], ['error']],
    ['(?i)Error', ['i:error'], [], ['i:error']],
    ['a|b|c', [], [['a', 'b', 'c']], ['a', 'b', 'c']],
    ['foo.*bar', ['foo', 'bar'], [], undefined],
    ['status=(4|5)\\d\\d', [], [['status=4', 'status=5']], undefined],
    ['(foo|bar)baz', [], [['foobaz', 'barbaz']], ['foobaz', 'barbaz']],
    ['^GET /api', ['GET /api'], [], undefined],
    ['x+yy', ['x', 'yy'], [], undefined],
    ['(abc)?d', [], [['abcd', 'd']], ['abcd', 'd']],
    ['(abc)*d', ['d'], [], undefined],
    ['(foo.*1|bar.*22)', [], [['foo', 'bar']], undefined],
    ['\\d+', [], [], undefined],
    ['(?i)ошибка', [], [], undefined],
    ['\\pL+foo', [], [], undefined],
    ['', [], [], ['']],
    ['.*', [], [], ['']],
    ['[Ee]rror', [], [['Error', 'error']], ['Error', 'error']],
    ['10\\.0\\.0\\.1', ['10.0.0.1'], [], ['10.0.0.1']],
    ['(?i:error)Code', ['i:error', 'Code'], [], undefined],
    ['(?i:error)=1', ['i:error=1'], [], ['i:error=1']],
  ])('of %s', (pattern, all, anyOf, only) => {
    const found = requiredLiterals(pattern);
    expect(found.all.map(show)).toEqual(all);
    expect(found.anyOf.map((clause) => clause.map(show))).toEqual(anyOf);
    expect(found.only?.map(show)).toEqual(only);
  });

  it('never names a text that a match lacks', () => {
    fc.assert(
      fc.property(
        patternArbitrary,
        fc.array(textArbitrary, { minLength: 1, maxLength: 8 }),
        (pattern, texts) => {
          const regex = compileOrSkip(pattern);
          if (regex === undefined) return;
          const found = requiredLiterals(pattern);
          for (const text of texts) {
            // The two cases the contract leaves out.
            if (/[\u212aſ]/.test(text)) continue;
            const contains = ({ text: part, ignoreCase }: RequiredLiteral): boolean =>
              ignoreCase ? text.toLowerCase().includes(part) : text.includes(part);
            if (regex.test(text)) {
              expect([text, found.all.filter((literal) => !contains(literal))]).toEqual([text, []]);
              for (const clause of found.anyOf)
                expect([text, clause, clause.some(contains)]).toEqual([text, clause, true]);
            }
            if (found.only !== undefined) {
              expect([text, regex.test(text)]).toEqual([text, found.only.some(contains)]);
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
