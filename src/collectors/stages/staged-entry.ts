// An entry on its way through the stages, which change it in place: there is one for all entries of a source, as they
// are many.

import type { HeldMetadata } from '../../ingest/sink/entry-batch.ts';
import { emptyLabels, type Labels } from '../../model/labels.ts';
import { Extracted } from './extracted.ts';
import { LabelEdit } from './label-edit.ts';
import { MetadataEdit } from './metadata-edit.ts';

export class StagedEntry {
  /** Unix; `nanos` below a second. */
  seconds = 0;
  nanos = 0;
  /** The moment of reading. */
  nowNs = 0n;
  labels: Labels = emptyLabels;
  structuredMetadata: Labels = emptyLabels;
  /** What stages have made of it in the place of `structuredMetadata`, where the line was read in a block. */
  heldMetadata: HeldMetadata | undefined;
  #line = '';
  #block = '';
  #lineStart = -1;
  #lineEnd = -1;

  get line(): string {
    return this.#line;
  }

  /** A line of its own. */
  set line(line: string) {
    if (line === this.#line) return;
    this.#line = line;
    this.#lineStart = -1;
  }

  /**
   * The block that the line was read in, in latin1, where the stages may give places in it instead of texts: its line is
   * ASCII then. '': there is none.
   */
  get block(): string {
    return this.#block;
  }

  /** Where the line stands in the block that it was read in; -1 when the stages have made another of it. */
  get lineStart(): number {
    return this.#lineStart;
  }

  get lineEnd(): number {
    return this.#lineEnd;
  }

  /** The line as it was read. */
  readLine(line: string, block: string, start: number, end: number): void {
    this.#line = line;
    this.#block = block;
    this.#lineStart = start;
    this.#lineEnd = end;
  }

  /** The line becomes what stands there in the block. */
  moveLine(start: number, end: number): void {
    this.#line = this.#block.slice(start, end);
    this.#lineStart = start;
    this.#lineEnd = end;
  }
}

/** A staged entry and what the stages say to each other about it. */
export class StageWork {
  entry = new StagedEntry();
  readonly labels = new LabelEdit();
  readonly metadata = new MetadataEdit();
  readonly extracted = new Extracted();
  /** Extracted values that a stage has put somewhere; undefined where no stage asks for the rest. */
  readonly used: Set<string> | undefined;

  constructor(asksForRest: boolean) {
    this.used = asksForRest ? new Set() : undefined;
  }

  begin(entry: StagedEntry): void {
    const { block } = entry;
    this.entry = entry;
    this.labels.begin(entry.labels);
    this.metadata.begin(entry.structuredMetadata, block);
    this.extracted.clear(block);
    this.used?.clear();
  }

  /** Leaves labels and metadata with the entry. */
  end(): void {
    const { entry, metadata } = this;
    entry.labels = this.labels.result();
    entry.heldMetadata = entry.block === '' ? undefined : metadata.held;
    if (!entry.heldMetadata) entry.structuredMetadata = metadata.result();
  }

  /** '': the line; else an extracted value, label or metadata; undefined when there is none. */
  find(source: string): string | undefined {
    if (source === '') return this.entry.line;
    return this.extracted.get(source) ?? this.labels.get(source) ?? this.metadata.get(source);
  }

  /** As `find`, for a stage that puts it somewhere. */
  take(source: string): string | undefined {
    this.used?.add(source);
    return this.find(source);
  }

  /** As `take`, where it is an extracted value that stands in the block: see {@link Extracted.findPlace}. */
  takePlace(source: string): number {
    this.used?.add(source);
    return this.extracted.findPlace(source);
  }
}
