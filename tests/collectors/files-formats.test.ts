// Files as they are found in the field: encodings, compressed ones, links, thousands of them.

import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeLine, type FileEncoding } from '../../src/collectors/files/follow/encoding.ts';
import { labelValue } from '../../src/model/labels.ts';
import { within } from '../within.ts';
import { waitFor } from './start-collector.ts';
import { expectEachOnce, numbered, numberedText, WatchedFolder } from './watched-folder.ts';

let folder: WatchedFolder;
beforeEach(() => {
  folder = new WatchedFolder();
});
afterEach(() => folder.remove());

function encoded(text: string, encoding: FileEncoding): Buffer {
  if (encoding === 'utf16be') return Buffer.from(text, 'utf16le').swap16();
  return Buffer.from(text, encoding);
}

describe('encodings', () => {
  // U+0A00 and U+010A hold the newline's byte; U+4100 before U+0A05 holds UTF-16BE's newline across two characters.
  const wide = ['\u0a00\u010a', '\u4100\u0a05', '\u0a05\u4100x', 'plain', '', 'é', '\u{1f600}'];
  it.each<[FileEncoding, string, readonly string[]]>([
    ['utf8', '', wide],
    ['utf8', '\ufeff', wide],
    ['latin1', '', ['äöü ß', 'plain', '']],
    ['utf16le', '\ufeff', wide],
    ['utf16be', '\ufeff', wide],
    ['utf16le', '', wide],
  ])('%s, beginning %j, with both kinds of line ends, over a crash', async (encoding, mark, lines) => {
    const body = (newline: string): Buffer => encoded(lines.map((line) => line + newline).join(''), encoding);
    writeFileSync(folder.log, Buffer.concat([encoded(mark, encoding), body('\n')]));
    const first = folder.start({ encoding });
    await folder.count(lines.length);
    await folder.crash(first);
    const more = body('\r\n');
    appendFileSync(folder.log, more.subarray(0, 5));
    folder.start({ encoding });
    appendFileSync(folder.log, more.subarray(5));
    await folder.count(2 * lines.length);
    expect(folder.sink.lines).toEqual([...lines, ...lines]);
  });

  it.each<FileEncoding>(['utf8', 'utf16le', 'utf16be'])('%s: what was encoded comes back', (encoding) => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        within(300, (text) => {
          const line = text.replace(/[\r\ufeff]/g, '_');
          expect(decodeLine(encoded(line, encoding).toString('latin1'), encoding)).toBe(line);
        }),
      ),
    );
  });
});

