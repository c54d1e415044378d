// Files that are renamed, copied and cut while they are read, as docs/collector-faults.md lists it. A line is one that was
// written as a whole: each is to come once.

import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  copyAndCut,
  expectEachOnce,
  longerThanKeptMs,
  numbered,
  numberedText,
  passTime,
  shift,
  WatchedFolder,
} from './watched-folder.ts';

let folder: WatchedFolder;
beforeEach(() => {
  folder = new WatchedFolder();
});
afterEach(() => folder.remove());

/** Writes a numbered line every few milliseconds into the file it has open. */
class Writer {
  readonly #path: string;
  #fd: number;
  #written = 0;
  readonly #timer = setInterval(() => this.write(3), 3);

  constructor(path: string) {
    this.#path = path;
    this.#fd = openSync(path, 'a');
  }

  get written(): number {
    return this.#written;
  }

  write(lines: number): void {
    writeSync(this.#fd, numberedText(this.#written + 1, this.#written + lines));
    this.#written += lines;
  }

  /** Goes over to what the path leads to now. */
  reopen(): void {
    closeSync(this.#fd);
    this.#fd = openSync(this.#path, 'a');
  }

  stop(): void {
    clearInterval(this.#timer);
    closeSync(this.#fd);
  }
}

describe('renamed and made again', () => {
  it.each([
    ['slow rotation by rename, the writer busy', { everyMs: 900, rotations: 3, keptMs: 0 }],
    [
      'fast rotation by rename, the writer keeps the old file a while',
      { everyMs: 300, rotations: 6, keptMs: 50 },
    ],
  ])('%s', async (_, { everyMs, rotations, keptMs }) => {
    const writer = new Writer(folder.log);
    folder.start();
    await folder.atLeast(1);
    for (let i = 0; i < rotations; i++) {
      await delay(everyMs - keptMs);
      shift(folder.log);
      writeFileSync(folder.log, '');
      await delay(keptMs);
      writer.reopen();
    }
    writer.stop();
    await folder.count(writer.written);
    expectEachOnce(folder.sink.lines, writer.written);
  });

  it('rotation by rename while all is quiet, the first lines when the old file was let go', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    folder.start();
    await folder.count(100);
    shift(folder.log);
    writeFileSync(folder.log, '');
    await folder.opened(folder.log);
    passTime(longerThanKeptMs);
    await folder.letGo(`${folder.log}.1`);
    appendFileSync(folder.log, numberedText(101, 300));
    await folder.count(300);
    expect(folder.sink.lines).toEqual(numbered(1, 300));
  });

  it('rotation by rename after a quiet time, and its writer goes on in the old file for a while', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    folder.start();
    await folder.count(100);
    passTime(longerThanKeptMs);
    shift(folder.log);
    writeFileSync(folder.log, '');
    await delay(300);
    appendFileSync(`${folder.log}.1`, numberedText(101, 150));
    appendFileSync(folder.log, numberedText(151, 160));
    await folder.count(160);
    expectEachOnce(folder.sink.lines, 160);
  });

  it('rotation by rename, no new file before the old one was let go, and another rotation while nobody reads', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    const first = folder.start();
    await folder.count(100);
    const positions = (): number => [...folder.sink.kept.keys()].filter((key) => /:\d+$/.test(key)).length;
    shift(folder.log);
    await vi.waitUntil(() => positions() === 0, { timeout: 60_000 });
    await first.stop();
    writeFileSync(folder.log, numberedText(101, 150));
    shift(folder.log);
    writeFileSync(folder.log, numberedText(151, 160));
    folder.start();
    await folder.count(160);
    expectEachOnce(folder.sink.lines, 160);
  });

  it('rotation by rename, the new file longer at once than the old one was', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    folder.start();
    await folder.count(100);
    shift(folder.log);
    appendFileSync(`${folder.log}.1`, numberedText(101, 150));
    writeFileSync(folder.log, numberedText(151, 600));
    await folder.count(600);
    expectEachOnce(folder.sink.lines, 600);
  });

  it('several quick rotations by rename between two looks', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    folder.start({}, { pollMs: 300 });
    await folder.count(100);
    for (let n = 1; n <= 3; n++) {
      shift(folder.log);
      writeFileSync(folder.log, numberedText(n * 100 + 1, n * 100 + 100));
    }
    await folder.count(400);
    expectEachOnce(folder.sink.lines, 400);
  });

  it('a link led to another file', async () => {
    const link = join(folder.path, 'current.log');
    const target = (n: number): string => join(folder.path, `target-${n}`);
    writeFileSync(target(1), numberedText(1, 100));
    symlinkSync(target(1), link);
    folder.start({ include: [link] });
    await folder.count(100);
    writeFileSync(target(2), numberedText(101, 150));
    symlinkSync(target(2), `${link}.new`);
    renameSync(`${link}.new`, link);
    // The writer does not know yet.
    appendFileSync(target(1), numberedText(151, 200));
    appendFileSync(target(2), numberedText(201, 300));
    await folder.count(300);
    expectEachOnce(folder.sink.lines, 300);
  });
});

