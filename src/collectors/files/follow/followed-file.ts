// One open file, from opening it to its end: lines out, position kept, truncation noticed.

import { fstatSync, type Stats } from 'node:fs';
import type { Clock } from '../../../model/time.ts';
import type { HealthTally } from '../../health.ts';
import type { Outlet } from '../../outlet.ts';
import type { FilesSettings, FileTarget } from '../../settings.ts';
import type { Stages } from '../../stages/stages.ts';
import {
  encodeFilePosition,
  type FilePosition,
  fingerprintOf,
  isContinued,
  readBytes,
} from '../checkpoint.ts';
import { fileId, fileKey } from '../file-key.ts';
import { shownPath } from '../find/file-path.ts';
import { openRegular, refuseForeignLinks } from '../find/regular-file.ts';
import { Growth } from '../rotation/growth.ts';
import { DescriptorTail, type ReadBudget } from './descriptor-tail.ts';
import {
  decodeLine,
  encodingOf,
  type FileEncoding,
  lineBeginning,
  newlineBehind,
  newlineOf,
} from './encoding.ts';
import { HeldDescriptor } from './held-descriptor.ts';
import type { LineBlock } from './line-cutter.ts';
import { fileLabels, LineStreams, writtenBytesMax } from './line-streams.ts';

/** cut: what was read is there no more, and reading is to begin anew; swapped: what was not read is there no more. */
export type Change = 'none' | 'cut' | 'swapped';

/** Of a byte order mark of UTF-16. */
const markBytes = 2;

export interface FollowedFileOptions {
  /** The path that is looked at, and the value of the label `filename`. */
  readonly path: string;
  readonly target: FileTarget;
  readonly settings: FilesSettings;
  readonly host: string;
  readonly stages: Stages;
  readonly clock: Clock;
  readonly outlet: Outlet;
  readonly health: HealthTally;
  readonly budget: ReadBudget;
  readonly onIdle: () => void;
}

export class FollowedFile {
  readonly path: string;
  readonly key: string;
  /** See fileId(). */
  readonly id: string;
  /** It was opened at its checkpoint, or without one: false when the checkpoint was of other content. */
  readonly continued: boolean;
  readonly #options: FollowedFileOptions;
  readonly #held: HeldDescriptor;
  readonly #stat: Stats;
  #tail: DescriptorTail;
  #streams: LineStreams;
  #afterPartial: boolean;
  #encoding: FileEncoding;
  readonly #growth = new Growth();
  broken = false;

