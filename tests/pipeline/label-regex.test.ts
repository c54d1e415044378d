// Regexes of label filters: which of them Loki takes for comparisons, and what these keep.
import { describe, expect, it } from 'vitest';
import { compileLabelRegex } from '../../src/pipeline/label-regex.ts';

const values = ['', 'err', 'error', 'my error', 'errata', 'ERR', 'warn', 'a', 'b', 'a\nb', 'a.b', 'über'];

it.each<[string, readonly string[]]>([
  // Nothing that could be missing: all values, and none.
  ['', values],
  ['()', values],
  ['.*', values],
  ['(.*)', values],
  ['(|)', values],
  ['.+', values.slice(1)],
  // The whole value.
  ['err', ['err']],
  ['(err)', ['err']],
  ['[e]rr', ['err']],
  ['err|warn', ['err', 'warn']],
  ['(?i)err', ['err', 'ERR']],
  ['(?i)ÜBER', ['über']],
  ['a\\.b', ['a.b']],
  // An alternative that takes any value is left out beside others.
  ['err|', ['err']],
  ['|err', ['err']],
  ['(err|)', ['err']],
  ['warn|a|', ['warn', 'a']],
  ['warn|.*', ['warn']],
  // With `.*` beside it a text may be anywhere.
  ['err.*', ['err', 'error', 'my error', 'errata']],
  ['.*err', ['err', 'error', 'my error', 'errata']],
  ['.*err.*', ['err', 'error', 'my error', 'errata']],
  ['(?i)r{2}.*', []],
  ['(?i)RR.*', ['err', 'error', 'my error', 'errata', 'ERR']],
  ['warn|.*ata', ['errata', 'warn']],
  // So it may with alternatives that begin alike, written so or not.
  ['err(or|ata)', ['error', 'my error', 'errata']],
  ['error|err', ['err', 'error', 'my error', 'errata']],
  ['error|errata|warn', ['error', 'my error', 'errata', 'warn']],
  // Everything else matches the whole value, in which `.` is no newline.
  ['.', ['a', 'b']],
  ['a.b', ['a.b']],
  ['(?s)a.b', ['a\nb', 'a.b']],
  ['(?s).*b', ['b', 'a\nb', 'a.b']],
  ['^err.*', ['err', 'error', 'errata']],
  ['err.*$', ['err', 'error', 'errata']],
  ['err.+', ['error', 'errata']],
  ['err(or)?', ['err', 'error']],
  ['a|b', ['a', 'b']],
  ['a|b|', ['', 'a', 'b']],
  ['a?', ['', 'a']],
  ['[^a]*', ['', 'err', 'error', 'my error', 'ERR', 'b', 'über']],
  ['.*r.*r', ['err', 'error', 'my error']],
  ['err(or|a.+)', ['error', 'errata']],
  ['\\p{L}+', ['err', 'error', 'errata', 'ERR', 'warn', 'a', 'b', 'über']],
])('%j', (pattern, kept) => {
  expect(values.filter(compileLabelRegex(pattern))).toEqual(kept);
});

describe('large patterns', () => {
  it('reads alternatives that begin alike, each longer than the one before', () => {
    const names = Array.from({ length: 300 }, (_, i) => 'x'.repeat(i + 1));
    const matches = compileLabelRegex(names.join('|'));
    expect([matches('xxx'), matches('axb'), matches('ab')]).toEqual([true, true, false]);
  });

  it('refuses what is no regex', () => {
    expect(() => compileLabelRegex('a(')).toThrow(/missing closing/);
  });
});