describe('compressed files', () => {
  const compressed = { compressed: true };
  const include = (): { include: string[] } => ({
    include: [join(folder.path, '*.log'), join(folder.path, '*.gz')],
  });

  it('are left alone unless asked for', async () => {
    writeFileSync(join(folder.path, 'old.log.gz'), gzipSync('x\n'));
    writeFileSync(folder.log, 'y\n');
    folder.start(include());
    await folder.count(1);
    appendFileSync(folder.log, 'z\n');
    await folder.count(2);
    expect(folder.sink.lines).toEqual(['y', 'z']);
  });

  it('are read once, also over a crash in their middle', async () => {
    writeFileSync(join(folder.path, 'old.log.1.gz'), gzipSync(numberedText(1, 50_000)));
    const first = folder.start({ ...include(), ...compressed });
    await folder.atLeast(5_000);
    await folder.crash(first);
    const second = folder.start({ ...include(), ...compressed });
    await folder.count(50_000);
    await second.stop();
    writeFileSync(folder.log, 'last\n');
    folder.start({ ...include(), ...compressed });
    await folder.count(50_001);
    expect(folder.sink.lines).toEqual([...numbered(1, 50_000), 'last']);
  });

  it.each<FileEncoding>(['latin1', 'utf16le'])(
    'in %s, the last line without its newline',
    async (encoding) => {
      const lines = ['äöü', 'ß'.repeat(200), 'ende'];
      writeFileSync(join(folder.path, 'old.gz'), gzipSync(encoded(lines.join('\r\n'), encoding)));
      folder.start({ ...include(), ...compressed, encoding });
      await folder.count(lines.length);
      expect(folder.sink.lines).toEqual(lines);
    },
  );

  it('what was read before it was rotated and compressed is not read again, and what was not is', async () => {
    writeFileSync(folder.log, numberedText(1, 300));
    const first = folder.start({ ...include(), ...compressed });
    await folder.count(300);
    const rotated = `${folder.log}.1`;
    renameSync(folder.log, rotated);
    writeFileSync(folder.log, numberedText(301, 310));
    await folder.count(310);
    // Its last lines are written while nobody looks, and it is compressed at once.
    await waitFor(() => [...folder.sink.kept.keys()].some((key) => key.includes('was:')));
    await first.stop();
    writeFileSync(`${rotated}.gz`, gzipSync(`${readFileSync(rotated, 'utf8')}late\n`));
    unlinkSync(rotated);
    folder.start({ ...include(), ...compressed });
    await folder.count(311);
    expect(folder.sink.lines).toEqual([...numbered(1, 310), 'late']);
  });

  it.each(['old.log.gz.1', 'OLD.GZ', 'old.log.1'])(
    '%s: by their content, whatever they are called',
    async (name) => {
      writeFileSync(join(folder.path, name), gzipSync(numberedText(1, 10)));
      writeFileSync(folder.log, numberedText(11, 12));
      folder.start({ include: [join(folder.path, '*')], ...compressed });
      await folder.count(12);
      expectEachOnce(folder.sink.lines, 12);
    },
  );

  it.each<[string, string, number[], boolean, string]>([
    ['zstd', 'x.zst', [0x28, 0xb5, 0x2f, 0xfd, 0], true, 'compressed with zstd'],
    ['xz under another name', 'x.log', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], false, 'compressed with xz'],
    ['gzip under another name, not asked for', 'x.log', [...gzipSync('x\n')], false, 'files.compressed'],
  ])('%s: said, nothing of it stored, the others read', async (_, name, bytes, isAskedFor, said) => {
    writeFileSync(join(folder.path, name), Buffer.from(bytes));
    writeFileSync(folder.log, 'y\n');
    const { collector } = folder.start({ include: [join(folder.path, '*')], compressed: isAskedFor });
    await folder.count(1);
    await waitFor(() => collector.health().hint.includes(said));
    expect(collector.health().state).toBe('running');
    expect(folder.sink.lines).toEqual(['y']);
  });

  it('a file that is no gzip, or not all of it: said, and what can be read is', async () => {
    const whole = gzipSync(numberedText(1, 20_000));
    writeFileSync(join(folder.path, 'a.gz'), 'no gzip');
    const { collector } = folder.start({ ...include(), ...compressed });
    await waitFor(() => collector.health().errorsTotal === 1);
    writeFileSync(join(folder.path, 'b.gz'), whole.subarray(0, whole.length / 2));
    await waitFor(() => collector.health().errorsTotal === 2);
    writeFileSync(join(folder.path, 'b.gz'), whole);
    await folder.count(20_000);
    expect(folder.sink.lines).toEqual(numbered(1, 20_000));
  });
});

it('Kubernetes: links to links, whose target is rotated away', async () => {
  const pods = join(folder.path, 'pods', 'ns_pod_uid', 'app');
  const containers = join(folder.path, 'containers');
  mkdirSync(pods, { recursive: true });
  mkdirSync(containers);
  const cri = (from: number, to: number): string =>
    numbered(from, to)
      .map((line, i) => `2026-11-24T12:00:00.${String(from + i).padStart(9, '0')}Z stdout F ${line}\n`)
      .join('');
  const file = join(pods, '0.log');
  const link = join(containers, 'pod_ns_app-id.log');
  writeFileSync(file, cri(1, 100));
  symlinkSync(file, link);
  folder.start({
    include: [join(containers, '*.log')],
    parse: { format: 'cri', timestamp: 'source', multiline: undefined },
  });
  await folder.count(100);
  renameSync(file, join(pods, '0.log.20261124-120000'));
  writeFileSync(file, cri(101, 200));
  await folder.count(200);
  expect(folder.sink.lines).toEqual(numbered(1, 200));
  expect(new Set(folder.sink.entries.map(({ labels }) => labelValue(labels, 'filename')))).toEqual(
    new Set([link]),
  );
});

it('10,000 files with 100 descriptors', async () => {
  const files = 10_000;
  const descriptorsMax = 100;
  const old = new Date(Date.now() - 3_600_000);
  for (let i = 0; i < files; i++) {
    writeFileSync(join(folder.path, `${i}.log`), `first ${i}\n`);
    utimesSync(join(folder.path, `${i}.log`), old, old);
  }
  const { collector } = folder.start({}, { descriptorsMax, scanMs: 2_000 });
  const open = (): number => readdirSync('/proc/self/fd').length;
  let most = 0;
  folder.sink.beforeCommit = () => {
    most = Math.max(most, open());
  };
  const before = open();
  await folder.sink.until(() => folder.sink.entries.length >= files, 300_000);
  expect(new Set(folder.sink.lines).size).toBe(files);
  expect(collector.health().targets).toBe(files);
  // Beside the held ones: those of a read under way, each file's own, and the folder that is being listed.
  expect(most - before).toBeLessThanOrEqual(2 * descriptorsMax + 1);
}, 360_000);
