// What a compiled stage is: a closure that reads and changes the entry it is given. The entry is one reused object
// per stream, its line a range of the scan's bytes that becomes a string only when a stage asks for one.
import { emptyLabels, type Labels } from '../model/labels.ts';
import type { LabelsBuilder } from './labels/labels-builder.ts';
import { noHints, ParserHints } from './parser-hints.ts';
import type { PipelineInput } from './pipeline.ts';

/** Applies a stage to an entry; false drops the entry. Never throws on data: problems become `__error__`. */
export type Apply = (entry: PipelineEntry) => boolean;

/** A stage made ready for any number of streams: `apply` keeps no state between entries. */
export interface CompiledStage {
  readonly apply: Apply;
  /** Labels it reads by name; metric queries extract only labels that someone reads. */
  readonly labelsRead: readonly string[];
}

const noBytes = Buffer.alloc(0);

/** The entry on its way through the stages. */
export class PipelineEntry {
  readonly labels: LabelsBuilder;
  readonly hints: ParserHints;
  timestampNs = 0n;
  /** The line as it came: valid bytes only while `lineIsBytes`. */
  bytes: Buffer = noBytes;
  lineStart = 0;
  lineEnd = 0;
  /** False once a stage has replaced the line. */
  lineIsBytes = true;
  #line: string | undefined;

  constructor(labels: LabelsBuilder, hints = new ParserHints(noHints)) {
    this.labels = labels;
    this.hints = hints;
  }

  /** Points at the next entry. */
  reset(input: PipelineInput, levelName: string): void {
    this.timestampNs = input.timestampNs;
    this.bytes = input.bytes;
    this.lineStart = input.lineStart;
    this.lineEnd = input.lineEnd;
    this.lineIsBytes = true;
    this.#line = undefined;
    this.labels.reset(input.structuredMetadata, levelName);
    this.hints.reset();
  }

  /** The line as text, decoded on first use. */
  get line(): string {
    this.#line ??= decodeLine(this.bytes, this.lineStart, this.lineEnd);
    return this.#line;
  }

  /** Replaces the line. */
  set line(text: string) {
    this.#line = text;
    this.lineIsBytes = false;
  }

  get lineIsEmpty(): boolean {
    return this.lineIsBytes ? this.lineStart === this.lineEnd : this.line === '';
  }

  /** False: a later label filter on this label, just extracted, drops the entry anyway. */
  passesHints(name: string): boolean {
    const filters = this.hints.rules.filters.get(name);
    if (filters !== undefined) for (const filter of filters) if (!filter(this)) return false;
    return true;
  }

  /** Bytes of the line's UTF-8. */
  get lineBytesLength(): number {
    return this.lineIsBytes ? this.lineEnd - this.lineStart : Buffer.byteLength(this.line);
  }

  /** Makes `bytes`, `lineStart`, `lineEnd` hold the current line again when a stage has replaced it. */
  ensureBytes(): void {
    if (this.lineIsBytes) return;
    this.bytes = Buffer.from(this.line);
    this.lineStart = 0;
    this.lineEnd = this.bytes.length;
    this.lineIsBytes = true;
  }
}

/** Text of `bytes[start, end)`; what is not UTF-8 becomes U+FFFD. ASCII takes the short way. */
export function decodeLine(bytes: Buffer, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    if ((bytes[i] as number) >= 0x80) return bytes.toString('utf8', start, end);
  }
  return bytes.toString('latin1', start, end);
}

/** An input over one line of text: for tests, tails and single lines. */
export function inputOf(
  line: string,
  timestampNs = 0n,
  structuredMetadata: Labels = emptyLabels,
  level = 0,
): PipelineInput {
  const bytes = Buffer.from(line);
  return { timestampNs, bytes, lineStart: 0, lineEnd: bytes.length, structuredMetadata, level };
}
