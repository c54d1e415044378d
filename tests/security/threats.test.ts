// SECURITY.md's table: every threat names tests that prove its defence, and those tests exist.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rows = readFileSync(`${root}SECURITY.md`, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (threat|-)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, threat = '', , proof = '']) => ({ threat, proof }));

/** `tests/x.test.ts` “title”, “title”, … */
const files = (proof: string): { file: string; titles: string[] }[] =>
  [...proof.matchAll(/`(tests\/[^`]+)`([^`]*)/g)].map(([, file = '', rest = '']) => ({
    file,
    titles: [...rest.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title),
  }));

it('is read as it stands', () => {
  expect(rows.length).toBeGreaterThan(15);
});

it.each(rows)('$threat', ({ proof }) => {
  const named = files(proof);
  expect(named, 'no test is named').not.toEqual([]);
  for (const { file, titles } of named) {
    expect(existsSync(root + file), file).toBe(true);
    const straight = (text: string): string => text.replace(/[‘’]/g, "'").replaceAll("\\'", "'");
    const source = straight(readFileSync(root + file, 'utf8'));
    // A title is in quotes of its own, or begins or ends in them.
    for (const title of titles) expect(source, `${file}: ${title}`).toContain(straight(title));
  }
});
