// The moments at which a file's lines were read: never the same twice, so lines keep their order and equal lines stay
// apart.

import { type Clock, splitNs } from '../../../model/time.ts';
import { type Instant, laterBy } from '../../parse/timestamps.ts';

/** A clock that is behind by less is waited for; by more, somebody has set it back, and it is followed. */
const waitedForSeconds = 2;
/** After each setting back, times end in other nanoseconds: moments that come twice are not the same. */
const shiftNanos = 100_000;
const shiftsMax = 10;

export class ReadTimes {
  readonly #clock: Clock;
  #free: Instant = { seconds: 0, nanos: 0 };
  #setBacks = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Reads the clock for the lines that come now; its time. */
  look(): bigint {
    const nowNs = this.#clock.nowNs();
    const now = splitNs(nowNs);
    if (this.#free.seconds - now.seconds > waitedForSeconds) {
      this.#setBacks++;
      this.#free = this.#shifted(now);
    } else {
      const shifted = this.#shifted(now);
      const { seconds, nanos } = this.#free;
      if (shifted.seconds > seconds || (shifted.seconds === seconds && shifted.nanos > nanos))
        this.#free = shifted;
    }
    return nowNs;
  }

  next(): Instant {
    const time = this.#free;
    this.#free = laterBy(time, 1);
    return time;
  }

  #shifted(now: Instant): Instant {
    return laterBy(now, (this.#setBacks % shiftsMax) * shiftNanos);
  }
}
