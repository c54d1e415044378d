// The one reader of times that lines bear, of files, containers and syslog: text or number, with the zone it names or
// else the source's. What the store would not accept is not the line's time: a business date, a duration, a clock that
// was never set.

import type { Zone } from '../../go/zone.ts';
import { splitNs } from '../../model/time.ts';
import { calendarTime } from './calendar-times.ts';
import {
  accessLogTime,
  clockOf,
  FoundTime,
  type Instant,
  isoTime,
  unixTime,
  unixTimeOfNumber,
} from './timestamps.ts';
import type { WallClock } from './wall-clock.ts';

/** Times that the store accepts, by how far they are from now. */
export interface AcceptedTimes {
  /** Infinity: however old. */
  readonly maxAgeMs: number;
  readonly aheadMs: number;
}

/** Everything: for those who look at times only. */
export const anyTime: AcceptedTimes = {
  maxAgeMs: Number.POSITIVE_INFINITY,
  aheadMs: Number.POSITIVE_INFINITY,
};

/** Longer fields are no times. */
const fieldCharsMax = 64;
/** Where the bracket of an access log's time is looked for. */
const bracketCharsMax = 200;
const levelWord = /\[?[A-Z]{4,8}\]?:?[ \t]+/y;

export class TimeReader {
  readonly #clock: WallClock;
  readonly #accepted: AcceptedTimes;
  #nowNs = -1n;
  #nowSeconds = 0;
  #oldestSeconds = 0;
  #newestSeconds = 0;

  constructor(zone: Zone, accepted: AcceptedTimes) {
    this.#clock = clockOf(zone);
    this.#accepted = accepted;
  }

  /** Sets the moment of reading. Gives itself. */
  at(nowNs: bigint): this {
    if (nowNs === this.#nowNs) return this;
    this.#nowNs = nowNs;
    this.#nowSeconds = splitNs(nowNs).seconds;
    this.#oldestSeconds = this.#nowSeconds - this.#accepted.maxAgeMs / 1000;
    this.#newestSeconds = this.#nowSeconds + this.#accepted.aheadMs / 1000;
    return this;
  }

  /** Unix. */
  get nowSeconds(): number {
    return this.#nowSeconds;
  }

  /** True: the store takes an entry of that time. */
  accepts({ seconds }: Instant): boolean {
    return seconds >= this.#oldestSeconds && seconds <= this.#newestSeconds;
  }

  /** A date and a time that a line begins with, also in brackets or after a level word. It may not be acceptable. */
  beginning(line: string): Instant | undefined {
    const code = line.charCodeAt(0);
    const at = code === openBracket ? 1 : 0;
    const found = this.#calendar(line, at);
    if (found) return found;
    if (code >= zero && code <= nine) return this.#leadingNumber(line);
    levelWord.lastIndex = 0;
    return levelWord.test(line) ? this.#calendar(line, levelWord.lastIndex) : undefined;
  }

  /** A date and a time that is at `at`, with the offset after it. It may not be acceptable. */
  timeAt(text: string, at: number): FoundTime | undefined {
    const found = this.#written(text, at);
    if (!found) return undefined;
    const { seconds, nanos } = this.#instant(found);
    return new FoundTime(seconds, nanos, found.end, true);
  }

  /** An acceptable time in the line's first bracket, as in access logs. */
  bracketed(line: string): Instant | undefined {
    const bracket = line.indexOf('[');
    if (bracket < 1 || bracket >= bracketCharsMax) return undefined;
    const found = this.#calendar(line, bracket + 1);
    return found && this.accepts(found) ? found : undefined;
  }

  /** A date and a time in a field of its own. It may not be acceptable. */
  calendarField(text: string): Instant | undefined {
    return text.length > fieldCharsMax ? undefined : this.#calendar(text, 0);
  }

  /** A Unix time as decimal text, unless it is not acceptable: then it counts something else. */
  unixField(text: string): Instant | undefined {
    const found = text.length > fieldCharsMax ? undefined : unixTime(text);
    return found && this.accepts(found) ? found : undefined;
  }

  /** As `unixField`, of a whole number of at most 15 digits. */
  unixNumber(value: number): Instant | undefined {
    const found = unixTimeOfNumber(value);
    return found && this.accepts(found) ? found : undefined;
  }

  #calendar(text: string, at: number): Instant | undefined {
    const found = this.#written(text, at);
    return found && this.#instant(found);
  }

  #written(text: string, at: number): FoundTime | undefined {
    return isoTime(text, at) ?? accessLogTime(text, at) ?? calendarTime(text, at, this.#nowSeconds);
  }

  #instant(found: FoundTime): Instant {
    const { seconds, nanos, zoned, offsets } = found;
    if (!zoned) {
      const instant = this.#clock.instant(seconds, this.#newestSeconds);
      return instant === seconds ? found : { seconds: instant, nanos };
    }
    if (offsets === undefined || offsets.length < 2) return found;
    const wall = seconds + (offsets[0] ?? 0);
    const own = this.#clock.offsets(wall).find((offset) => offsets.includes(offset));
    return own === undefined ? found : { seconds: wall - own, nanos };
  }

  /** Squid's `1795532645.123    120 192.0.2.1`. */
  #leadingNumber(line: string): Instant | undefined {
    const end = line.indexOf(' ');
    return end < 10 || end > fieldCharsMax ? undefined : this.unixField(line.slice(0, end));
  }
}

const zero = 48;
const nine = 57;
const openBracket = 91;
