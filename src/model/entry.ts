// Entry: one log line with its time and structured metadata.
import type { Labels } from './labels.ts';

export interface Entry {
  /** Unix time in nanoseconds, any int64. */
  readonly timestampNs: bigint;
  readonly line: string;
  readonly structuredMetadata: Labels;
}

/**
 * `detected_level` as one byte. Level words outside Loki's list ("banana" from a label) are `other`
 * and are in the structured metadata as text instead.
 */
export const levels = [
  '',
  'unknown',
  'trace',
  'debug',
  'info',
  'warn',
  'error',
  'critical',
  'fatal',
] as const;
export type LevelCode = number;
/** No level was detected (discovery off), or it is in the structured metadata as text. */
export const levelNone: LevelCode = 0;

export const levelName = (code: LevelCode): string => levels[code] ?? '';
export const levelCode = (name: string): LevelCode =>
  Math.max(0, (levels as readonly string[]).indexOf(name));
