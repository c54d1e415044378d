// A log corpus for benchmarks: 200 streams with zipf popularity, five kinds of lines, nanosecond times over 22 hours,
// known needles. The same options give the same bytes. Any size: batches are made as they are asked for.
import { type Labels, labelsFromPairs } from '../src/model/labels.ts';
import { type LineFormat, type LineTime, lineFormats, writeLine } from './corpus-lines.ts';
import { Chance, LineWriter } from './line-writer.ts';

export interface CorpusOptions {
  readonly seed?: number;
  /** Line bytes to generate, at least. */
  readonly bytes: number;
  readonly streams?: number;
  /** Time of the first entries; the last are a span later. Default 2026-11-23T00:00:00Z. */
  readonly startNs?: bigint;
  /** Default 22 hours. */
  readonly spanNs?: number;
  /** Line bytes of a batch. */
  readonly batchBytes?: number;
}

export interface CorpusStream {
  readonly labels: Labels;
  readonly format: LineFormat;
}

/** Entries in order of time, of all streams; valid until the next batch is asked for. */
export interface CorpusBatch {
  readonly bytes: Buffer;
  readonly count: number;
  /** Index into {@link Corpus.streams}. */
  readonly stream: Uint32Array;
  readonly seconds: Float64Array;
  readonly nanos: Uint32Array;
  readonly lineStart: Uint32Array;
  readonly lineEnd: Uint32Array;
  /** LevelCode that the line tells. */
  readonly level: Uint8Array;
  readonly lineBytes: number;
}

/** Literals and patterns with known answers. */
export const needles = {
  /** In exactly one line, past 60 % of the corpus. */
  once: 'needle-7f3a9c2e5b1d4680',
  /** Part of a token of that line only: word indexes do not find it. */
  substring: '3a9c2e5b1d46',
  absent: 'needle-00000000000000ff',
  /** In about one of 7,000 lines, in mixed case: matches with (?i) only. Not in JSON, which stays valid. */
  phrase: 'deadlock detected',
  /** In 8 % of the java lines. */
  regex: 'order \\d+ for customer \\d+ in \\d{3,} ms',
} as const;

/** What {@link needles} must find in the batches made so far. */
export interface CorpusTotals {
  entries: number;
  lineBytes: number;
  needleOnce: number;
  phrase: number;
}

const lineBytesMean = 193;
/** A line has at most this many bytes; a batch's buffer has room for one more. */
const lineBytesMax = 4096;
const popularityExponent = 0.9;

export class Corpus {
  readonly streams: readonly CorpusStream[];
  readonly totals: CorpusTotals = { entries: 0, lineBytes: 0, needleOnce: 0, phrase: 0 };
  private readonly options: Required<CorpusOptions>;

  constructor(options: CorpusOptions) {
    this.options = {
      seed: 1,
      streams: 200,
      startNs: 1_795_392_000_000_000_000n,
      spanNs: 22 * 3600 * 1e9,
      batchBytes: 1024 * 1024,
      ...options,
    };
    this.streams = Array.from({ length: this.options.streams }, (_, i) => streamOf(i));
  }

