// What a browser loads of the page, compressed as it is served.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('../../dist/page/', import.meta.url);
const bytesMax = 250_000;
const loaded = /\.(?:html|js|css|svg)$/;

it('the page is small', () => {
  const files = readdirSync(folder).filter((file) => loaded.test(file));
  expect(files.sort()).toEqual(['icon.svg', 'index.html', 'main.js', 'pattern-marks.js', 'style.css']);
  const bytes = files.map((file) => readFileSync(new URL(`${file}.gz`, folder)).length);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(bytesMax);
});

it('names the licence of each package in it', () => {
  const licenses = readFileSync(new URL('licenses.txt', folder), 'utf8');
  for (const name of ['@codemirror/view', '@grafana/lezer-logql', 'uplot', 're2js'])
    expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\([\\w.-]+\\)$`, 'm'));
});
