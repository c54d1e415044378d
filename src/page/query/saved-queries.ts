// Queries of this browser: those asked last, and those that were given a name.
import { remember, remembered } from '../dom/remembered.ts';

const historyName = 'skald-history';
const savedName = 'skald-saved';
const historyMax = 50;
const savedMax = 200;

export interface SavedQuery {
  readonly name: string;
  readonly query: string;
}

export function pastQueries(): readonly string[] {
  return list(remembered(historyName)).filter((query) => typeof query === 'string');
}

export function rememberQuery(query: string): void {
  const others = pastQueries().filter((known) => known !== query);
  remember(historyName, JSON.stringify([query, ...others].slice(0, historyMax)));
}

export function savedQueries(): readonly SavedQuery[] {
  return list(remembered(savedName)).flatMap((item) => (isSaved(item) ? [item] : []));
}

/** Takes the place of one with the same name. */
export function saveQuery(saved: SavedQuery): void {
  const others = savedQueries().filter(({ name }) => name !== saved.name);
  remember(savedName, JSON.stringify([saved, ...others].slice(0, savedMax)));
}

export function forgetQuery(name: string): void {
  remember(savedName, JSON.stringify(savedQueries().filter((saved) => saved.name !== name)));
}

/** Takes what `exportedQueries` gives. Returns how many there were; undefined when it is something else. */
export function importQueries(text: string): number | undefined {
  const found = list(text).flatMap((item) => (isSaved(item) ? [item] : []));
  if (found.length === 0) return undefined;
  for (const saved of found) saveQuery({ name: saved.name, query: saved.query });
  return found.length;
}

export const exportedQueries = (): string => `${JSON.stringify(savedQueries(), undefined, 2)}\n`;

function list(text: string): readonly unknown[] {
  try {
    const value = JSON.parse(text) as unknown;
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

const isSaved = (item: unknown): item is SavedQuery =>
  typeof item === 'object' &&
  item !== null &&
  'name' in item &&
  'query' in item &&
  typeof item.name === 'string' &&
  typeof item.query === 'string';
