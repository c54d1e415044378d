// Levels as loggers and syslog write them → detected levels.

import { levelByWord } from './level-words.ts';

/** What loggers and syslog write besides the words that Loki looks for. */
const otherWords: Readonly<Record<string, string>> = {
  verbose: 'trace',
  silly: 'trace',
  fine: 'debug',
  notice: 'info',
  severe: 'error',
  crit: 'critical',
  alert: 'critical',
  emerg: 'critical',
  emergency: 'critical',
  panic: 'fatal',
};
const words = new Map([...levelByWord, ...Object.entries(otherWords)]);

/** "WARN" → "warn"; undefined for a word that names no level. */
export const levelOfWord = (word: string): string | undefined => words.get(word.toLowerCase());

/** pino's and bunyan's numbers: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal; between them the lower. */
export function levelOfPino(level: number): string | undefined {
  if (!(level >= 10 && level < 100)) return undefined;
  return levelByTens[Math.min(Math.floor(level / 10), 6) - 1];
}

const levelByTens = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** A level field's value: word or pino number. */
export function levelOfField(value: unknown): string | undefined {
  if (typeof value === 'number') return levelOfPino(value);
  if (typeof value !== 'string') return undefined;
  return levelOfWord(value) ?? (/^\d\d$/.test(value) ? levelOfPino(Number(value)) : undefined);
}

/** syslog's keywords by priority number. */
export const priorityKeywords = [
  'emerg',
  'alert',
  'crit',
  'err',
  'warning',
  'notice',
  'info',
  'debug',
] as const;

/** syslog priority 0..7 → level; undefined for anything else. */
export function levelOfPriority(priority: string): string | undefined {
  const keyword = /^[0-7]$/.test(priority) ? priorityKeywords[Number(priority)] : undefined;
  return keyword === undefined ? undefined : levelOfWord(keyword);
}
