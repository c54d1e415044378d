// Line filters on bytes against their meaning on text, and what they promise to the scan.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import type { LineFilterStage } from '../../src/logql/stages/line-filter.ts';
import { compileBytesSearch } from '../../src/pipeline/byte-search.ts';
import {
  compileLineFilters,
  hoistLineFilters,
  type LineCondition,
} from '../../src/pipeline/stages/line-filter.ts';
import { compileRegex } from '../../src/regex/regex.ts';
import { seed } from '../seed.ts';

const filtersOf = (filters: string): readonly LineFilterStage[] =>
  hoistLineFilters(parseLogQuery(`{a="b"} ${filters}`).stages).lineFilters;

/** The line is in the middle of other bytes, as in a block. */
function passes(filters: string, line: string): boolean {
  const bytes = Buffer.from(`GET x${line}10.0.0.1 x`);
  return compileLineFilters(filtersOf(filters)).matches(bytes, 5, 5 + Buffer.byteLength(line));
}

describe('line filters', () => {
  it.each([
    ['|= "GET"', 'a GET b', true],
    ['|= "GET"', 'a get b', false],
    ['|= "GET" |= "b"', 'a GET b', true],
    ['|= ""', '', true],
    ['!= ""', 'x', false],
    ['!= "GET"', 'a get b', true],
    ['|= "x" or "y"', 'only y', true],
    ['!= "x" or "y"', 'only y', false],
    ['!= "x" or "y"', 'neither', true],
    ['|~ "^a.c$"', 'abc', true],
    ['|~ "^a.c$"', 'xabc', false],
    ['!~ "b+"', 'abbbc', false],
    ['|~ "(?i)gEt"', 'a GET b', true],
    ['|~ "日.語"', '日本語', true],
    ['|> "<_>=<_>"', 'a=b', true],
    ['|> "<_>=<_>"', '=b', false],
    ['|> "a<_>"', 'ba', false],
    ['|> "<_>c"', 'abc', true],
    ['|> "<_>c"', 'abcd', false],
    ['|> "<_>"', '', false],
    ['!> "<_>=<_>"', 'a=b', false],
    ['|= ip("10.0.0.0/8")', 'from 10.1.2.3:80', true],
    ['|= ip("10.0.0.0/8")', 'from 110.1.2.3', false],
    ['|= ip("10.0.0.1-10.0.0.9")', '10.0.0.10', false],
    ['!= ip("::1")', 'x ::1', false],
    ['|= ip("2001:db8::/32")', '[2001:db8::7]', true],
    ['|= ip("0.0.0.0/0")', '999.1.1.1', false],
  ])('%s on %j: %s', (filters, line, verdict) => {
    expect(passes(filters, line)).toBe(verdict);
  });

  it('are hoisted over stages that keep the line, and no further', () => {
    const { stages } = parseLogQuery('{a="b"} | json | x="y" |= "1" | line_format "z" |= "2"');
    const { lineFilters, rest } = hoistLineFilters(stages);
    expect(lineFilters.map(({ alternatives }) => alternatives[0]?.text)).toEqual(['1']);
    expect(rest.map(({ kind }) => kind)).toEqual(['json', 'labelFilter', 'lineFormat', 'lineFilter']);
  });
});

const alphabet = fc.constantFrom('a', 'b', 'A', 'k', ' ', '=', 'é', '日', '.', '1');
const text = fc.array(alphabet, { maxLength: 12 }).map((parts) => parts.join(''));
const short = fc.array(alphabet, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));
const pattern = fc.constantFrom(
  'a.*b',
  '(?i)ab',
  'a|b1',
  '^a',
  'b$',
  '[ab]+k',
  '(a|é)日?',
  '.*',
  'a{2}',
  '\\d=',
  '(?i)k|A',
  '',
);

/** Filters with their meaning on text. */
type Meant = readonly [stage: LineFilterStage, meaning: (line: string) => boolean];
const filter: fc.Arbitrary<Meant> = fc.oneof(
  fc.tuple(fc.boolean(), fc.array(short, { minLength: 1, maxLength: 2 })).map(
    ([positive, texts]): Meant => [
      {
        kind: 'lineFilter',
        op: positive ? '|=' : '!=',
        alternatives: texts.map((t) => ({ text: t, ip: false })),
      },
      (line) => texts.some((t) => line.includes(t)) === positive,
    ],
  ),
  fc
    .tuple(fc.boolean(), fc.array(pattern, { minLength: 1, maxLength: 2 }))
    .map(([positive, patterns]): Meant => {
      const regexes = patterns.map((p) => compileRegex(p));
      return [
        {
          kind: 'lineFilter',
          op: positive ? '|~' : '!~',
          alternatives: patterns.map((p) => ({ text: p, ip: false })),
        },
        (line) => regexes.some((r) => r.test(line)) === positive,
      ];
    }),
);

const holds = ({ required, exact }: LineCondition, line: Buffer, verdict: boolean): void => {
  const found = (literals: NonNullable<LineCondition['exact']>['literals']): boolean =>
    literals.some(({ bytes, ignoreCase }) => compileBytesSearch(bytes, ignoreCase)(line, 0, line.length));
  if (verdict) for (const literals of required) expect(found(literals)).toBe(true);
  if (exact !== undefined) expect(found(exact.literals)).toBe((exact.verdict === 'occurs') === verdict);
};

describe('line filters on generated lines', () => {
  it('mean on bytes what they mean on text, and keep what they promise of literals', () => {
    fc.assert(
      fc.property(fc.array(filter, { minLength: 1, maxLength: 3 }), text, text, (filters, line, around) => {
        const bytes = Buffer.from(around + line + around);
        const start = Buffer.byteLength(around);
        const end = start + Buffer.byteLength(line);
        const { matches, conditions } = compileLineFilters(filters.map(([stage]) => stage));
        expect(matches(bytes, start, end)).toBe(filters.every(([, meaning]) => meaning(line)));
        conditions.forEach((condition, i) => {
          const meaning = filters[i]?.[1] as (line: string) => boolean;
          holds(condition, bytes.subarray(start, end), meaning(line));
        });
      }),
      { seed, numRuns: 3000 },
    );
  });

  it('literals are found where String.includes finds them', () => {
    fc.assert(
      fc.property(text, short, fc.boolean(), (line, literal, ignoreCase) => {
        const fold = (t: string): string => (ignoreCase ? t.replace(/[A-Z]/g, (c) => c.toLowerCase()) : t);
        const bytes = Buffer.from(line);
        const search = compileBytesSearch(Buffer.from(fold(literal)), ignoreCase);
        expect(search(bytes, 0, bytes.length)).toBe(fold(line).includes(fold(literal)));
      }),
      { seed, numRuns: 3000 },
    );
  });
});