describe('cut', () => {
  it('copytruncate after a quiet while', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    folder.start();
    await folder.count(100);
    passTime(600);
    shift(folder.log, copyAndCut);
    appendFileSync(folder.log, numberedText(101, 110));
    await folder.count(110);
    expect(folder.sink.lines).toEqual(numbered(1, 110));
  });

  it('copytruncate, the writer busy: what was not read yet is read from the copy', async () => {
    const writer = new Writer(folder.log);
    folder.start();
    await folder.atLeast(1);
    for (let i = 0; i < 4; i++) {
      await delay(150);
      writer.write(500);
      shift(folder.log, copyAndCut);
    }
    await delay(150);
    writer.stop();
    await folder.count(writer.written);
    expectEachOnce(folder.sink.lines, writer.written);
  });

  it('copytruncate twice between two looks', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    folder.start({}, { pollMs: 300 });
    await folder.count(100);
    for (const from of [101, 201]) {
      appendFileSync(folder.log, numberedText(from, from + 99));
      shift(folder.log, copyAndCut);
    }
    appendFileSync(folder.log, numberedText(301, 310));
    await folder.count(310);
    expectEachOnce(folder.sink.lines, 310);
  });

  it('copytruncate while nobody reads, and more written then than was there before', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    const first = folder.start();
    await folder.count(100);
    await first.stop();
    for (const [from, to] of [
      [101, 150],
      [151, 200],
    ] as const) {
      appendFileSync(folder.log, numberedText(from, to));
      shift(folder.log, copyAndCut);
    }
    appendFileSync(folder.log, numberedText(201, 500));
    folder.start();
    await folder.count(500);
    expectEachOnce(folder.sink.lines, 500);
  });

  it('copytruncate while nobody reads, and a rename of what was cut', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    const first = folder.start();
    await folder.count(100);
    await first.stop();
    appendFileSync(folder.log, numberedText(101, 150));
    shift(folder.log, copyAndCut);
    appendFileSync(folder.log, numberedText(151, 200));
    renameSync(folder.log, `${folder.log}.${readdirSync(folder.path).length}`);
    writeFileSync(folder.log, numberedText(201, 250));
    folder.start();
    await folder.count(250);
    expectEachOnce(folder.sink.lines, 250);
  });

  it('copytruncate: lines that came between copy and cut, and were not read, are lost, and nothing is repeated', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    const first = folder.start();
    await folder.count(100);
    await first.stop();
    appendFileSync(folder.log, numberedText(101, 200));
    copyFileSync(folder.log, `${folder.log}.1`);
    appendFileSync(folder.log, 'between\n');
    truncateSync(folder.log);
    appendFileSync(folder.log, numberedText(201, 210));
    folder.start();
    await folder.count(210);
    expectEachOnce(folder.sink.lines, 210);
  });

  it('copytruncate and rename in turns', async () => {
    const writer = new Writer(folder.log);
    folder.start();
    await folder.atLeast(1);
    for (let i = 0; i < 6; i++) {
      await delay(120);
      if (i % 2 === 0) shift(folder.log, copyAndCut);
      else {
        shift(folder.log);
        writer.reopen();
      }
    }
    writer.stop();
    await folder.count(writer.written);
    expectEachOnce(folder.sink.lines, writer.written);
  });

  it('cut and written again with just as much', async () => {
    writeFileSync(folder.log, numberedText(101, 200));
    folder.start();
    await folder.count(100);
    writeFileSync(folder.log, numberedText(201, 300));
    await folder.count(200);
    expect(folder.sink.lines).toEqual(numbered(101, 300));
  });

  it('copytruncate, just as much written then, and a rename of that', async () => {
    writeFileSync(folder.log, numberedText(101, 200));
    folder.start({}, { pollMs: 300 });
    await folder.count(100);
    shift(folder.log, copyAndCut);
    appendFileSync(folder.log, numberedText(201, 300));
    shift(folder.log);
    writeFileSync(folder.log, numberedText(301, 310));
    await folder.count(210);
    passTime(longerThanKeptMs);
    await folder.letGo(`${folder.log}.1`);
    expectEachOnce(folder.sink.lines, 310, 101);
  });

  it('cut and written again with more at once', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    folder.start();
    await folder.count(100);
    writeFileSync(folder.log, numberedText(101, 500));
    await folder.count(500);
    expect(folder.sink.lines).toEqual(numbered(1, 500));
  });
});
