// How lines are shown, remembered in this browser.
import { remember, remembered } from './dom/remembered.ts';
import type { Display } from './state.ts';

const storedAs = 'skald-display';
const columnsMax = 12;

const byDefault: Display = { wrap: true, oldestFirst: false, zone: 'local', compact: true, columns: [] };

export function rememberedDisplay(): Display {
  let kept: Partial<Record<keyof Display, unknown>> = {};
  try {
    kept = (JSON.parse(remembered(storedAs) || '{}') ?? {}) as typeof kept;
  } catch {
    // Of another version: as at a first visit.
  }
  const columns = Array.isArray(kept.columns) ? kept.columns.filter((name) => typeof name === 'string') : [];
  return {
    wrap: typeof kept.wrap === 'boolean' ? kept.wrap : byDefault.wrap,
    oldestFirst: kept.oldestFirst === true,
    zone: kept.zone === 'utc' ? 'utc' : 'local',
    compact: typeof kept.compact === 'boolean' ? kept.compact : byDefault.compact,
    columns: columns.slice(0, columnsMax),
  };
}

export const rememberDisplay = (display: Display): void => remember(storedAs, JSON.stringify(display));

/** With the column, or without when it is there. */
export const withColumn = (display: Display, name: string): Display => ({
  ...display,
  columns: display.columns.includes(name)
    ? display.columns.filter((column) => column !== name)
    : [...display.columns, name].slice(-columnsMax),
});
