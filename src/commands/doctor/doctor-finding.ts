// What `skald doctor` finds, one line each.
import { paint } from '../cli/terminal.ts';

export interface Finding {
  /** `warning` is worth knowing, `wrong` keeps something from working. */
  readonly state: 'ok' | 'warning' | 'wrong';
  readonly subject: string;
  readonly text: string;
  /** What to do. */
  readonly advice?: string;
}

const colours = { ok: undefined, warning: 'yellow', wrong: 'red' } as const;
const stateWidth = 8;

export function formatFinding({ state, subject, text, advice }: Finding, coloured: boolean): string {
  const word = paint(state.padEnd(stateWidth), colours[state], coloured);
  const indent = ' '.repeat(stateWidth);
  return `${word}${subject}: ${text}\n${advice === undefined ? '' : `${indent}→ ${advice}\n`}`;
}
