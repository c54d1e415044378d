// What a clock on the wall of a zone shows → the moment. Lines that follow each other are mostly of one quarter of an
// hour, in which no zone changes its offset, so a zone is asked once for many of them.
import { LRUCache } from 'lru-cache';
import { utc, type Zone, zoneAt } from '../../template/time-zone.ts';

const quarterSeconds = 900;
const daySeconds = 86_400;
/** A file of a week, read over and over, asks for each of its quarters once. */
const quartersMax = 1_000;

export class WallClock {
  readonly #zone: Zone;
  readonly #quarters = new LRUCache<number, readonly number[]>({ max: quartersMax });
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
    const [first = 0, second] = this.offsets(wallSeconds);
    const later = wallSeconds - (second ?? first);
    return second === undefined || later <= notAfterSeconds ? later : wallSeconds - first;
  }

  /** Seconds east of Greenwich that the reading may have been made with, the earlier moment first. */
  offsets(wallSeconds: number): readonly number[] {
    const quarter = Math.floor(wallSeconds / quarterSeconds);
    if (quarter === this.#last) return this.#lastOffsets;
    let offsets = this.#quarters.get(quarter);
    if (!offsets) {
      offsets = this.#ask(quarter * quarterSeconds);
      this.#quarters.set(quarter, offsets);
    }
    this.#last = quarter;
    this.#lastOffsets = offsets;
    return offsets;
  }

  #ask(wallSeconds: number): readonly number[] {
    const offsetAt = (seconds: number): number => zoneAt(this.#zone, seconds).offsetSeconds;
    const before = offsetAt(wallSeconds - daySeconds);
    const after = offsetAt(wallSeconds + daySeconds);
    if (before === after) return [before];
    const kept = [before, after].filter((offset) => offsetAt(wallSeconds - offset) === offset);
    return kept.length === 0 ? [before] : kept;
  }
}
