// From raw lines of one stream to entries: multiline, time, level, labels.

import { formatRfc3339Nano } from '../../go/rfc3339.ts';
import { timeZone } from '../../go/zone.ts';
import type { RepairKind } from '../../ingest/repair/repair-kind.ts';
import type { CollectedEntry } from '../../ingest/sink/sink.ts';
import { emptyLabels, type LabelPair, type Labels, labelsFromPairs } from '../../model/labels.ts';
import { type Clock, joinNs, splitNs } from '../../model/time.ts';
import { acceptedByDefault, type ParseSettings } from '../settings.ts';
import { StagedEntry } from '../stages/staged-entry.ts';
import { type Stages, throughStages } from '../stages/stages.ts';
import { truncatedBytesName } from './cut-line.ts';
import { type ParsedLine, parseLine } from './line-parser.ts';
import { type JoinedLine, MultilineJoiner, type MultilineOptions } from './multiline.ts';
import { TimeReader } from './time-reader.ts';
import { type Instant, laterBy } from './timestamps.ts';

export interface EntryMakerOptions<P> {
  /** Until relabel(). Undefined: relabelling drops the entries of this stream; their positions still count. */
  readonly labels: Labels | undefined;
  readonly metadata: readonly LabelPair[];
  readonly parse: ParseSettings;
  readonly multiline: MultilineOptions | undefined;
  readonly stages: Stages;
  readonly clock: Clock;
  /** Called for each entry in order (undefined: dropped), with the source's position after its last line. */
  readonly emit: (entry: CollectedEntry | undefined, position: P) => void;
  /** Called for each line whose own time the store would not accept; it has the source's. */
  readonly onRepaired?: (kind: RepairKind) => void;
  /** Where a run of equal line times stood at the last checkpoint. */
  readonly spread?: TimeSpread;
}

/**
 * Lines that carry the same time follow each other by a nanosecond: the store keeps one of two entries that agree in
 * time, line and metadata, and a log may well say the same thing twice in a second.
 */
export interface TimeSpread extends Instant {
  readonly count: number;
}

/** Time and metadata of an entry. */
export interface Stamp extends Instant {
  readonly metadata: Labels;
}

/** A line as it stands in a block. */
export interface ReadLine {
  readonly line: string;
  /** See StagedEntry. */
  readonly block: string;
  readonly start: number;
  readonly end: number;
}

export class EntryMaker<P> {
  readonly #options: EntryMakerOptions<P>;
  readonly #joiner: MultilineJoiner<P> | undefined;
  readonly #reader: TimeReader;
  readonly #metadataByLevel = new Map<string, Labels>();
  #labels: Labels | undefined;
  /** See TimeSpread. */
  #lastSeconds: number;
  #lastNanos: number;
  #repeats: number;
  #heldSinceMs = 0;
  /** On its way through the stages. */
  readonly #entry = new StagedEntry();

  constructor(options: EntryMakerOptions<P>) {
    this.#options = options;
    this.#labels = options.labels;
    const { zone = '', accepted = acceptedByDefault } = options.parse;
    this.#reader = new TimeReader(timeZone(zone), accepted);
    this.#joiner = options.multiline && new MultilineJoiner<P>(options.multiline);
    this.#lastSeconds = options.spread?.seconds ?? 0;
    this.#lastNanos = options.spread?.nanos ?? 0;
    this.#repeats = options.spread?.count ?? 0;
  }