  /**
   * Opens `openPath` (another than `path` for a rotated file) at a checkpoint of it, at its beginning, or at its end.
   * A checkpoint that is not of this content counts as none.
   * @param key the file that is meant
   * @throws {RefusedFileError} for what is not to be read; the system's error when the file cannot be opened; ENOENT
   * when another lies there now
   */
  constructor(
    openPath: string,
    key: string,
    from: FilePosition | 'beginning' | 'end',
    options: FollowedFileOptions,
  ) {
    this.#options = options;
    this.path = options.path;
    const fd = openRegular(openPath);
    this.#held = new HeldDescriptor(fd);
    try {
      this.#stat = fstatSync(fd);
      if (!options.settings.followLinksAcrossOwners) refuseForeignLinks(fd, openPath);
      this.key = fileKey(this.#stat);
      this.id = fileId(this.#stat);
      if (this.key !== key)
        throw Object.assign(new Error(`${openPath} is another file now`), { code: 'ENOENT' });
      const position = typeof from === 'object' ? from : undefined;
      const offset = position?.offset ?? (from === 'end' ? this.#stat.size : 0);
      this.#afterPartial = position?.afterPartial ?? false;
      this.#encoding = this.#encodingNow();
      this.#streams = this.#newStreams(offset, position);
      this.#tail = this.#newTail(offset, position?.isInside ?? false);
      // Asked last: what was read before is of the same content then.
      this.continued = !position || isContinued(fd, position);
      if (!this.continued) this.#startOver();
    } catch (error) {
      this.#held.close();
      throw error;
    }
    // At once, so that a rotation before the first line leaves a trace of this file.
    this.#mark();
  }

  get size(): number {
    return this.#growth.size;
  }

  /** Milliseconds since the file last grew; 0 while there is something left to read. */
  quietMs(nowMs: number): number {
    return this.#tail.isReadTo(this.#growth.size) ? this.#growth.quietMs(nowMs) : 0;
  }

  /** How long it has been at rest, by its last change too: a file that was old when it was found has been for long. */
  restedMs(nowMs: number): number {
    const quietMs = this.quietMs(nowMs);
    return quietMs === 0 ? 0 : Math.max(quietMs, this.#growth.unchangedMs());
  }

  /** Asks for new lines. */
  poll(): void {
    this.#tail.poll();
  }

  /** Looks at the file: growth, partial lines that are due. */
  tick(nowMs: number): Change {
    try {
      return this.#tick(nowMs);
    } catch (error) {
      this.#fail(error as Error);
      return 'none';
    }
  }

  #tick(nowMs: number): Change {
    const { size, mtimeMs } = fstatSync(this.#held.fd);
    if (this.#growth.hasChanged(mtimeMs)) this.#tail.check();
    if (this.broken) return 'none';
    // It was empty when it was opened.
    if (size > 0 && this.#tail.position + this.#tail.partialBytes === 0) this.#lookAtEncoding();
    const { position, partialBytes, replaced } = this.#tail;
    if (replaced || size < position + partialBytes) return 'cut';
    const { swapped } = this.#tail;
    this.#tail.swapped = false;
    this.#growth.look(size, nowMs);
    this.#tail.poll(true);
    const { partialLineMs } = this.#options.settings;
    const due = partialLineMs > 0 && this.#tail.idle && this.#growth.quietMs(nowMs) >= partialLineMs;
    if (due) this.#takePartial(false);
    if (this.#streams.flushDue()) this.#mark();
    return swapped ? 'swapped' : 'none';
  }

  /** The file was cut: what is held is complete, reading begins at its start. */
  restart(): void {
    this.#streams.flush();
    this.#startOver();
    this.#growth.reset();
    this.#mark();
    this.poll();
  }

  position(): FilePosition {
    const streams = this.#streams.position();
    const atEnd = streams.offset === this.#tail.position;
    const last = Buffer.from(atEnd ? this.#tail.last : '', 'latin1');
    const { dev, ino } = this.#stat;
    return {
      path: this.path,
      dev,
      ino,
      mtimeMs: this.#mtimeMs(),
      ...streams,
      afterPartial: this.#afterPartial && atEnd,
      ...(this.#tail.isInside && atEnd && { isInside: true }),
      head: fingerprintOf(Buffer.from(this.#tail.head.slice(0, streams.offset), 'latin1')),
      tail: fingerprintOf(last),
    };
  }

  /** The last line, newline or not, and all that is held. For a file that is gone or was replaced. */
  finish(): void {
    this.#takePartial(true);
    this.#streams.flush();
    this.#mark();
  }

  /** Stops where it is; the checkpoint stays. */
  close(): void {
    // As it is now: the descriptor is gone when the batch is written.
    this.#options.outlet.mark(this.key, encodeOf(this), (state) => state);
    this.#tail.close();
    this.#held.close();
  }

  /** From the file's start, of which nothing is known. */
  #startOver(): void {
    this.#tail.close();
    this.#afterPartial = false;
    this.#encoding = this.#encodingNow();
    this.#streams = this.#newStreams(0, undefined);
    this.#tail = this.#newTail(0, false);
  }

  /** It is to be opened again. */
  #fail(error: Error): void {
    if (this.broken) return;
    this.broken = true;
    this.#options.health.error(`${shownPath(this.path)} cannot be read: ${error.message}; opening it again.`);
  }

  /** Of a line as it is written. */
  get #lineBytesMax(): number {
    const { target, settings } = this.#options;
    return writtenBytesMax(target.parse.format, settings.lineBytesMax);
  }

  #encodingNow(): FileEncoding {
    return encodingOf(readBytes(this.#held.fd, 0, markBytes), this.#options.target.encoding);
  }

  #lookAtEncoding(): void {
    if (this.#encodingNow() !== this.#encoding) this.#startOver();
  }

  #newStreams(offset: number, position: FilePosition | undefined): LineStreams {
    const { target, path, host, stages, clock, outlet, health, settings } = this.#options;
    return new LineStreams(
      {
        target,
        labels: fileLabels(path, host, target),
        stages,
        clock,
        lineBytesMax: settings.lineBytesMax,
        emit: (entry) => outlet.batch.add(entry),
        onRepaired: (kind) => health.repaired(kind),
      },
      offset,
      position,
    );
  }

  #newTail(offset: number, isInside: boolean): DescriptorTail {
    const { settings, budget, onIdle } = this.#options;
    return new DescriptorTail({
      file: this.#held,
      offset,
      isInside,
      pollMs: settings.pollMs,
      encoding: this.#encoding,
      lineBytesMax: this.#lineBytesMax,
      budget,
      onLines: (block, startOffset) => this.#takeLines(block, startOffset),
      onLine: (beginning, lostBytes, endOffset) => this.#takeLine(beginning, lostBytes, endOffset),
      onSkip: (endOffset) => {
        this.#afterPartial = false;
        this.#streams.skip(endOffset);
        this.#mark();
      },
      onIdle,
      onError: (error) => this.#fail(error),
    });
  }

  #takeLines(block: LineBlock, startOffset: number): void {
    const rest = this.#afterPartial ? this.#restOfPartial(block, startOffset) : 0;
    const start = block.start + rest;
    if (start < block.end)
      this.#streams.takeBlock(
        { ...block, start },
        startOffset + rest,
        this.#encoding,
        this.#options.outlet.batch,
      );
    this.#mark();
  }

  /** The line before was taken without its newline: if nothing but that comes, it is no line. Its length here. */
  #restOfPartial({ text, start }: LineBlock, startOffset: number): number {
    this.#afterPartial = false;
    const newline = newlineOf(this.#encoding);
    const end = newlineBehind(text, start, newline);
    if (decodeLine(text.slice(start, end), this.#encoding) !== '') return 0;
    const length = end - start + newline.length;
    this.#streams.skip(startOffset + length);
    return length;
  }

  #takeLine(beginning: string, lostBytes: number, endOffset: number): void {
    this.#afterPartial = false;
    this.#streams.take(lineBeginning(beginning, this.#encoding, this.#lineBytesMax, lostBytes), endOffset);
    this.#mark();
  }

  #takePartial(whole: boolean): void {
    const partial = this.#tail.takePartial(whole);
    if (!partial) return;
    this.#takeLine(partial.beginning, partial.lostBytes, this.#tail.position);
    this.#afterPartial = !this.#tail.isInside;
    this.#mark();
  }

  #mark(): void {
    // The position is taken when the batch is written, and the entries of the batch are all of this file's so far.
    this.#options.outlet.mark(this.key, this, encodeOf);
  }

  #mtimeMs(): number {
    try {
      return fstatSync(this.#held.fd).mtimeMs;
    } catch {
      return this.#stat.mtimeMs;
    }
  }
}

const encodeOf = (file: FollowedFile): string => encodeFilePosition(file.position());
