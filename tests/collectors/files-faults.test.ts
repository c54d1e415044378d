// What else happens to files while they are read, as docs/collector-faults.md lists it; rotation has a file of its own.

import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectEachOnce, numbered, numberedText, shift, WatchedFolder } from './watched-folder.ts';

/** Set to let looks at open files fail as on a network's file system whose server has forgotten them. */
const stale = vi.hoisted(() => ({ on: false }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const fstatSync = (fd: number): unknown => {
    if (stale.on) throw Object.assign(new Error('ESTALE: stale file handle, fstat'), { code: 'ESTALE' });
    return fs.fstatSync(fd);
  };
  return { ...fs, fstatSync };
});

let folder: WatchedFolder;
beforeEach(() => {
  folder = new WatchedFolder();
});
afterEach(() => folder.remove());

describe('gone, or not there yet', () => {
  it.each([500, 5_000])(
    'deleted, and back after %i ms',
    async (awayMs) => {
      writeFileSync(folder.log, numberedText(1, 100));
      folder.start();
      await folder.count(100);
      unlinkSync(folder.log);
      await delay(awayMs);
      writeFileSync(folder.log, numberedText(101, 103));
      await folder.count(103);
      expect(folder.sink.lines).toEqual(numbered(1, 103));
    },
    40_000,
  );

  it('a file, and its folder, not there yet', async () => {
    const log = join(folder.path, 'later', 'app.log');
    const { collector } = folder.start({ include: [log] });
    await vi.waitUntil(() => collector.health().state === 'running', { timeout: 60_000 });
    mkdirSync(join(folder.path, 'later'));
    writeFileSync(log, numberedText(1, 10));
    await folder.count(10);
    expect(folder.sink.lines).toEqual(numbered(1, 10));
  });
});

describe('lines in the making', () => {
  it('UTF-8 written byte by byte, CRLF, empty lines', async () => {
    writeFileSync(folder.log, '');
    folder.start();
    for (const byte of Buffer.from('grün 日本 😀\r\n\r\nend\n')) {
      appendFileSync(folder.log, Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await folder.count(3);
    expect(folder.sink.lines).toEqual(['grün 日本 😀', '', 'end']);
  });

  it('a last line without newline is taken when it stays quiet, and its newline is no line', async () => {
    writeFileSync(folder.log, 'one\ntwo');
    folder.start({}, { partialLineMs: 60 });
    await folder.count(2);
    appendFileSync(folder.log, '\nthree\n');
    await folder.count(3);
    expect(folder.sink.lines).toEqual(['one', 'two', 'three']);
  });

  it('a last line without newline that is cut within a character waits for the rest of it', async () => {
    const text = Buffer.from('one\ngrü');
    writeFileSync(folder.log, text.subarray(0, -1));
    folder.start({}, { partialLineMs: 60 });
    await folder.count(2);
    appendFileSync(folder.log, Buffer.concat([text.subarray(-1), Buffer.from('n\n')]));
    await folder.count(3);
    expect(folder.sink.lines).toEqual(['one', 'gr', 'ün']);
  });
});

describe('network file systems', () => {
  it('polling alone: nothing waits for the notices of a file system', async () => {
    const watches = (): number =>
      readdirSync('/proc/self/fdinfo').filter((fd) => {
        try {
          return readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').includes('inotify wd');
        } catch {
          return false;
        }
      }).length;
    const before = watches();
    writeFileSync(folder.log, numberedText(1, 10));
    folder.start({}, { pollMs: 50 });
    await folder.count(10);
    appendFileSync(folder.log, numberedText(11, 20));
    await folder.count(20);
    expect(watches()).toBe(before);
  });

  it('open files that the server has forgotten (ESTALE) are opened again where they were', async () => {
    writeFileSync(folder.log, numberedText(1, 10));
    const { collector } = folder.start();
    await folder.count(10);
    stale.on = true;
    try {
      appendFileSync(folder.log, numberedText(11, 20));
      await vi.waitUntil(() => collector.health().errorsTotal > 0, { timeout: 60_000 });
    } finally {
      stale.on = false;
    }
    await folder.count(20);
    expect(folder.sink.lines).toEqual(numbered(1, 20));
  });
});

describe('a clock set back', () => {
  const secondNs = 1_000_000_000n;
  const startNs = 1_795_532_645n * secondNs;

  it.each([
    ['by an hour: times follow it, and no two equal lines share one', 3_600n * secondNs],
    ['by half a second: times go on', secondNs / 2n],
  ])('%s', async (_, backNs) => {
    let nowNs = startNs;
    folder.start({}, {}, { nowNs: () => nowNs });
    let lines = 0;
    // Before, after, and when the same moment has come again.
    for (const ns of [startNs, startNs - backNs, startNs]) {
      nowNs = ns;
      appendFileSync(folder.log, 'tick\n'.repeat(3));
      lines += 3;
      await folder.count(lines);
    }
    const times = folder.sink.entries.map(({ timestampNs }) => timestampNs);
    expect(new Set(times).size).toBe(9);
    const follows = backNs > secondNs;
    for (const ns of times.slice(3, 6)) expect(ns < startNs).toBe(follows);
    if (!follows) expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('between rotations: files that seem older than the one before them are read', async () => {
    writeFileSync(folder.log, numberedText(1, 100));
    folder.start({}, { pollMs: 300 });
    await folder.count(100);
    shift(folder.log);
    writeFileSync(folder.log, numberedText(101, 200));
    await folder.count(200);
    const future = new Date(Date.now() + 3_600_000);
    utimesSync(folder.log, future, future);
    for (const from of [201, 301]) {
      shift(folder.log);
      writeFileSync(folder.log, numberedText(from, from + 99));
    }
    await folder.count(400);
    expectEachOnce(folder.sink.lines, 400);
  });
});
