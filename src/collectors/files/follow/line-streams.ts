// Lines of one file → entries. A plain file is one stream; a CRI file has two, whose lines come mixed and in pieces.

import type { RepairKind } from '../../../ingest/repair/repair-kind.ts';
import type { EntryBatch } from '../../../ingest/sink/entry-batch.ts';
import type { CollectedEntry } from '../../../ingest/sink/sink.ts';
import type { LabelPair } from '../../../model/labels.ts';
import { type Clock, joinNs, splitNs } from '../../../model/time.ts';
import { parseCri } from '../../parse/cri.ts';
import { type CutLine, cutText } from '../../parse/cut-line.ts';
import { type DockerLine, parseDockerLine, parseLoadedDockerLine } from '../../parse/docker-line.ts';
import { EntryMaker, type TimeSpread } from '../../parse/entry-maker.ts';
import { type LoadedBlock, loadBlock } from '../../parse/json-members.ts';
import type { LineFormat } from '../../parse/line-parser.ts';
import { multilineOptions } from '../../parse/multiline.ts';
import type { Instant } from '../../parse/timestamps.ts';
import { compileRelabel, type Relabel } from '../../relabel.ts';
import type { FileTarget } from '../../settings.ts';
import type { StagedEntry } from '../../stages/staged-entry.ts';
import type { Stages } from '../../stages/stages.ts';
import type { FilePosition } from '../checkpoint.ts';
import { shownPath } from '../find/file-path.ts';
import {
  decode,
  decodeLine,
  type FileEncoding,
  lineBeginning,
  newlineBehind,
  newlineOf,
} from './encoding.ts';
import type { LineBlock } from './line-cutter.ts';
import { ReadTimes } from './read-times.ts';

/** Labels of a file's streams. */
export const fileLabels = (path: string, host: string, target: FileTarget): LabelPair[] => [
  ['filename', shownPath(path)],
  ['host', host],
  ...Object.entries(target.labels),
];

export interface LineStreamsOptions {
  readonly target: FileTarget;
  readonly labels: readonly LabelPair[];
  readonly stages: Stages;
  readonly clock: Clock;
  /** Of longer lines the beginning is taken. */
  readonly lineBytesMax: number;
  readonly emit: (entry: CollectedEntry) => void;
  /** Called for each line whose own time the store would not accept, or that was too long and is cut. */
  readonly onRepaired?: (kind: RepairKind) => void;
}

interface LineStream {
  readonly maker: EntryMaker<number>;
  /** Bytes of the file before it are done for this stream. */
  doneOffset: number;
  /** Text of CRI pieces whose end has not come. */
  pieces: string[];
  piecesBytes: number;
  piecesNs: bigint;
  /** What the pieces lack of what was written. */
  truncatedBytes: number;
}

/** Lines whose bytes are in a batch. */
interface HeldLines {
  /** In latin1. */
  readonly text: string;
  /** Where the batch holds the text's beginning. */
  readonly heldAt: number;
  readonly isAscii: boolean;
  /** Undefined: no stage reads JSON, or the block is too long. */
  readonly loaded: LoadedBlock | undefined;
  readonly nowNs: bigint;
  readonly batch: EntryBatch;
}

/** `heldAt`: where the batch holds the beginning of the block that the entry's line was read in. */
function addStaged(entry: StagedEntry, heldAt: number, batch: EntryBatch): void {
  const { labels, seconds, nanos, structuredMetadata, heldMetadata, lineStart } = entry;
  const start = lineStart < 0 ? batch.holdText(entry.line) : heldAt + lineStart;
  const end = lineStart < 0 ? batch.heldBytes : heldAt + entry.lineEnd;
  if (heldMetadata) batch.addHeld(labels, seconds, nanos, heldMetadata, heldAt, start, end);
  else batch.addRange(labels, seconds, nanos, structuredMetadata, start, end);
}

const tab = 9;
const carriageReturn = 13;
const space = 32;
/** UTF-8's byte order mark as latin1. */
const mark = '\u00ef\u00bb\u00bf';

/** Its line belongs to the one above. */
const isIndented = (line: string): boolean => {
  const first = line.charCodeAt(0);
  return first === space || (first >= tab && first <= carriageReturn);
};

const isOfRuntime = (format: LineFormat): boolean => format === 'cri' || format === 'docker';

