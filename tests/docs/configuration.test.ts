// docs/configuration.md and the tables of docs/logql.md and README.md are what the program says now.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configurationPage } from '../../scripts/configuration-page.ts';
import { conformanceTable, shortConformanceTable, withTable } from '../../scripts/logql-page.ts';

/** Columns of tables are padded by the formatter. */
const unpadded = (text: string): string => text.replace(/ +/g, ' ').replace(/-{2,}/g, '-');
/** The figures of "answered alike" rise whenever the floors do; understating them for a while does no harm. */
const withoutFloors = (text: string): string => text.replace(/\| \d+ (?=\| \d+ \|$)/gm, '| n ');

const docs = new URL('../../docs/', import.meta.url);

it('every setting is described, and the page is current (npm run docs)', () => {
  const { text, undescribed } = configurationPage();
  expect(undescribed).toEqual([]);
  expect(unpadded(readFileSync(new URL('configuration.md', docs), 'utf8'))).toBe(unpadded(text));
});

it('the table of conformance has every category and its cases (npm run docs)', () => {
  const file = new URL('logql.md', docs);
  const documented = withoutFloors(unpadded(readFileSync(file, 'utf8')));
  expect(documented).toBe(withoutFloors(unpadded(withTable(file, conformanceTable(), false))));
  expect(documented).toMatch(/\| selectors \|.*\| n \| 169 \|/);
});

it('the table of README.md is current (npm run docs)', () => {
  const file = new URL('../README.md', docs);
  expect(unpadded(readFileSync(file, 'utf8'))).toBe(
    unpadded(withTable(file, shortConformanceTable(), false)),
  );
});
