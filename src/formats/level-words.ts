// The words that name a level.
import { type LevelCode, levelCode, levelNone } from '../model/entry.ts';

const words: Readonly<Record<string, string>> = {
  trace: 'trace',
  trc: 'trace',
  debug: 'debug',
  dbg: 'debug',
  info: 'info',
  inf: 'info',
  information: 'info',
  warn: 'warn',
  wrn: 'warn',
  warning: 'warn',
  error: 'error',
  err: 'error',
  critical: 'critical',
  fatal: 'fatal',
};

/** Words that name a level as a value, lower-case, and the level. */
export const levelByWord: ReadonlyMap<string, string> = new Map(Object.entries(words));
export const levelWords: readonly string[] = [...levelByWord.keys()];

/** Words looked for in a whole line; of two that begin alike, the first that stands alone counts. */
export const searchedLevelWords: readonly string[] = [
  'trace',
  'debug',
  'fatal',
  'critical',
  'error',
  'err',
  'warning',
  'warn',
  'info',
];

const codes = new Map(Array.from(levelByWord, ([word, level]) => [word, levelCode(level)]));
const longestWord = Math.max(...[...codes.keys()].map((word) => word.length));

/** What may come before and after a word looked for in a line, besides the line's ends. */
export const besideSearchedWords = { before: ' \t\n[({"\'=|', behind: ' \t\n[](){}:,!"\'=|' } as const;

/** The level a word names, in any case; levelNone for another word. */
export function levelOfWord(word: string): LevelCode {
  return word.length > longestWord ? levelNone : (codes.get(word.toLowerCase()) ?? levelNone);
}

/** As {@link levelOfWord}, for the bytes `[start, end)`. */
export function levelOfBytes(bytes: Uint8Array, start: number, end: number): LevelCode {
  const length = end - start;
  if (length < 3 || length > longestWord) return levelNone;
  let word = '';
  for (let i = start; i < end; i++) word += String.fromCharCode(bytes[i] as number);
  return codes.get(word.toLowerCase()) ?? levelNone;
}

/** OTLP severity numbers: 1-4 trace, 5-8 debug, 9-12 info, 13-16 warn, 17-20 error, 21-24 fatal, else unknown. */
export function levelOfSeverityNumber(text: string): LevelCode {
  if (!/^[+-]?\d+$/.test(text)) return levelCode('info');
  const number = Number(text);
  if (number < 1 || number > 24) return levelCode('unknown');
  return levelCode(['trace', 'debug', 'info', 'warn', 'error', 'fatal'][(number - 1) >> 2] as string);
}

/** Labels and metadata that may hold a level, the first one first. Exact names. */
export const levelLabels: readonly string[] = [
  'level',
  'LEVEL',
  'Level',
  'log.level',
  'severity',
  'SEVERITY',
  'Severity',
  'SeverityText',
  'lvl',
  'LVL',
  'Lvl',
  'severity_text',
  'Severity_Text',
  'SEVERITY_TEXT',
];