  /** To be kept with the position. */
  get spread(): TimeSpread {
    return { seconds: this.#lastSeconds, nanos: this.#lastNanos, count: this.#repeats };
  }

  /** True while lines are held that are not yet an entry. */
  get holds(): boolean {
    return this.#joiner?.holds ?? false;
  }

  /** Time of the first line held; undefined when none is. */
  get heldNs(): bigint | undefined {
    return this.#joiner?.heldNs;
  }

  /** True: each line is an entry of its own, and `stamp` tells all there is to know of it where there are no stages. */
  get isDirect(): boolean {
    return !this.#joiner;
  }

  /** Undefined: the lines are dropped. */
  get labels(): Labels | undefined {
    return this.#labels;
  }

  /** Of the entries from now on; what is held is let go first. */
  relabel(labels: Labels | undefined): void {
    this.flush();
    this.#labels = labels;
  }

  /** What `push` would do with a line of its own, but for the making of the entry. `at`: what the source says. */
  stamp(line: string, at: Instant, nowNs: bigint): Stamp {
    const { parse } = this.#options;
    const parsed = parseLine(line, parse.format, this.#reader.at(nowNs));
    const metadata = this.#metadata(parsed);
    if (parse.timestamp !== 'line') return { seconds: at.seconds, nanos: at.nanos, metadata };
    const { seconds, nanos } = this.#distinct(parsed.time ?? at);
    return { seconds, nanos, metadata };
  }

  /**
   * As `stamp`, where there are stages: the entry as they leave it, which is the same object each time. Undefined: they
   * drop it.
   */
  staged(labels: Labels, read: ReadLine, at: Instant, nowNs: bigint): StagedEntry | undefined {
    const { parse, stages } = this.#options;
    const { line } = read;
    const parsed = parseLine(line, parse.format, this.#reader.at(nowNs), stages.json);
    const time = (parse.timestamp === 'line' ? parsed.time : undefined) ?? at;
    const entry = this.#entry;
    entry.labels = labels;
    entry.readLine(line, read.block, read.start, read.end);
    entry.seconds = time.seconds;
    entry.nanos = time.nanos;
    entry.nowNs = nowNs;
    entry.structuredMetadata = this.#metadata(parsed);
    if (!stages.run(entry)) return undefined;
    if (parse.timestamp === 'line' || entry.seconds !== at.seconds || entry.nanos !== at.nanos) {
      const { seconds, nanos } = this.#distinct(entry);
      entry.seconds = seconds;
      entry.nanos = nanos;
    }
    return entry;
  }

  /** `truncatedBytes`: what the line lacks of what was written; it is told in the entry's metadata. */
  push(line: string, timestampNs: bigint, position: P, truncatedBytes = 0): void {
    const next = { line, timestampNs, position, truncatedBytes };
    if (!this.#joiner) {
      this.#emit(next);
      return;
    }
    this.#heldSinceMs = Date.now();
    const complete = this.#joiner.push(next);
    if (complete) this.#emit(complete);
  }

  /** Lets go an entry no line was added to for `waitMs`. */
  flushDue(waitMs: number): void {
    if (this.holds && Date.now() - this.#heldSinceMs >= waitMs) this.flush();
  }

  flush(): void {
    const held = this.#joiner?.flush();
    if (held) this.#emit(held);
  }

  /** Forgets held lines: they will be read again. */
  discard(): void {
    this.#joiner?.discard();
  }

  #emit({ line, timestampNs, position, truncatedBytes }: JoinedLine<P>): void {
    const { parse, clock, stages, emit } = this.#options;
    const labels = this.#labels;
    if (!labels) {
      emit(undefined, position);
      return;
    }
    const nowNs = clock.nowNs();
    const parsed = parseLine(line, parse.format, this.#reader.at(nowNs), stages.json);
    const lineTime = parse.timestamp === 'line' ? parsed.time : undefined;
    const lineNs = lineTime ? nsOf(lineTime) : timestampNs;
    const known = this.#metadata(parsed);
    const structuredMetadata =
      truncatedBytes === 0
        ? known
        : labelsFromPairs([...known, [truncatedBytesName, String(truncatedBytes)]]);
    const entry = throughStages(stages, { labels, timestampNs: lineNs, line, structuredMetadata }, nowNs);
    if (entry && (parse.timestamp === 'line' || entry.timestampNs !== timestampNs)) {
      const isLineTime = lineTime && entry.timestampNs === lineNs;
      const distinct = this.#distinct(isLineTime ? lineTime : splitNs(entry.timestampNs));
      // Most times are alone, and the entry is right as it is.
      emit(this.#repeats === 0 ? entry : { ...entry, timestampNs: nsOf(distinct) }, position);
    } else emit(entry, position);
  }

  #distinct(time: Instant): Instant {
    if (time.seconds === this.#lastSeconds && time.nanos === this.#lastNanos)
      return laterBy(time, ++this.#repeats);
    this.#lastSeconds = time.seconds;
    this.#lastNanos = time.nanos;
    this.#repeats = 0;
    return time;
  }

  #metadata({ level, refused }: ParsedLine): Labels {
    const { metadata, parse, onRepaired } = this.#options;
    if (refused && parse.timestamp === 'line') {
      onRepaired?.(
        refused.seconds > this.#reader.nowSeconds ? 'too_far_in_future' : 'greater_than_max_sample_age',
      );
      const original = formatRfc3339Nano(refused.seconds, refused.nanos);
      return labelsFromPairs([
        ...this.#metadata({ level, time: undefined, refused: undefined }),
        ['original_timestamp', original],
      ]);
    }
    if (level === undefined && metadata.length === 0) return emptyLabels;
    let labels = this.#metadataByLevel.get(level ?? '');
    if (!labels) {
      labels = labelsFromPairs(level === undefined ? metadata : [...metadata, ['detected_level', level]]);
      this.#metadataByLevel.set(level ?? '', labels);
    }
    return labels;
  }
}

const nsOf = ({ seconds, nanos }: Instant): bigint => joinNs(seconds, nanos);
