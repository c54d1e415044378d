// Rotated files that were compressed: each is read once, from where it was read to before it was compressed.

import { createReadStream, type Stats } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { CollectedEntry } from '../../../ingest/sink/sink.ts';
import type { Outlet } from '../../outlet.ts';
import type { FileTarget } from '../../settings.ts';
import { type FilePosition, fingerprintOf } from '../checkpoint.ts';
import { fileKey } from '../file-key.ts';
import { openRegular } from '../find/regular-file.ts';
import { type LineStreams, writtenBytesMax } from '../follow/line-streams.ts';
import { LinesBehind } from './lines-after-position.ts';

export interface CompressedFilesOptions {
  readonly outlet: Outlet;
  readonly lineBytesMax: number;
  /** Called with a sentence about a file that cannot be read. */
  readonly onTrouble: (sentence: string) => void;
  /** Makes entries of a file's lines. */
  readonly streams: (path: string, target: FileTarget, emit: (entry: CollectedEntry) => void) => LineStreams;
}

/** Of a compressed file: how many bytes of its text are done. */
interface Progress {
  readonly offset: number;
  /** All of it was read when it had this size and last change; -1: not all yet. */
  readonly size: number;
  readonly mtimeMs: number;
}

const compressedPrefix = 'gz:';
const formerPrefix = 'was:';
/** Files remembered by their beginnings after they were rotated away. */
const formerMax = 1_000;

export class CompressedFiles {
  readonly #options: CompressedFilesOptions;
  readonly #progress = new Map<string, Progress>();
  /** Beginning → bytes done, of files that were read before they were compressed. */
  readonly #former = new Map<string, number>();
  readonly #queued = new Set<string>();
  #reading: Promise<void> = Promise.resolve();

  constructor(options: CompressedFilesOptions) {
    this.#options = options;
  }

  /** Takes up a checkpoint; false when it is none of a compressed file. */
  restore(key: string, state: string): boolean {
    try {
      if (key.startsWith(formerPrefix)) this.#former.set(key, Number(JSON.parse(state)));
      else if (key.startsWith(compressedPrefix)) this.#progress.set(key, JSON.parse(state) as Progress);
      else return false;
    } catch {
      // Not of ours: the file is read from its beginning.
    }
    return true;
  }

  /** Remembers a file that was read and rotated away: it may come back compressed. */
  remember({ head, offset }: FilePosition): void {
    if (head.bytes === 0) return;
    const key = formerKey(head.hash);
    this.#former.delete(key);
    this.#former.set(key, offset);
    this.#options.outlet.mark(key, offset, JSON.stringify);
    for (const oldest of this.#former.keys()) {
      if (this.#former.size <= formerMax) break;
      this.#former.delete(oldest);
      this.#options.outlet.mark(oldest, undefined, () => '');
    }
  }

  /** Reads a file that was not read yet, or has grown since. Files are read one after the other. */
  look(path: string, stat: Stats, target: FileTarget, signal: AbortSignal): void {
    const key = compressedPrefix + fileKey(stat);
    const known = this.#progress.get(key);
    if (this.#queued.has(key) || (known && known.size === stat.size && known.mtimeMs === stat.mtimeMs))
      return;
    this.#queued.add(key);
    this.#reading = this.#reading
      .then(() => this.#read(key, path, stat, target, signal))
      .catch((error: unknown) => {
        // Not again before it has changed.
        const offset = this.#progress.get(key)?.offset ?? 0;
        this.#progress.set(key, { offset, size: stat.size, mtimeMs: stat.mtimeMs });
        this.#options.onTrouble(`${path} cannot be read to its end: ${(error as Error).message}.`);
      })
      .finally(() => this.#queued.delete(key));
  }

  /** Forgets the files that are gone. `there`: keys of the files that match now. */
  forget(there: ReadonlySet<string>): void {
    for (const key of this.#progress.keys()) {
      if (there.has(key.slice(compressedPrefix.length)) || this.#queued.has(key)) continue;
      this.#progress.delete(key);
      this.#options.outlet.mark(key, undefined, () => '');
    }
  }

  /** Resolves when nothing is being read any more. */
  ended(): Promise<void> {
    return this.#reading;
  }

  async #read(
    key: string,
    path: string,
    stat: Stats,
    target: FileTarget,
    signal: AbortSignal,
  ): Promise<void> {
    const { outlet } = this.#options;
    // Asked when the batch is written, with all entries up to there in it.
    const progress = (size: number): Progress => ({
      offset: streams.position().offset,
      size,
      mtimeMs: stat.mtimeMs,
    });
    const mark = (): void => outlet.mark(key, -1, (size) => JSON.stringify(progress(size)));
    const streams = this.#options.streams(path, target, (entry) => outlet.batch.add(entry));
    const fd = openRegular(path);
    const source = createReadStream('', { fd });
    const text = source.pipe(createGunzip());
    source.on('error', (error) => text.destroy(error));
    const lines = new LinesBehind({
      expected: target.encoding,
      lineBytesMax: writtenBytesMax(target.parse.format, this.#options.lineBytesMax),
      startOf: (beginning) => this.#progress.get(key)?.offset ?? this.#formerOffset(beginning),
      streams,
      batch: () => outlet.batch,
    });
    try {
      for await (const chunk of text as AsyncIterable<Buffer>) {
        lines.push(chunk);
        mark();
        if (outlet.full) await outlet.room(signal);
        if (signal.aborted) return;
      }
      lines.end();
      streams.flush();
      const done = progress(stat.size);
      this.#progress.set(key, done);
      outlet.mark(key, done, JSON.stringify);
    } finally {
      if (!this.#progress.has(key)) this.#progress.set(key, progress(-1));
      source.destroy();
      text.destroy();
    }
  }

  #formerOffset(beginning: Buffer): number {
    const { hash } = fingerprintOf(beginning);
    return this.#former.get(formerKey(hash)) ?? 0;
  }
}

const formerKey = (hash: string): string => formerPrefix + hash;
