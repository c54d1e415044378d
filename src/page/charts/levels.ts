// Levels as `detected_level` names them, in order of weight; the style sheet has a colour for each.

export const levels = ['critical', 'error', 'warn', 'info', 'debug', 'trace', 'unknown'] as const;
export type Level = (typeof levels)[number];

const others: Readonly<Record<string, Level>> = { fatal: 'critical', warning: 'warn', err: 'error' };

/** Names that are not levels, and none at all, are "unknown". */
export const levelOf = (name: string | undefined): Level =>
  levels.find((level) => level === name) ?? others[(name ?? '').toLowerCase()] ?? 'unknown';
