// Times where headers have them: read as everywhere else, after Cisco's `*` or `.` of a clock that is not set or not in
// step.

import type { FoundTime } from '../../parse/timestamps.ts';
import type { HeaderContext } from './dialect.ts';

/** Undefined when no time is at `at`. */
export const headerTime = (text: string, at: number, { times }: HeaderContext): FoundTime | undefined =>
  times.timeAt(text, text[at] === '*' || text[at] === '.' ? at + 1 : at);
