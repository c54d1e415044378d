// Where groups stand agrees with what they hold, by both engines.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compileRegex } from '../../src/regex/regex.ts';
import { within } from '../within.ts';

it.each(['(a)(b)?', '(a|(b))+c', '((x)|y)*', '', 'é(😀)?', '(?:(a)|b)\\b', '^(.)|(.)$'])('%s', (pattern) => {
  const regex = compileRegex(pattern);
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x', 'y', ' ', 'é', '😀') }),
      fc.nat(3),
      within(200, (text, from) => {
        const offsets = regex.findOffsets(text, from);
        const match = regex.find(text, from);
        expect(offsets && [offsets[0], offsets[1]]).toEqual(match && [match.start, match.end]);
        match?.groups.forEach((group, i) => {
          const start = offsets?.[2 * i] ?? -1;
          expect(start < 0 ? undefined : text.slice(start, offsets?.[2 * i + 1])).toBe(group);
        });
      }),
    ),
  );
});

it('in a text that is too long for the other engine', () => {
  const before = 'c'.repeat(2_000_000);
  const offsets = compileRegex('(a)(x)?(b)').findOffsets(`${before}ab${before}`);
  const at = before.length;
  expect(Array.from(offsets ?? [])).toEqual([at, at + 2, at, at + 1, -1, -1, at + 1, at + 2]);
});