/** Docker's pieces are of 16 KiB, of which JSON may make six times as much; what else it writes about them is short. */
const dockerPieceBytesMax = 128 * 1024;
/** Time, stream and tag. */
const criHeadBytesMax = 128;

/** How long a line may be as it is written in a file, so that what it says is not cut below `lineBytesMax`. */
export function writtenBytesMax(format: LineFormat, lineBytesMax: number): number {
  if (format === 'docker') return lineBytesMax + dockerPieceBytesMax;
  return format === 'cri' ? lineBytesMax + criHeadBytesMax : lineBytesMax;
}

export class LineStreams {
  readonly #options: LineStreamsOptions;
  readonly #streams = new Map<string, LineStream>();
  readonly #start: Pick<FilePosition, 'streams' | 'spreadNs' | 'spreadCount'> | undefined;
  readonly #times: ReadTimes;
  readonly #relabel: Relabel;
  readonly #format: LineFormat;
  readonly #readsJson: boolean;
  /** Offset behind the last line taken. */
  #offset: number;

  constructor(options: LineStreamsOptions, offset: number, start: FilePosition | undefined) {
    this.#options = options;
    this.#offset = offset;
    this.#start = start;
    this.#times = new ReadTimes(options.clock);
    this.#relabel = compileRelabel(options.target.relabel);
    this.#format = options.target.parse.format;
    this.#readsJson = this.#format === 'docker' || options.stages.json !== undefined;
  }

  /** Takes the line that ends at `endOffset`. */
  take({ text, truncatedBytes }: CutLine, endOffset: number): void {
    this.#times.look();
    this.#take(text, endOffset, truncatedBytes);
  }

