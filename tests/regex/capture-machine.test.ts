import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backtracker } from '../../src/regex/backtracker.ts';
import { CaptureMachine } from '../../src/regex/capture-machine.ts';
import { compileRe2 } from '../../src/regex/re2.ts';
import { compileRegex, trustedPattern } from '../../src/regex/regex.ts';
import { runeProgramOf } from '../../src/regex/rune-program.ts';
import { RegexWork, RegexWorkError } from '../../src/regex/work-limit.ts';
import { compileOrSkip, patternArbitrary, textArbitrary } from './patterns.ts';

type Machine = typeof CaptureMachine | typeof Backtracker;

/** Texts of the groups of the match at or after `from`, its offset first. */
function find(Type: Machine, pattern: string, text: string, from = 0, full = false): unknown {
  const machine = new Type(runeProgramOf(compileRe2(pattern, {})));
  const slots = machine.find(text, from, new RegexWork(), full);
  if (slots === undefined) return undefined;
  const groups = Array.from({ length: slots.length / 2 }, (_, group) => {
    const [start, end] = slots.subarray(2 * group, 2 * group + 2) as unknown as [number, number];
    return start < 0 || end < 0 ? undefined : text.slice(start, end);
  });
  return [slots[0], ...groups];
}

describe.each([CaptureMachine, Backtracker])('$name', (Type) => {
  it.each([
    ['a(b)?c', 'xac', 0, [1, 'ac', undefined]],
    ['(a|ab)(c|bcd)', 'abcd', 0, [0, 'abcd', 'a', 'bcd']],
    ['(a+?)(a*)', 'aaa', 0, [0, 'aaa', 'a', 'aa']],
    ['^a', 'aa', 1, undefined],
    ['\\ba', 'aa', 1, undefined],
    ['(?m)^(b*)$', 'a\nbb\nb', 0, [2, 'bb', 'bb']],
    ['(.)$', 'é😀', 0, [1, '😀', '😀']],
    ['', 'a', 1, [1, '']],
  ])('%s on %j from %d', (pattern, text, from, expected) => {
    expect(find(Type, pattern, text, from)).toEqual(expected);
  });

  it('finds what re2js finds', () => {
    fc.assert(
      fc.property(patternArbitrary, textArbitrary, fc.nat(3), (pattern, text, start) => {
        const regex = compileOrSkip(pattern);
        fc.pre(regex !== undefined);
        const from = Math.min(start, text.length);
        // A search never begins inside a character.
        fc.pre((text.codePointAt(from - 1) ?? 0) <= 0xffff);
        const match = regex.find(text, from);
        expect(find(Type, pattern, text, from)).toEqual(match && [match.start, ...match.groups]);
        const whole = regex.findFull(text);
        expect(find(Type, pattern, text, 0, true)).toEqual(whole && [whole.start, ...whole.groups]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a large pattern on a long text', () => {
  const a = 'a'.repeat(20_000);

  it.each([
    ['(?P<all>(?i)A{500}b)', `${a}b`, [19_500, 20_001]],
    ['(?P<all>(?i)A{500}b)', a, undefined],
    ['(x)?(a{700})$', a, [19_300, 20_000]],
  ])('%s is found where it stands', (pattern, text, expected) => {
    const regex = compileRegex(pattern);
    const match = regex.find(text);
    expect(match && [match.start, match.end]).toEqual(expected);
    expect(regex.test(text)).toBe(expected !== undefined);
    expect(regex.testFull(text)).toBe(false);
    expect(regex.findFull(text)).toBeUndefined();
  });

  it('matches as a whole', () => {
    const regex = compileRegex('(a{400})+(a*)(b?)');
    expect(regex.testFull(a)).toBe(true);
    expect(regex.findFull(a)?.groups).toEqual([a, 'a'.repeat(400), '', '']);
    expect([...compileRegex('a{400}').findAll(a)]).toHaveLength(50);
  });

  it('takes no more steps for its groups', () => {
    // About 54,000 places of the program, each tried at most once at each of five places of the text.
    const many = compileRegex(`^${'(a|b)*'.repeat(9_000)}c$`, { stepsMax: 300_000 });
    const groups = many.find('abac')?.groups ?? [];
    expect(groups.slice(0, 3)).toEqual(['abac', 'a', undefined]);
    expect(groups).toHaveLength(9_001);
  });

  it('is given up when its ways would note too many groups', () => {
    const many = compileRegex(`^${'(a|b)*'.repeat(9_000)}c$`);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => many.find(`${'ab'.repeat(100)}c`)).toThrow(
      new RegexWorkError('regular expression too expensive: more than 4194304 offsets of groups at once'),
    );
    // Two lists of ways, each doubled up to the bound; without it they took 1.3 GB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 2 ** 20);
  });

  it('is given up when it needs too many steps', () => {
    const nested = `${'(a|'.repeat(300)}b${')'.repeat(300)}`;
    expect(compileRegex(nested).find(a)?.end).toBe(1);
    expect(() => [...compileRegex(nested).findAll(a)]).toThrow(RegexWorkError);
    const all = compileRegex('(x|(a|b)*a(a|b){300})', { stepsMax: 100 });
    expect(() => all.find(a)).toThrow(RegexWorkError);
    expect(compileRegex('(x|(a|b)*a(a|b){300})', trustedPattern).find(a)?.end).toBe(a.length);
  });

  it.each([
    ['a program', 'a{1000}'.repeat(101)],
    ['a program, however nested', `${'('.repeat(300)}${'a{1000}'.repeat(200)}${')'.repeat(300)}`],
    ['a program of classes', '\\pL{1000}'.repeat(101)],
    ['a program behind a Unicode class', `\\p{Greek}${'a{1000}'.repeat(9000)}`],
    ['a program behind something unknown', `\\C${'a{1000}'.repeat(9000)}`],
    [
      'classes that are all different',
      Array.from({ length: 7000 }, (_, i) => `[^\\x{${(4096 + i).toString(16)}}]`).join(''),
    ],
  ])('%s beyond the bound is refused', (_, pattern) => {
    expect(() => compileRegex(pattern)).toThrow('error parsing regexp: expression too large');
  });
});
