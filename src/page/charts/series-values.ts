// Values of series: how they are written, and how they are stacked.
import { formatBytes } from '../format.ts';

export const drawKinds = ['lines', 'bars', 'stack'] as const;
export type DrawKind = (typeof drawKinds)[number];

/** 'B', 'B/s', '/s' or '': what the query's function gives. */
export function valueUnit(query: string): string {
  if (/\bbytes_rate\b/.test(query)) return 'B/s';
  if (/\bbytes_over_time\b/.test(query)) return 'B';
  return /\brate(?:_counter)?\b/.test(query) ? '/s' : '';
}

export function formatValue(value: number, unit: string): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : String(value).replace('Infinity', '∞');
  if (unit.startsWith('B')) return formatBytes(value) + unit.slice(1);
  const text =
    Math.abs(value) >= 1e6 || Number.isInteger(value)
      ? value.toLocaleString('en')
      : String(Number(value.toPrecision(4)));
  return text + unit;
}

type Values = readonly (number | null)[];

/** Each series on top of those before it. */
export function stacked(series: readonly Values[]): readonly Values[] {
  const below: number[] = [];
  return series.map((values) =>
    values.map((value, at) => {
      below[at] = (below[at] ?? 0) + (value ?? 0);
      return value === null ? null : (below[at] ?? 0);
    }),
  );
}
