import { describe, expect, it } from 'vitest';
import { compileRegex } from '../../src/regex/regex.ts';
import { expandTemplate } from '../../src/regex/replace.ts';

describe('compileRegex', () => {
  it.each([
    ['[', 'missing closing ]: `[`'],
    ['(', 'missing closing ): `(`'],
    [')', 'unexpected ): `)`'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['*', 'missing argument to repetition operator: `*`'],
    ['\\1', 'invalid escape sequence: `\\1`'],
    ['a{2,1}', 'invalid repeat count: `{2,1}`'],
    ['[b-a]', 'invalid character class range: `b-a`'],
    ['x(?=y)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['\\', 'trailing backslash at end of expression'],
  ])('%s fails', (pattern, message) => {
    for (const flags of [{}, { dotAll: true, ignoreCase: true }]) {
      expect(() => compileRegex(pattern, flags)).toThrow(
        new RegExp(`^error parsing regexp: ${escapeText(message)}`),
      );
    }
  });

  it('refuses nesting that would overflow', () => {
    expect(() => compileRegex('('.repeat(30_000) + ')'.repeat(30_000))).toThrow(/^error parsing regexp: /);
  });

  it('takes flags', () => {
    expect(compileRegex('a.b').test('A\nB')).toBe(false);
    expect(compileRegex('a.b', { dotAll: true, ignoreCase: true }).test('A\nB')).toBe(true);
  });

  it('matches whole texts', () => {
    const regex = compileRegex('a|ab');
    expect([regex.testFull('ab'), regex.testFull('abc'), regex.findFull('ab')?.end]).toEqual([
      true,
      false,
      2,
    ]);
  });

  it('finds captures by number and name', () => {
    const regex = compileRegex('(?P<key>\\w+)=(\\d+)?(x)?');
    expect(regex.groupNames).toEqual(['', 'key', '', '']);
    expect(regex.find('é a=1')).toEqual({ start: 2, end: 5, groups: ['a=1', 'a', '1', undefined] });
    expect(regex.find('a=1 b=2', 3)).toEqual({ start: 4, end: 7, groups: ['b=2', 'b', '2', undefined] });
    expect(regex.find('a=1', 4)).toBeUndefined();
  });

  it('sees the text before the place where a search begins', () => {
    expect(compileRegex('^a').find('aa', 1)).toBeUndefined();
    expect(compileRegex('\\ba').find('aa', 1)).toBeUndefined();
  });
});

describe('expandTemplate', () => {
  const regex = compileRegex('(?P<first>a)(b)?(c)');
  const match = regex.find('ac');
  it.each([
    ['$1', 'a'],
    ['$\x7b1}x', 'ax'],
    ['$1x', ''],
    ['$first-', 'a-'],
    ['$\x7bfirst}$3', 'ac'],
    ['$2', ''],
    ['$9', ''],
    ['$$1', '$1'],
    ['$', '$'],
    ['$-', '$-'],
    ['${', '${'],
    ['$0', 'ac'],
  ])('%s → %j', (template, text) => {
    if (match === undefined) throw new Error('no match');
    expect(expandTemplate(template, match, regex.groupNames)).toBe(text);
  });
});

const escapeText = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