  /** Generates the corpus from its start; `totals` count what was yielded. */
  *batches(): Generator<CorpusBatch, void, void> {
    const { seed, bytes, batchBytes, spanNs } = this.options;
    const chance = new Chance(seed);
    const clock = new CorpusClock(this.options.startNs, (spanNs * lineBytesMean) / bytes, chance);
    const popular = popularity(this.streams.length);
    const hosts = this.streams.map((_, i) => Buffer.from(`node-${i % 17}.eu-1.example.net`));
    const countMax = Math.ceil(batchBytes / 40) + 1;
    const out = new LineWriter(batchBytes + 2 * lineBytesMax);
    const columns = {
      stream: new Uint32Array(countMax),
      seconds: new Float64Array(countMax),
      nanos: new Uint32Array(countMax),
      lineStart: new Uint32Array(countMax),
      lineEnd: new Uint32Array(countMax),
      level: new Uint8Array(countMax),
    };
    Object.assign(this.totals, { entries: 0, lineBytes: 0, needleOnce: 0, phrase: 0 });
    while (this.totals.lineBytes < bytes) {
      out.at = 0;
      let count = 0;
      const wanted = Math.min(batchBytes, bytes - this.totals.lineBytes);
      while (out.at < wanted && count < countMax) {
        const stream = popular[chance.uint32() & (popular.length - 1)] as number;
        const time = clock.next();
        const { format } = this.streams[stream] as CorpusStream;
        columns.stream[count] = stream;
        columns.seconds[count] = time.seconds;
        columns.nanos[count] = time.nanos;
        columns.lineStart[count] = out.at;
        columns.level[count] = writeLine(format, { out, chance, time, host: hosts[stream] as Buffer });
        if (format !== 'pino' && format !== 'zap') this.plant(out, chance, this.totals.lineBytes + out.at);
        columns.lineEnd[count] = out.at;
        count++;
      }
      this.totals.entries += count;
      this.totals.lineBytes += out.at;
      yield { bytes: out.bytes.subarray(0, out.at), count, ...columns, lineBytes: out.at };
    }
  }

  /** Appends a needle to the line just written, now and then. */
  private plant(out: LineWriter, chance: Chance, bytesBefore: number): void {
    if (this.totals.needleOnce === 0 && bytesBefore > this.options.bytes * 0.6) {
      this.totals.needleOnce = 1;
      out.put(Buffer.from(` ref=${needles.once}`));
    }
    if (chance.below(5000) === 0) {
      this.totals.phrase++;
      const mixed = [...needles.phrase].map((c) => (chance.below(2) === 0 ? c.toUpperCase() : c)).join('');
      out.put(Buffer.from(` ${mixed}`));
    }
  }
}

/** Ascending times, with their texts renewed each second. */
class CorpusClock {
  private readonly chance: Chance;
  private readonly stepNs: number;
  private ns = 0;
  private readonly startSeconds: number;
  private time: LineTime & { seconds: number; nanos: number };

  constructor(startNs: bigint, stepNs: number, chance: Chance) {
    this.chance = chance;
    this.stepNs = stepNs;
    this.startSeconds = Number(startNs / 1_000_000_000n);
    this.time = textsOf(this.startSeconds);
  }

  next(): LineTime {
    this.ns += Math.floor(this.chance.exponential() * this.stepNs);
    const seconds = this.startSeconds + Math.floor(this.ns / 1e9);
    if (seconds !== this.time.seconds) this.time = textsOf(seconds);
    this.time.nanos = this.ns % 1e9;
    return this.time;
  }
}

function textsOf(seconds: number): LineTime {
  const iso = new Date(seconds * 1000).toISOString().slice(0, 19);
  const month = new Date(seconds * 1000).toUTCString().slice(8, 11);
  const [day, clock] = [iso.slice(8, 10), iso.slice(11)];
  return {
    iso: Buffer.from(iso),
    clf: Buffer.from(`${day}/${month}/${iso.slice(0, 4)}:${clock} +0000`),
    syslog: Buffer.from(`${month} ${day} ${clock}`),
    seconds,
    nanos: 0,
  };
}

function streamOf(index: number): CorpusStream {
  const format = lineFormats[index % lineFormats.length] as LineFormat;
  const labels = labelsFromPairs([
    ['app', `${format}-${Math.floor(index / 12)}`],
    ['env', index % 5 === 0 ? 'staging' : 'prod'],
    ['format', format],
    ['host', `node-${index % 17}`],
    ['pod', `${format}-${Math.floor(index / 12)}-${index}`],
  ]);
  return { labels, format };
}

/** 65,536 stream indices, each as often as its zipf share: one lookup picks a stream. */
function popularity(streams: number): Uint16Array {
  const weights = Array.from({ length: streams }, (_, i) => (i + 1) ** -popularityExponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const table = new Uint16Array(65_536);
  let stream = 0;
  let until = (weights[0] as number) / total;
  for (let i = 0; i < table.length; i++) {
    while ((i + 0.5) / table.length > until && stream < streams - 1)
      until += (weights[++stream] as number) / total;
    table[i] = stream;
  }
  return table;
}
