// Each fault that docs/collector-faults.md names has its test.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('.', import.meta.url));
const tests = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n');

const page = readFileSync(join(folder, '../../docs/collector-faults.md'), 'utf8');
const rows = [...page.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm)]
  .map(([, fault = '', names = '']) => [fault, names.split(' · ')] as const)
  .filter(([fault]) => !/…$|^-/.test(fault));

it('the page has its rows', () => expect(rows.length).toBeGreaterThan(40));

it.each(rows)('%s', (_, names) => {
  expect(names.filter((name) => !tests.includes(name))).toEqual([]);
});
