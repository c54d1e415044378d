// Lines that are too long, NULs and holes in files, other encodings than expected.

import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  openSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FileEncoding, lineBeginning, newlineOf } from '../../src/collectors/files/follow/encoding.ts';
import { holesApart } from '../../src/collectors/files/follow/holes.ts';
import { LineCutter } from '../../src/collectors/files/follow/line-cutter.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import { numbered, numberedText, WatchedFolder } from './watched-folder.ts';

describe('text in chunks', () => {
  const lineBytesMax = 12;

  interface Taken {
    readonly text: string;
    readonly truncatedBytes: number;
    readonly endOffset: number;
  }

  /** Lines of a text that comes in these chunks, each as it is to be stored. */
  function taken(chunks: readonly Buffer[], encoding: FileEncoding): Taken[] {
    const lines: Taken[] = [];
    const newline = newlineOf(encoding);
    const cutter = new LineCutter(
      { newline, lineBytesMax, offset: 0, before: '', isInside: false },
      {
        onLines: ({ text, start, end }, startOffset) => {
          let at = 0;
          for (const line of text.slice(start, end).split(newline).slice(0, -1)) {
            at += line.length + newline.length;
            lines.push({ ...lineBeginning(line, encoding, lineBytesMax), endOffset: startOffset + at });
          }
        },
        onLine: (beginning, lostBytes, endOffset) =>
          lines.push({ ...lineBeginning(beginning, encoding, lineBytesMax, lostBytes), endOffset }),
        onSkip: () => {},
      },
    );
    let offset = 0;
    for (const chunk of chunks) {
      cutter.push(chunk.toString('latin1'));
      offset += chunk.length;
      expect(cutter.offset + cutter.openBytes).toBe(offset);
    }
    return lines;
  }

  const text = fc.array(
    fc.oneof(
      fc.string({ maxLength: 8, unit: fc.constantFrom('a', 'é', '…', '😀', '\0') }),
      fc.string({ minLength: 20, maxLength: 60, unit: fc.constantFrom('b', 'ü') }),
    ),
    { maxLength: 12 },
  );

  it.each<[FileEncoding, (text: string) => Buffer]>([
    ['utf8', (of) => Buffer.from(of)],
    ['utf16le', (of) => Buffer.from(of, 'utf16le')],
    ['utf16be', (of) => Buffer.from(of, 'utf16le').swap16()],
  ])('%s: the same lines however it is cut, none longer than it may be', (encoding, bytesOf) => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 20 }), (lines, places) => {
        const bytes = bytesOf(lines.map((line) => `${line}\n`).join(''));
        const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
        const chunks = [...cuts, bytes.length].map((end, i) => bytes.subarray(cuts[i - 1] ?? 0, end));
        const inPieces = taken(chunks, encoding);
        const whole = taken([bytes], encoding);
        expect(inPieces.map(({ endOffset }) => endOffset)).toEqual(whole.map(({ endOffset }) => endOffset));
        expect(inPieces).toHaveLength(lines.length);
        for (const [i, one] of inPieces.entries()) {
          const written = (lines[i] as string).replace(/^\0+/, '');
          expect(written.startsWith(one.text)).toBe(true);
          expect(Buffer.byteLength(one.text)).toBeLessThanOrEqual(lineBytesMax);
          expect(one.truncatedBytes > 0).toBe(one.text !== written);
          if (encoding === 'utf8')
            expect(Buffer.byteLength(one.text) + one.truncatedBytes).toBe(Buffer.byteLength(written));
        }
      }),
    );
  });

  it('holes and text are told apart however long they are', () => {
    const parts = fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.boolean()), { maxLength: 10 });
    fc.assert(
      fc.property(parts, (list) => {
        const bytes = Buffer.concat(list.map(([length, isHole]) => Buffer.alloc(length, isHole ? 0 : 'x')));
        let at = 0;
        for (const { start, end, isHole } of holesApart(bytes)) {
          expect(start).toBe(at);
          const part = bytes.subarray(start, end);
          if (isHole) {
            expect(part.every((byte) => byte === 0)).toBe(true);
            expect(part.length).toBeGreaterThanOrEqual(64);
            expect(bytes[end]).not.toBe(0);
          } else expect(part.includes(Buffer.alloc(64))).toBe(false);
          at = end;
        }
        expect(at).toBe(bytes.length);
      }),
    );
  });
});

