// Rows of `block` on their way into the heads of a reader: columns, since a store has hundreds of thousands.

/** Times in two words: as bigints they would take most of the time of reading a row. */
export type HeadRow = readonly [
  stream: number,
  id: number,
  n: number,
  raw: number,
  metadataRaw: number,
  flags: number,
  t0High: number,
  t0Low: number,
  t1High: number,
  t1Low: number,
];
export const headColumns =
  'stream, id, n, raw, metadata_raw, flags, t0 >> 32, t0 & 4294967295, t1 >> 32, t1 & 4294967295';

const roomMin = 256;

export class HeadRows {
  count = 0;
  streams = new Float64Array(roomMin);
  ids = new Float64Array(roomMin);
  n = new Uint32Array(roomMin);
  raw = new Uint32Array(roomMin);
  metadataRaw = new Uint32Array(roomMin);
  flags = new Uint16Array(roomMin);
  t0High = new Int32Array(roomMin);
  t0Low = new Uint32Array(roomMin);
  t1High = new Int32Array(roomMin);
  t1Low = new Uint32Array(roomMin);

  add([stream, id, n, raw, metadataRaw, flags, t0High, t0Low, t1High, t1Low]: HeadRow): void {
    const at = this.count++;
    if (at === this.ids.length) this.#grow();
    this.streams[at] = stream;
    this.ids[at] = id;
    this.n[at] = n;
    this.raw[at] = raw;
    this.metadataRaw[at] = metadataRaw;
    this.flags[at] = flags;
    this.t0High[at] = t0High;
    this.t0Low[at] = t0Low;
    this.t1High[at] = t1High;
    this.t1Low[at] = t1Low;
  }

  /** Whether a row comes before a block of the same stream. */
  isBefore(row: number, t0Ns: bigint, id: number): boolean {
    const ns = (BigInt(this.t0High[row] as number) << 32n) + BigInt(this.t0Low[row] as number);
    return ns === t0Ns ? (this.ids[row] as number) < id : ns < t0Ns;
  }

  /** By stream, first entry and id. */
  inOrder(): Uint32Array {
    const order = Uint32Array.from({ length: this.count }, (_, row) => row);
    const ofStream = new Map<number, number>();
    for (let row = 0; row < this.count; row++) {
      const stream = this.streams[row] as number;
      ofStream.set(stream, (ofStream.get(stream) ?? 0) + 1);
    }
    let end = 0;
    const places = new Map<number, number>();
    const ends: number[] = [];
    for (const stream of [...ofStream.keys()].sort((a, b) => a - b)) {
      places.set(stream, end);
      end += ofStream.get(stream) as number;
      ends.push(end);
    }
    for (let row = 0; row < this.count; row++) {
      const stream = this.streams[row] as number;
      const place = places.get(stream) as number;
      order[place] = row;
      places.set(stream, place + 1);
    }
    let from = 0;
    for (const to of ends) {
      // Rows come in the order in which they were written, which mostly is that of time.
      if (!this.#isSorted(order, from, to)) order.subarray(from, to).sort((a, b) => this.#compare(a, b));
      from = to;
    }
    return order;
  }

  #isSorted(order: Uint32Array, from: number, to: number): boolean {
    for (let i = from + 1; i < to; i++)
      if (this.#compare(order[i - 1] as number, order[i] as number) > 0) return false;
    return true;
  }

  /** Of one stream. */
  #compare(a: number, b: number): number {
    return (
      (this.t0High[a] as number) - (this.t0High[b] as number) ||
      (this.t0Low[a] as number) - (this.t0Low[b] as number) ||
      (this.ids[a] as number) - (this.ids[b] as number)
    );
  }

  #grow(): void {
    const room = 2 * this.ids.length;
    const grown = <T extends Float64Array | Uint32Array | Int32Array | Uint16Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.streams = grown(this.streams, new Float64Array(room));
    this.ids = grown(this.ids, new Float64Array(room));
    this.n = grown(this.n, new Uint32Array(room));
    this.raw = grown(this.raw, new Uint32Array(room));
    this.metadataRaw = grown(this.metadataRaw, new Uint32Array(room));
    this.flags = grown(this.flags, new Uint16Array(room));
    this.t0High = grown(this.t0High, new Int32Array(room));
    this.t0Low = grown(this.t0Low, new Uint32Array(room));
    this.t1High = grown(this.t1High, new Int32Array(room));
    this.t1Low = grown(this.t1Low, new Uint32Array(room));
  }
}
