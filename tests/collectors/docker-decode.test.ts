// Frames, TTY output, pieces of lines: pure parts of the Docker collector.

import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import Docker from 'dockerode';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePosition, encodePosition, readFrom } from '../../src/collectors/docker/checkpoint.ts';
import { readEvents } from '../../src/collectors/docker/engine.ts';
import { FrameDecoder, FrameError } from '../../src/collectors/docker/frames.ts';
import {
  LineAssembler,
  pieceBytes,
  type StreamPosition,
  streamStart,
} from '../../src/collectors/docker/lines.ts';
import { engineTime, sinceText } from '../../src/collectors/docker/piece.ts';
import { TerminalDecoder } from '../../src/collectors/docker/terminal.ts';
import { int64Max } from '../../src/model/time.ts';

const stamp = (ns: number): string => `2026-11-24T15:04:05.${String(ns).padStart(9, '0')}Z `;
const frame = (stream: number, text: string | Buffer): Buffer => {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
};

interface Frame {
  readonly stream: 'stdout' | 'stderr' | 'error';
  readonly payload: Buffer;
}

function framesOf(decoder: FrameDecoder, chunk: Buffer): Frame[] {
  const frames: Frame[] = [];
  decoder.push(chunk, (stream, bytes, start, end) =>
    frames.push({ stream, payload: Buffer.from(bytes.subarray(start, end)) }),
  );
  return frames;
}

