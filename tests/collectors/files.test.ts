// The files collector on real files: what it reads, and that it goes on where it was. What happens to files is in
// files-rotation.test.ts and files-faults.test.ts, what they look like in files-formats.test.ts.

import { appendFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { labelsToRecord } from '../../src/model/labels.ts';
import { longerThanKeptMs, numbered, numberedText, passTime, WatchedFolder } from './watched-folder.ts';

let folder: WatchedFolder;
beforeEach(() => {
  folder = new WatchedFolder();
});
afterEach(() => folder.remove());

it('reads what is there and what is added', async () => {
  writeFileSync(folder.log, numberedText(1, 1000));
  folder.start();
  await folder.count(1000);
  appendFileSync(folder.log, numberedText(1001, 2000));
  await folder.count(2000);
  expect(folder.sink.lines).toEqual(numbered(1, 2000));
  expect(labelsToRecord(folder.sink.entries[0]?.labels ?? [])).toEqual({
    filename: folder.log,
    host: 'test-host',
    job: 'files',
  });
});

it('goes on after a crash without losing or repeating', async () => {
  writeFileSync(folder.log, numberedText(1, 20_000));
  const first = folder.start();
  await folder.atLeast(5_000);
  await folder.crash(first);
  appendFileSync(folder.log, numberedText(20_001, 30_000));
  folder.start();
  await folder.count(30_000);
  expect(folder.sink.lines).toEqual(numbered(1, 30_000));
});

it('rotations while the collector is down', async () => {
  writeFileSync(folder.log, numberedText(1, 100));
  const first = folder.start();
  await folder.count(100);
  await first.stop();
  appendFileSync(folder.log, numberedText(101, 200));
  renameSync(folder.log, `${folder.log}.2`);
  writeFileSync(`${folder.log}.1`, numberedText(201, 300));
  writeFileSync(folder.log, numberedText(301, 400));
  folder.start();
  await folder.count(400);
  expect(folder.sink.lines.toSorted()).toEqual(numbered(1, 400).toSorted());
});

it('a last line without newline of a file that was rotated away', async () => {
  writeFileSync(folder.log, 'one\ntwo');
  folder.start();
  await folder.count(1);
  renameSync(folder.log, `${folder.log}.1`);
  writeFileSync(folder.log, 'three\n');
  await folder.count(3);
  expect(folder.sink.lines.toSorted()).toEqual(['one', 'three', 'two']);
});

it('rotated files that match the glob as well are not read again', async () => {
  writeFileSync(folder.log, numberedText(1, 50));
  folder.start({ include: [join(folder.path, 'app.log*')] });
  await folder.count(50);
  renameSync(folder.log, `${folder.log}.1`);
  writeFileSync(folder.log, numberedText(51, 100));
  await folder.count(100);
  passTime(longerThanKeptMs);
  await folder.letGo(`${folder.log}.1`);
  appendFileSync(folder.log, numberedText(101, 101));
  await folder.count(101);
  expect(folder.sink.lines.toSorted()).toEqual(numbered(1, 101).toSorted());
});

it('a link and its target are one file; excluded files are left alone', async () => {
  writeFileSync(folder.log, numberedText(1, 5));
  symlinkSync(folder.log, join(folder.path, 'link.log'));
  writeFileSync(join(folder.path, 'secret.log'), 'secret\n');
  folder.start({ exclude: [join(folder.path, 'secret*')] });
  await folder.count(5);
  appendFileSync(folder.log, numberedText(6, 6));
  await folder.count(6);
  expect(folder.sink.lines).toEqual(numbered(1, 6));
});

it('more files than descriptors', async () => {
  mkdirSync(join(folder.path, 'many'));
  const files = Array.from({ length: 12 }, (_, i) => join(folder.path, 'many', `${i}.log`));
  for (const [i, file] of files.entries()) writeFileSync(file, numberedText(i * 10 + 1, i * 10 + 10));
  folder.start({ include: [join(folder.path, '**', '*.log')] }, { descriptorsMax: 12 });
  await folder.count(120);
  expect(folder.sink.lines.toSorted()).toEqual(numbered(1, 120).toSorted());
});

it('a slow sink pauses reading', async () => {
  writeFileSync(folder.log, numberedText(1, 200_000));
  let most = 0;
  folder.sink.beforeCommit = async (entries) => {
    most = Math.max(most, entries.length);
    await new Promise((resolve) => setImmediate(resolve));
  };
  folder.start();
  await folder.sink.until(() => folder.sink.entries.length >= 200_000);
  expect(folder.sink.lines).toEqual(numbered(1, 200_000));
  // A batch, and what the blocks already asked for held when it was full.
  expect(most).toBeLessThan(200_000);
});

it('multiline: a trace is one entry, also over a crash in its middle', async () => {
  const multiline = { firstLine: '^\\S', linesMax: 100, waitMs: 60_000 };
  const parse = { format: 'plain', timestamp: 'line', multiline } as const;
  writeFileSync(folder.log, 'one\n at a\n at b\ntwo\n at c\n');
  const first = folder.start({ parse });
  await folder.count(1);
  await folder.crash(first);
  appendFileSync(folder.log, ' at d\nthree\n');
  folder.start({ parse });
  await folder.count(2);
  expect(folder.sink.lines).toEqual(['one\n at a\n at b', 'two\n at c\n at d']);
});

it('multiline: the last entry is let go when no line follows', async () => {
  const multiline = { firstLine: '^\\S', linesMax: 100, waitMs: 50 };
  writeFileSync(folder.log, 'one\n at a\n');
  folder.start({ parse: { format: 'plain', timestamp: 'line', multiline } });
  await folder.count(1);
  expect(folder.sink.lines).toEqual(['one\n at a']);
});

it('CRI: pieces joined per stream, times and streams as written, over crashes', async () => {
  const at = (n: number): string => `2026-11-24T15:04:05.${String(n).padStart(9, '0')}Z`;
  const parse = { format: 'cri', timestamp: 'line', multiline: undefined } as const;
  writeFileSync(folder.log, `${at(1)} stdout P long \n${at(2)} stderr F err 1\n${at(3)} stdout P line \n`);
  const first = folder.start({ parse });
  await folder.count(1);
  await folder.crash(first);
  appendFileSync(folder.log, `${at(4)} stderr F err 2\n${at(5)} stdout F ends\n${at(6)} stdout F next\n`);
  const second = folder.start({ parse });
  await folder.count(4);
  await folder.crash(second);
  appendFileSync(folder.log, `${at(7)} stdout F last\n`);
  folder.start({ parse });
  await folder.count(5);
  const base = 1_795_532_645_000_000_000n;
  expect(
    folder.sink.entries.map(({ labels, timestampNs, line }) => [
      labelsToRecord(labels).stream,
      timestampNs - base,
      line,
    ]),
  ).toEqual([
    ['stderr', 2n, 'err 1'],
    ['stderr', 4n, 'err 2'],
    ['stdout', 1n, 'long line ends'],
    ['stdout', 6n, 'next'],
    ['stdout', 7n, 'last'],
  ]);
});

it('equal lines of the same second stay apart, also over a restart', async () => {
  const line = '2026-11-24T15:04:05Z again\n';
  writeFileSync(folder.log, line.repeat(3));
  const first = folder.start();
  await folder.count(3);
  await first.stop();
  appendFileSync(folder.log, line.repeat(2));
  folder.start();
  await folder.count(5);
  const base = 1_795_532_645_000_000_000n;
  expect(folder.sink.entries.map(({ timestampNs }) => timestampNs - base)).toEqual([0n, 1n, 2n, 3n, 4n]);
});

it('pino lines bring their time and level', async () => {
  writeFileSync(folder.log, '{"level":50,"time":1795532645123,"msg":"boom"}\n');
  folder.start();
  await folder.count(1);
  expect(folder.sink.entries[0]?.timestampNs).toBe(1_795_532_645_123_000_000n);
  expect(labelsToRecord(folder.sink.entries[0]?.structuredMetadata ?? [])).toEqual({
    detected_level: 'error',
  });
});

it('from the end: only what comes after, but all of files made later', async () => {
  writeFileSync(folder.log, numberedText(1, 10));
  folder.start({ from: 'end' });
  await folder.sink.until(() => folder.sink.kept.size === 1);
  appendFileSync(folder.log, numberedText(11, 12));
  writeFileSync(join(folder.path, 'new.log'), numberedText(13, 15));
  await folder.count(5);
  expect(folder.sink.lines.toSorted()).toEqual(numbered(11, 15).toSorted());
});

it('the same inode with other content is a new file', async () => {
  writeFileSync(folder.log, numberedText(1, 10));
  const first = folder.start();
  await folder.count(10);
  await first.stop();
  writeFileSync(folder.log, numberedText(101, 120));
  folder.start();
  await folder.count(30);
  expect(folder.sink.lines).toEqual([...numbered(1, 10), ...numbered(101, 120)]);
});

it('quiet files give way when descriptors run out, and are read on when they grow', async () => {
  const files = Array.from({ length: 6 }, (_, i) => join(folder.path, `${i}.log`));
  for (const [i, file] of files.entries()) writeFileSync(file, numberedText(i * 10 + 1, i * 10 + 10));
  const { collector } = folder.start({}, { descriptorsMax: 2 });
  // A file counts as quiet after five seconds.
  await folder.sink.until(() => folder.sink.entries.length >= 60);
  for (const [i, file] of files.entries()) appendFileSync(file, `more ${i}\n`);
  await folder.sink.until(() => folder.sink.entries.length >= 66);
  expect(new Set(folder.sink.lines).size).toBe(66);
  expect(collector.health().targets).toBe(6);
});
