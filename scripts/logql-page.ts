// The tables of docs/logql.md and README.md: recorded answers by category, and how many of them must be given alike.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const tests = new URL('../tests/conformance/', import.meta.url);
const begin = '<!-- table: npm run docs -->';
const end = '<!-- end of table -->';

const subjects: Readonly<Record<string, string>> = {
  binary: 'arithmetic, comparison and set operations, `on`, `ignoring`, `group_left`, `bool`',
  errors: 'errors of limits and of evaluation',
  evaluation: 'steps, alignment, ranges, instants',
  formatting: '`line_format`, `label_format`, template functions',
  http: 'parameters, labels, values, series, statistics, volume, detection',
  'label-filters': 'label filters on texts, numbers, durations, sizes, addresses',
  'label-replace': '`label_replace`',
  'line-filters': '`|=`, `!=`, `|~`, `!~`, `|>`, `!>`, `ip()`, `or`',
  metadata: 'structured metadata, categorised labels',
  offset: '`offset`',
  ordering: 'order of entries, limits, directions',
  parsers: '`json`, `logfmt`, `pattern`, `regexp`, `unpack`',
  push: 'push bodies: formats, encodings, refusals, OTLP',
  random: 'queries put together by chance, and sweeps over empty values, errors, patterns, regexes',
  'range-agg': '`rate`, `count_over_time`, `bytes_rate`, `absent_over_time`, …',
  selectors: 'stream selectors',
  stages: '`drop`, `keep`, `decolorize`, …',
  syntax: 'what parses and what does not',
  tenancy: 'tenants',
  unwrap: '`unwrap` with `sum_over_time`, `quantile_over_time`, …',
  'vector-agg': '`sum`, `avg`, `topk`, `sort`, … with `by` and `without`',
};

interface Cases {
  readonly cases: readonly unknown[];
}

interface CategoryRow {
  readonly category: string;
  readonly cases: number;
  readonly floor: number;
}

function categoryRows(): readonly CategoryRow[] {
  const floors = JSON.parse(readFileSync(new URL('floors.json', tests), 'utf8')) as Record<string, number>;
  return readdirSync(new URL('cases/', tests))
    .sort()
    .map((file) => {
      const category = file.replace(/\.json$/, '');
      const { cases } = JSON.parse(readFileSync(new URL(`cases/${file}`, tests), 'utf8')) as Cases;
      return { category, cases: cases.length, floor: floors[category] ?? 0 };
    });
}

const sumOf = (rows: readonly CategoryRow[], of: (row: CategoryRow) => number): number =>
  rows.reduce((total, row) => total + of(row), 0);

/** Recorded cases, and the floor below which a build fails. */
export function conformanceTable(): string {
  const rows = categoryRows();
  return [
    '| category | what | answered alike | recorded |',
    '| --- | --- | --: | --: |',
    ...rows.map(
      ({ category, cases, floor }) =>
        `| ${category} | ${(subjects[category] ?? '').replaceAll('|', '\\|')} | ${floor} | ${cases} |`,
    ),
    `| all | | ${sumOf(rows, ({ floor }) => floor)} | ${sumOf(rows, ({ cases }) => cases)} |`,
  ].join('\n');
}

/** The same in two columns, with a sentence on the rest. */
export function shortConformanceTable(): string {
  const rows = categoryRows();
  const half = Math.ceil(rows.length / 2);
  const cells = (row: CategoryRow | undefined): string =>
    row === undefined ? ' | ' : `${row.category} | ${row.floor} of ${row.cases}`;
  const [floor, cases] = [sumOf(rows, (row) => row.floor), sumOf(rows, (row) => row.cases)];
  return [
    '| | answered as recorded | | answered as recorded |',
    '| --- | --- | --- | --- |',
    ...rows.slice(0, half).map((row, i) => `| ${cells(row)} | ${cells(rows[half + i])} |`),
    '',
    `That is ${floor} of ${cases}; all ${cases - floor} others stand in KNOWN.md.`,
  ].join('\n');
}

/** Puts the table between its marks in a file, or only tells the text with it when `write` is false. */
export function withTable(file: URL, table: string, write = true): string {
  const text = readFileSync(file, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`${file.pathname} has no place for the table`);
  const whole = `${before}${begin}\n\n${table}\n\n${end}${after}`;
  if (write && whole !== text) writeFileSync(file, whole);
  return whole;
}