describe('files', () => {
  let folder: WatchedFolder;
  beforeEach(() => {
    folder = new WatchedFolder();
  });
  afterEach(() => folder.remove());

  const truncated = (): (string | undefined)[] =>
    folder.sink.entries.map(({ structuredMetadata }) => labelsToRecord(structuredMetadata).truncated_bytes);

  it.each([300_000, 3 * 2 ** 20])(
    'a line of %i bytes is cut, says by how much, and the next is whole',
    async (bytes) => {
      writeFileSync(folder.log, `before\n${'x'.repeat(bytes)}\nafter\n`);
      const { collector } = folder.start({}, { lineBytesMax: 262_144 });
      await folder.count(3);
      expect(folder.sink.lines).toEqual(['before', 'x'.repeat(262_144), 'after']);
      expect(truncated()).toEqual([undefined, String(bytes - 262_144), undefined]);
      expect(collector.health().repairs).toEqual({ line_too_long: 1 });
    },
  );

  it('the rest of a line that was taken before its end is lost, over a crash too', async () => {
    writeFileSync(folder.log, 'x'.repeat(1_500));
    const settings = { lineBytesMax: 1_000, partialLineMs: 60 };
    const one = folder.start({}, settings);
    await folder.count(1);
    await folder.crash(one);
    appendFileSync(folder.log, 'x'.repeat(700));
    folder.start({}, settings);
    appendFileSync(folder.log, 'yy\nnext\n');
    await folder.count(2);
    expect(folder.sink.lines).toEqual(['x'.repeat(1_000), 'next']);
    expect(truncated()).toEqual(['500', undefined]);
  });

  it('pieces of CRI lines are joined up to the longest line', async () => {
    const line = (tag: 'F' | 'P', of: string): string => `2026-11-24T15:04:05.1Z stdout ${tag} ${of}\n`;
    writeFileSync(
      folder.log,
      [
        line('P', 'a'.repeat(600)),
        line('P', 'b'.repeat(600)),
        line('P', 'c'),
        line('F', 'd'),
        line('F', 'next'),
      ].join(''),
    );
    folder.start(
      { parse: { format: 'cri', timestamp: 'line', multiline: undefined } },
      { lineBytesMax: 1_000 },
    );
    await folder.count(2);
    expect(folder.sink.lines).toEqual([`${'a'.repeat(600)}${'b'.repeat(400)}`, 'next']);
    expect(truncated()).toEqual(['202', undefined]);
  });

  it('pieces of Docker’s json-file are joined up to the longest line, streams apart', async () => {
    const line = (log: string, stream = 'stdout'): string =>
      `${JSON.stringify({ log, stream, time: '2026-11-24T15:04:05.123456789Z' })}\n`;
    writeFileSync(
      folder.log,
      [
        line('a'.repeat(16_384)),
        line('oops\n', 'stderr'),
        line('b'.repeat(16_384)),
        line('"grün"\r\n'),
        line('next\n'),
        'no such line\n',
      ].join(''),
    );
    const parse = { format: 'docker', timestamp: 'line', multiline: undefined } as const;
    folder.start({ parse }, { lineBytesMax: 20_000 });
    await folder.count(4);
    const entries = folder.sink.entries.map(({ line: text, labels, timestampNs }) => [
      text,
      labelsToRecord(labels).stream,
      text === 'no such line' ? 0n : timestampNs,
    ]);
    const ns = 1_795_532_645_123_456_789n;
    expect(entries.toSorted()).toEqual(
      [
        [`${'a'.repeat(16_384)}${'b'.repeat(20_000 - 16_384)}`, 'stdout', ns],
        ['oops', 'stderr', ns],
        ['next', 'stdout', ns],
        ['no such line', undefined, 0n],
      ].toSorted(),
    );
    expect(truncated().filter(Boolean)).toEqual([String(2 * 16_384 + '"grün"'.length + 1 - 20_000)]);
  });

  it('a writer that goes on at its old place after copytruncate: its first line is whole', async () => {
    const fd = openSync(folder.log, 'w');
    writeSync(fd, numberedText(1, 5_000));
    const { collector } = folder.start();
    await folder.count(5_000);
    truncateSync(folder.log);
    writeSync(fd, numberedText(5_001, 5_002));
    await folder.count(5_002);
    writeSync(fd, numberedText(5_003, 5_003));
    closeSync(fd);
    await folder.count(5_003);
    expect(folder.sink.lines).toEqual(numbered(1, 5_003));
    expect(collector.health().state).toBe('running');
  });

  it('a hole that a crash of the machine left ends a line, and is no text', async () => {
    writeFileSync(
      folder.log,
      Buffer.concat([Buffer.from('one\nhal'), Buffer.alloc(4_096), Buffer.from('two\n\0\0three\n')]),
    );
    folder.start();
    await folder.count(4);
    expect(folder.sink.lines).toEqual(['one', 'hal', 'two', 'three']);
  });

  it('a sparse file of 128 MiB: what comes behind the hole is read', async () => {
    const fd = openSync(folder.log, 'w');
    ftruncateSync(fd, 2 ** 27);
    folder.start();
    writeSync(fd, 'end\n', 2 ** 27);
    closeSync(fd);
    await folder.count(1);
    expect(folder.sink.lines).toEqual(['end']);
  });

  it.each<[string, (text: string) => Buffer]>([
    ['UTF-16, little-endian', (text) => Buffer.from(text, 'utf16le')],
    ['UTF-16, big-endian', (text) => Buffer.from(text, 'utf16le').swap16()],
    ['UTF-8', (text) => Buffer.from(text)],
  ])('%s, by its byte order mark, where UTF-8 was expected', async (_, bytesOf) => {
    writeFileSync(folder.log, '');
    const one = folder.start();
    appendFileSync(folder.log, bytesOf('\ufeffgrün\n日本\n'));
    await folder.count(2);
    await folder.crash(one);
    appendFileSync(folder.log, bytesOf('語\n'));
    folder.start();
    await folder.count(3);
    expect(folder.sink.lines).toEqual(['grün', '日本', '語']);
  });
});
