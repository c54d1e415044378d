// All samples of one series, for aggregations that no cell can hold: quantiles and counters.

const samplesMin = 16;
const noNumbers = new Float64Array(0);

export class SampleList {
  /** What an empty list reserves. */
  static readonly bytesMin = samplesMin * 16;
  length = 0;
  #times = new Float64Array(samplesMin);
  #values = new Float64Array(samplesMin);

  /** Nanoseconds after the first step's end. */
  get times(): Float64Array {
    return this.#times.subarray(0, this.length);
  }
  get values(): Float64Array {
    return this.#values.subarray(0, this.length);
  }

  /** Returns the bytes by which the list grew. */
  push(time: number, value: number): number {
    const grew = this.#reserve(this.length + 1);
    this.#times[this.length] = time;
    this.#values[this.length++] = value;
    return grew;
  }

  /** Returns the bytes by which the list grew. */
  append(times: Float64Array, values: Float64Array): number {
    const grew = this.#reserve(this.length + times.length);
    this.#times.set(times, this.length);
    this.#values.set(values, this.length);
    this.length += times.length;
    return grew;
  }

  /** Gives up its memory; the list must not be used afterwards. */
  clear(): void {
    this.length = 0;
    this.#times = noNumbers;
    this.#values = noNumbers;
  }

  /**
   * Times ascending and the values in that order; equal times keep their order. The list is a row of ascending runs,
   * one of each unit scanned: they are merged two by two.
   */
  sorted(): Samples {
    let { times, values }: Samples = this;
    for (let runs = runStarts(times); runs.length > 1; ) {
      const into = { times: new Float64Array(times.length), values: new Float64Array(times.length) };
      for (let i = 0; i < runs.length; i += 2)
        mergeRuns(
          { times, values },
          [runs[i] as number, runs[i + 1] ?? times.length, runs[i + 2] ?? times.length],
          into,
        );
      runs = runs.filter((_, i) => i % 2 === 0);
      ({ times, values } = into);
    }
    return { times, values };
  }

  /** Values by the slot of their times, those of slot s at [starts[s], starts[s + 1]); without those of no slot. */
  bySlot(
    slotAt: (time: number) => number,
    slots: number,
  ): { readonly values: Float64Array; readonly starts: Uint32Array } {
    const { times, values } = this;
    const slotOf = Int32Array.from(times, slotAt);
    const starts = new Uint32Array(slots + 1);
    for (const slot of slotOf) if (slot >= 0) starts[slot + 1] = (starts[slot + 1] as number) + 1;
    for (let slot = 0; slot < slots; slot++)
      starts[slot + 1] = (starts[slot + 1] as number) + (starts[slot] as number);
    const next = starts.slice();
    const parted = new Float64Array(starts[slots] as number);
    for (let i = 0; i < slotOf.length; i++) {
      const slot = slotOf[i] as number;
      if (slot < 0) continue;
      const at = next[slot] as number;
      parted[at] = values[i] as number;
      next[slot] = at + 1;
    }
    return { values: parted, starts };
  }

  #reserve(length: number): number {
    if (length <= this.#times.length) return 0;
    const capacity = Math.max(length, this.#times.length * 2);
    const grew = (capacity - this.#times.length) * 16;
    const times = new Float64Array(capacity);
    const values = new Float64Array(capacity);
    times.set(this.#times.subarray(0, this.length));
    values.set(this.#values.subarray(0, this.length));
    this.#times = times;
    this.#values = values;
    return grew;
  }
}

interface Samples {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Where the ascending runs begin. */
function runStarts(times: Float64Array): number[] {
  const starts = times.length > 0 ? [0] : [];
  for (let i = 1; i < times.length; i++) if ((times[i - 1] as number) > (times[i] as number)) starts.push(i);
  return starts;
}

/** Merges `[start, middle)` and `[middle, end)` into the same place of `into`; of equal times the first come first. */
function mergeRuns(
  { times, values }: Samples,
  [start, middle, end]: readonly [number, number, number],
  into: Samples,
): void {
  let a = start;
  let b = middle;
  for (let at = start; at < end; at++) {
    const first = b >= end || (a < middle && (times[a] as number) <= (times[b] as number));
    const from = first ? a++ : b++;
    into.times[at] = times[from] as number;
    into.values[at] = values[from] as number;
  }
}