  /**
   * Takes a block of lines in latin1 that begins at `startOffset` of the file. Where lines are entries of their own, their
   * bytes go to `batch` without becoming text.
   */
  takeBlock(block: LineBlock, startOffset: number, encoding: FileEncoding, batch: EntryBatch): void {
    const { text } = block;
    const bytesMax = writtenBytesMax(this.#format, this.#options.lineBytesMax);
    const newline = newlineOf(encoding);
    const nowNs = this.#times.look();
    const isDirect = encoding === 'utf8' && this.#stream('').maker.isDirect;
    const held = isDirect ? batch.hold(text.slice(block.start, block.end)) : undefined;
    const heldLines = held && {
      text,
      heldAt: held.start - block.start,
      isAscii: held.isAscii,
      loaded: this.#readsJson ? loadBlock(text, batch.heldBlock(held), block.start) : undefined,
      nowNs,
      batch,
    };
    for (let at = block.start; at < block.end; ) {
      const lineEnd = newlineBehind(text, at, newline);
      const next = lineEnd + newline.length;
      const endOffset = startOffset + next - block.start;
      if (!heldLines || lineEnd - at > bytesMax) {
        const line = lineBeginning(text.slice(at, lineEnd), encoding, bytesMax);
        this.#take(line.text, endOffset, line.truncatedBytes);
      } else {
        const end = lineEnd > at && text.charCodeAt(lineEnd - 1) === carriageReturn ? lineEnd - 1 : lineEnd;
        let start = at;
        while (start < end && text.charCodeAt(start) === 0) start++;
        if (text.startsWith(mark, start)) start += mark.length;
        if (this.#format === 'docker')
          this.#takeDockerLine(heldLines, start, Math.max(start, end), endOffset);
        else this.#takeRange(heldLines, start, Math.max(start, end), endOffset);
      }
      at = next;
    }
  }

  /** Notes bytes that make no line. */
  skip(endOffset: number): void {
    this.#offset = endOffset;
  }

  /** Where reading must begin again, and what each stream has done beyond. */
  position(): Pick<FilePosition, 'offset' | 'streams' | 'spreadNs' | 'spreadCount'> {
    let offset = this.#offset;
    const streams: Record<string, number> = {};
    let spread: TimeSpread = { seconds: 0, nanos: 0, count: 0 };
    for (const [name, stream] of this.#streams) {
      if (this.#holds(stream)) offset = Math.min(offset, stream.doneOffset);
      if (name === '') spread = stream.maker.spread;
      else streams[name] = stream.doneOffset;
    }
    return {
      offset,
      streams,
      spreadNs: String(joinNs(spread.seconds, spread.nanos)),
      spreadCount: spread.count,
    };
  }

  /** Lets go entries no line was added to for long enough; true when there were any held. */
  flushDue(): boolean {
    const { multiline } = this.#options.target.parse;
    if (!multiline) return false;
    const held = [...this.#streams.values()].filter(({ maker }) => maker.holds);
    for (const { maker } of held) maker.flushDue(multiline.waitMs);
    return held.length > 0;
  }

  /** Nothing more comes: what is held is complete. */
  flush(): void {
    for (const stream of this.#streams.values()) {
      if (stream.pieces.length > 0) this.#pushPieces(stream, this.#offset);
      stream.maker.flush();
      stream.doneOffset = this.#offset;
    }
  }

  #take(line: string, endOffset: number, truncatedBytes = 0): void {
    const piece = this.#pieceOf(line);
    if (piece) {
      this.#takePiece(piece, endOffset, truncatedBytes);
      return;
    }
    const stream = this.#stream('');
    if (!this.#isNew(stream, endOffset)) return;
    if (truncatedBytes > 0) this.#options.onRepaired?.('line_too_long');
    const { seconds, nanos } = this.#timeOf(line, stream.maker);
    stream.maker.push(line, joinNs(seconds, nanos), endOffset, truncatedBytes);
    if (!this.#holds(stream)) stream.doneOffset = endOffset;
  }

  /** As #take, for the line `text[start, end)` in latin1 whose bytes the batch holds. */
  #takeRange(lines: HeldLines, start: number, end: number, endOffset: number): void {
    const { text } = lines;
    const cri = this.#format === 'cri' ? parseCri(text, start, end) : undefined;
    const stream = this.#stream(cri?.stream ?? '');
    // Text in pieces has to be put together.
    if (cri?.partial || stream.pieces.length > 0)
      this.#take(decodeLine(text.slice(start, end), 'utf8'), endOffset);
    else this.#addRange(lines, stream, cri?.time, cri?.textStart ?? start, end, endOffset);
  }

  /** As #takeRange, of Docker's driver json-file. */
  #takeDockerLine(lines: HeldLines, start: number, end: number, endOffset: number): void {
    const read = lines.loaded && parseLoadedDockerLine(lines.loaded, start, end);
    if (!read) {
      this.#take(decodeLine(lines.text.slice(start, end), 'utf8'), endOffset);
      return;
    }
    const { time, textStart, textEnd } = read;
    const stream = this.#stream(read.stream);
    const isShort = (read.text?.length ?? 0) * 3 <= this.#options.lineBytesMax;
    if (
      read.partial ||
      stream.pieces.length > 0 ||
      !isShort ||
      textEnd - textStart > this.#options.lineBytesMax
    ) {
      const text = read.text ?? decode(lines.text.slice(textStart, textEnd), 'utf8');
      const { partial } = read;
      this.#takePiece({ time, stream: read.stream, partial, text }, endOffset, 0);
    } else if (read.text === undefined) this.#addRange(lines, stream, time, textStart, textEnd, endOffset);
    else this.#addText(lines, stream, time, read.text, endOffset);
  }

  /** Adds a line that stands in no block as an entry. */
  #addText(lines: HeldLines, stream: LineStream, time: Instant, text: string, endOffset: number): void {
    if (!this.#isNew(stream, endOffset)) return;
    stream.doneOffset = endOffset;
    const { maker } = stream;
    const { labels } = maker;
    if (!labels) return;
    const { batch, nowNs } = lines;
    if (!this.#options.stages.areThere) {
      const { seconds, nanos, metadata } = maker.stamp(text, time, nowNs);
      batch.addText(labels, seconds, nanos, metadata, text);
      return;
    }
    const entry = maker.staged(labels, { line: text, block: '', start: -1, end: -1 }, time, nowNs);
    if (entry) addStaged(entry, 0, batch);
  }

  /** Adds the line `text[start, end)` as an entry. `time`: what the source says of it; else it is the moment of reading. */
  #addRange(
    lines: HeldLines,
    stream: LineStream,
    time: Instant | undefined,
    start: number,
    end: number,
    endOffset: number,
  ): void {
    if (!this.#isNew(stream, endOffset)) return;
    stream.doneOffset = endOffset;
    const { maker } = stream;
    const { labels } = maker;
    if (!labels) return;
    const { text, heldAt, nowNs, batch } = lines;
    const { stages } = this.#options;
    const line = text.slice(start, end);
    const at = time ?? this.#timeOf(line, maker);
    if (!stages.areThere) {
      const { seconds, nanos, metadata } = maker.stamp(line, at, nowNs);
      batch.addRange(labels, seconds, nanos, metadata, heldAt + start, heldAt + end);
      return;
    }
    const written = lines.isAscii ? line : decode(line, 'utf8');
    if (lines.loaded) stages.json?.readLoaded(written, lines.loaded, start, end);
    // Places of bytes are those of characters, then.
    const block = written === line ? text : '';
    const entry = maker.staged(labels, { line: written, block, start, end }, at, nowNs);
    if (entry) addStaged(entry, heldAt, batch);
  }

  /** False: the stream has taken it before. */
  #isNew(stream: LineStream, endOffset: number): boolean {
    this.#offset = endOffset;
    return endOffset > stream.doneOffset;
  }

  /** An indented line without a time of its own belongs to the line above: it keeps that one's time. */
  #timeOf(line: string, maker: EntryMaker<number>): Instant {
    const above = isIndented(line) ? maker.spread : undefined;
    return above && above.seconds > 0 ? above : this.#times.next();
  }

  /** What a container runtime wrote of a line; undefined when it is no such line. */
  #pieceOf(line: string): DockerLine | undefined {
    if (this.#format === 'docker') return parseDockerLine(line);
    const cri = this.#format === 'cri' ? parseCri(line) : undefined;
    return cri && { ...cri, text: line.slice(cri.textStart) };
  }

  #takePiece(
    { time, stream: name, partial, text }: DockerLine,
    endOffset: number,
    truncatedBytes: number,
  ): void {
    const stream = this.#stream(name);
    if (!this.#isNew(stream, endOffset)) return;
    if (stream.pieces.length === 0) stream.piecesNs = time.ns;
    // Nothing follows what was cut.
    const roomBytes = stream.truncatedBytes > 0 ? 0 : this.#options.lineBytesMax - stream.piecesBytes;
    const cut = cutText(text, roomBytes);
    if (cut.text !== '' || stream.pieces.length === 0) stream.pieces.push(cut.text);
    stream.piecesBytes += Buffer.byteLength(cut.text);
    stream.truncatedBytes += cut.truncatedBytes + truncatedBytes;
    if (!partial) this.#pushPieces(stream, endOffset);
    if (!this.#holds(stream)) stream.doneOffset = endOffset;
  }

  #pushPieces(stream: LineStream, endOffset: number): void {
    const { pieces, piecesNs, truncatedBytes } = stream;
    stream.pieces = [];
    stream.piecesBytes = 0;
    stream.truncatedBytes = 0;
    if (truncatedBytes > 0) this.#options.onRepaired?.('line_too_long');
    stream.maker.push(pieces.join(''), piecesNs, endOffset, truncatedBytes);
  }

  #holds({ maker, pieces }: LineStream): boolean {
    return maker.holds || pieces.length > 0;
  }

  #stream(name: string): LineStream {
    const known = this.#streams.get(name);
    if (known) return known;
    const { target, labels, stages, clock, emit, onRepaired } = this.#options;
    const { parse } = target;
    const stream: LineStream = {
      maker: new EntryMaker<number>({
        labels: this.#relabel(name === '' ? labels : [...labels, ['stream', name]]),
        metadata: [],
        parse: isOfRuntime(this.#format) ? { ...parse, format: 'auto', timestamp: 'source' } : parse,
        multiline: multilineOptions(parse.multiline),
        stages,
        clock,
        emit: (entry, endOffset) => {
          stream.doneOffset = endOffset;
          if (entry) emit(entry);
        },
        ...(onRepaired && { onRepaired }),
        ...(this.#start && {
          spread: { ...splitNs(BigInt(this.#start.spreadNs)), count: this.#start.spreadCount },
        }),
      }),
      doneOffset: this.#start?.streams[name] ?? 0,
      pieces: [],
      piecesBytes: 0,
      piecesNs: 0n,
      truncatedBytes: 0,
    };
    this.#streams.set(name, stream);
    return stream;
  }
}