/** Cuts bytes at the given places, as a socket may. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

describe('frames', () => {
  it('come out the same however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ stream: fc.constantFrom(1, 2), payload: fc.uint8Array({ maxLength: 300 }) })),
        fc.array(fc.nat()),
        (frames, places) => {
          const bytes = Buffer.concat(
            frames.map(({ stream, payload }) => frame(stream, Buffer.from(payload))),
          );
          const decoder = new FrameDecoder();
          const out = cut(bytes, places).flatMap((chunk) => framesOf(decoder, chunk));
          expect(out).toEqual(
            frames.map(({ stream, payload }) => ({
              stream: stream === 1 ? 'stdout' : 'stderr',
              payload: Buffer.from(payload),
            })),
          );
        },
      ),
    );
  });

  it("agree with dockerode's own demultiplexer, byte for byte", () => {
    const frames = fc.array(
      fc.record({ stream: fc.constantFrom(1, 2), payload: fc.uint8Array({ minLength: 1, maxLength: 50 }) }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 5 }), (plan, places) => {
        const chunks = cut(
          Buffer.concat(plan.map(({ stream, payload }) => frame(stream, Buffer.from(payload)))),
          places,
        );
        const theirs = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
        const into = (list: Buffer[]): NodeJS.WritableStream =>
          ({ write: (bytes: Buffer) => list.push(Buffer.from(bytes)) }) as never;
        const source = new EventEmitter();
        new Docker().modem.demuxStream(source as never, into(theirs.stdout), into(theirs.stderr));
        const ours = { stdout: [] as Buffer[], stderr: [] as Buffer[], error: [] as Buffer[] };
        const decoder = new FrameDecoder();
        for (const chunk of chunks) {
          source.emit('data', Buffer.from(chunk));
          for (const { stream, payload } of framesOf(decoder, chunk)) ours[stream].push(payload);
        }
        for (const name of ['stdout', 'stderr'] as const)
          expect(Buffer.concat(ours[name])).toEqual(Buffer.concat(theirs[name]));
      }),
    );
  });

  it('a chunk of many one-byte frames', () => {
    const chunk = Buffer.concat(Array.from({ length: 100_000 }, () => frame(1, 'x')));
    expect(framesOf(new FrameDecoder(), chunk)).toHaveLength(100_000);
  });

  it.each([
    ['text', Buffer.from('hello world, no frames')],
    ['an unknown stream', frame(9, 'x')],
    ['a huge length', Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])],
  ])('refuses %s', (_, bytes) => expect(() => framesOf(new FrameDecoder(), bytes)).toThrow(FrameError));

  it('random bytes give frames or a FrameError, never anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        const decoder = new FrameDecoder();
        try {
          for (const chunk of chunks) framesOf(decoder, Buffer.from(chunk));
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
    );
  });
});

describe('events', () => {
  it('come out whole however their lines share or cut chunks; other lines are passed over', async () => {
    const text = [
      '{"Action":"start","Actor":{"ID":"a"},"timeNano":1795491986892404111}',
      'no JSON',
      '',
      '{"Action":"rename","Actor":{"ID":"grün","Attributes":{"name":"日本"}}}',
      '{"status":"pull"}',
      '{"Action":"die","id":"old API"}',
    ].join('\n');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 6 }), async (places) => {
        const events = [];
        for await (const event of readEvents(Readable.from(cut(Buffer.from(`${text}\n`), places))))
          events.push(event);
        expect(events).toEqual([
          { action: 'start', id: 'a' },
          { action: 'rename', id: 'grün' },
          { action: 'die', id: 'old API' },
        ]);
      }),
    );
  });
});

describe('times of the engine', () => {
  it.each([
    ['2026-11-24T15:04:05.000000001Z x', 1_795_532_645_000_000_001n, 31],
    ['2026-11-24T15:04:05.5Z x', 1_795_532_645_500_000_000n, 23],
    ['2026-11-24T15:04:05Z x', 1_795_532_645_000_000_000n, 21],
  ])('%s', (text, ns, textStart) => expect(engineTime(Buffer.from(text))).toEqual({ ns, textStart }));

  it.each(['', 'hello', '2026-11-24T15:04:05.00', '2026-11-24Tab:04:05.000000000Z x'])('none in %j', (text) =>
    expect(engineTime(Buffer.from(text))).toBeUndefined(),
  );

  it('since keeps all nine digits', () =>
    expect(sinceText(1_795_491_986_092_404_111n)).toBe('1795491986.092404111'));
});

function assemble(
  pieces: readonly (readonly [bigint, string])[],
  coarse = false,
  from: StreamPosition = streamStart,
) {
  const lines: string[] = [];
  const assembler = new LineAssembler(coarse, from, ({ text }) => lines.push(text));
  for (const [ns, text] of pieces) assembler.push(ns, Buffer.from(text));
  return { lines, assembler };
}

describe('lines', () => {
  const full = 'a'.repeat(pieceBytes);

  it.each<[string, [bigint, string][], string[]]>([
    [
      'plain',
      [
        [1n, 'x\n'],
        [2n, 'y\r\n'],
        [3n, '\n'],
      ],
      ['x', 'y', ''],
    ],
    [
      'json-file pieces',
      [
        [1n, full],
        [1n, full],
        [1n, 'end\n'],
        [2n, 'x\n'],
      ],
      [`${full}${full}end`, 'x'],
    ],
    [
      'json-file, exactly 16 KiB',
      [
        [1n, full],
        [1n, '\n'],
        [2n, 'x\n'],
      ],
      [full, 'x'],
    ],
    [
      'local pieces, closed by a short one',
      [
        [1n, full],
        [1n, 'end'],
        [2n, 'x\n'],
      ],
      [`${full}end`, 'x'],
    ],
    [
      'local pieces, closed by a new time',
      [
        [1n, full],
        [2n, 'x\n'],
      ],
      [full, 'x'],
    ],
    [
      'repeats after rotation',
      [
        [1n, 'x\n'],
        [2n, 'y\n'],
        [1n, 'x\n'],
        [2n, 'y\n'],
        [3n, 'z\n'],
      ],
      ['x', 'y', 'z'],
    ],
    [
      'last line without newline',
      [
        [1n, 'x\n'],
        [2n, 'y'],
      ],
      ['x', 'y'],
    ],
  ])('%s', (_, pieces, lines) => expect(assemble(pieces).lines).toEqual(lines));

  it('journald: equal microseconds are lines of their own, pieces differ in time', () => {
    const { lines } = assemble(
      [
        [1000n, 'x\n'],
        [1000n, 'x\n'],
        [2000n, full],
        [3000n, 'end\n'],
      ],
      true,
    );
    expect(lines).toEqual(['x', 'x', `${full}end`]);
  });

  it('journald: on reattach as many of the last microsecond are left out as were taken', () => {
    const { lines, assembler } = assemble(
      [
        [1000n, 'a\n'],
        [1000n, 'b\n'],
      ],
      true,
    );
    assembler.reattach();
    for (const text of ['a\n', 'b\n', 'c\n']) assembler.push(1000n, Buffer.from(text));
    expect(lines).toEqual(['a', 'b', 'c']);
  });

  it('an open line is thrown away on reattach and read again whole', () => {
    const { lines, assembler } = assemble([
      [1n, 'x\n'],
      [2n, full],
    ]);
    expect(assembler.openNs).toBe(2n);
    assembler.reattach();
    for (const [ns, text] of [
      [1n, 'x\n'],
      [2n, full],
      [2n, 'end\n'],
    ] as const)
      assembler.push(ns, Buffer.from(text));
    expect(lines).toEqual(['x', `${full}end`]);
  });

  it('of an endless line the beginning is kept', () => {
    const { lines } = assemble([
      ...Array.from({ length: 200 }, (): [bigint, string] => [1n, full]),
      [1n, 'end\n'],
    ]);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.length).toBeLessThanOrEqual(2 * 1024 * 1024);
  });

  it('a read cut anywhere and begun again from its position gives each line once', () => {
    const piece = fc.record({ step: fc.bigInt(1n, 3n), parts: fc.integer({ min: 1, max: 3 }) });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.nat(), (plan, stop) => {
        let ns = 0n;
        const pieces: [bigint, string][] = [];
        for (const [i, { step, parts }] of plan.entries()) {
          ns += step;
          for (let p = 1; p < parts; p++) pieces.push([ns, full]);
          pieces.push([ns, `${i}\n`]);
        }
        const whole = assemble(pieces).lines;
        const first = assemble(pieces.slice(0, stop % (pieces.length + 1)));
        const second = assemble(pieces, false, first.assembler.position);
        expect([...first.lines, ...second.lines]).toEqual(whole);
      }),
    );
  });
});

describe('terminal output', () => {
  const long = (last: string): string =>
    `${stamp(2)}${'a'.repeat(pieceBytes)}${stamp(2)}${'a'.repeat(pieceBytes)}${stamp(2)}${last}`;

  it.each([
    ['json-file', `${stamp(1)}short\r\n${long('end\r\n')}${stamp(3)}after\r\n`],
    [
      'local, whose long lines lose their newline',
      `${stamp(1)}short\r\n${long('end\r')}${stamp(3)}after\r\n`,
    ],
  ])('%s, cut anywhere', (_, text) => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 6 }), (places) => {
        const decoder = new TerminalDecoder();
        const lines: string[] = [];
        const assembler = new LineAssembler(false, streamStart, (line) => lines.push(line.text));
        const take = (piece: Buffer): void => {
          const time = engineTime(piece);
          expect(time).toBeDefined();
          if (time) assembler.push(time.ns, piece.subarray(time.textStart));
        };
        for (const chunk of cut(Buffer.from(text), places))
          for (const piece of decoder.push(chunk)) take(piece);
        const rest = decoder.end();
        if (rest) take(rest);
        expect(lines).toEqual(['short', `${'a'.repeat(2 * pieceBytes)}end`, 'after']);
      }),
      { numRuns: 200 },
    );
  });
});

describe('positions', () => {
  it('come back as they were', () => {
    const position = { fromNs: 5n, stdout: { ns: 7n, count: 2 }, stderr: streamStart };
    expect(decodePosition(encodePosition(position))).toEqual(position);
  });

  it.each(['', '{}', 'null', '{"from":"x"}'])('%j is none', (state) =>
    expect(decodePosition(state)).toBeUndefined(),
  );

  it.each<[string, bigint, [bigint, bigint | undefined][], bigint]>([
    [
      'nothing read',
      100n,
      [
        [-1n, undefined],
        [-1n, undefined],
      ],
      100n,
    ],
    [
      'two seconds before the newest',
      0n,
      [
        [9_000_000_000n, undefined],
        [1n, undefined],
      ],
      7_000_000_000n,
    ],
    [
      'an open line from long ago',
      0n,
      [
        [9_000_000_000n, undefined],
        [1n, 5n],
      ],
      5n,
    ],
  ])('%s', (_, floorNs, streams, from) => {
    expect(
      readFrom(
        floorNs,
        streams.map(([ns, heldNs]) => ({ position: { ns, count: 1 }, heldNs })),
        int64Max,
      ),
    ).toBe(from);
  });
});
