// What a clock on the wall of a zone shows → the moment. Lines that follow each other are mostly of one minute, in which
// no zone changes its offset, so a zone is asked once for many of them; and once for a quarter of an hour where it keeps
// its offset for a day before and after.

import { LRUCache } from 'lru-cache';
import { utc, type Zone, zoneAt } from '../../go/zone.ts';
import { daySeconds } from '../../model/units.ts';

const minuteSeconds = 60;
const quarterMinutes = 15;
/** A file of a week, read over and over, asks for each of its quarters once. */
const answersMax = 1_000;

export class WallClock {
  readonly #zone: Zone;
  /** By quarter; undefined where clocks are set within a day. */
  readonly #quarters = new LRUCache<number, { readonly offsets: readonly number[] | undefined }>({
    max: answersMax,
  });
  readonly #minutes = new LRUCache<number, readonly number[]>({ max: answersMax });
  #last = Number.NaN;
  #lastOffsets: readonly number[] = [0];

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  /**
   * Unix seconds of a reading (seconds as if it were UTC). A reading that comes twice, when clocks are set back, is the
   * later one that is not after `notAfterSeconds`, else the earlier; one that clocks skip is read as if they had not
   * been set yet.
   */
  instant(wallSeconds: number, notAfterSeconds = Number.POSITIVE_INFINITY): number {
    if (this.#zone === utc) return wallSeconds;
    const offsets = this.offsets(wallSeconds);
    const first = offsets[0] ?? 0;
    const second = offsets[1];
    const later = wallSeconds - (second ?? first);
    return second === undefined || later <= notAfterSeconds ? later : wallSeconds - first;
  }

  /** Seconds east of Greenwich that the reading may have been made with, the earlier moment first. */
  offsets(wallSeconds: number): readonly number[] {
    const minute = Math.floor(wallSeconds / minuteSeconds);
    if (minute === this.#last) return this.#lastOffsets;
    this.#last = minute;
    this.#lastOffsets = this.#ofQuarter(Math.floor(minute / quarterMinutes)) ?? this.#ofMinute(minute);
    return this.#lastOffsets;
  }

  #ofQuarter(quarter: number): readonly number[] | undefined {
    const known = this.#quarters.get(quarter);
    if (known) return known.offsets;
    const seconds = quarter * quarterMinutes * minuteSeconds;
    const before = this.#offsetAt(seconds - daySeconds);
    const offsets = before === this.#offsetAt(seconds + daySeconds) ? [before] : undefined;
    this.#quarters.set(quarter, { offsets });
    return offsets;
  }

  #ofMinute(minute: number): readonly number[] {
    const known = this.#minutes.get(minute);
    if (known) return known;
    const seconds = minute * minuteSeconds;
    const before = this.#offsetAt(seconds - daySeconds);
    const both = [before, this.#offsetAt(seconds + daySeconds)];
    const kept = both.filter((offset) => this.#offsetAt(seconds - offset) === offset);
    const offsets = kept.length === 0 ? [before] : kept;
    this.#minutes.set(minute, offsets);
    return offsets;
  }

  #offsetAt(unixSeconds: number): number {
    return zoneAt(this.#zone, unixSeconds).offsetSeconds;
  }
}
