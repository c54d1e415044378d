// Frames, TTY output, pieces of lines: pure parts of the Docker collector.

import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';
import Docker from 'dockerode';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePosition, encodePosition, readFrom } from '../../src/collectors/docker/checkpoint.ts';
import {
  type Dialect,
  dialectOf,
  dockerDialect,
  journaldDialect,
  pieceBytes,
  podmanDialect,
} from '../../src/collectors/docker/dialect.ts';
import { readEvents } from '../../src/collectors/docker/engine.ts';
import { FrameDecoder, FrameError } from '../../src/collectors/docker/frames.ts';
import { LineAssembler, type StreamPosition, streamStart } from '../../src/collectors/docker/lines.ts';
import { engineTime, sinceText } from '../../src/collectors/docker/log-piece.ts';
import { TerminalDecoder } from '../../src/collectors/docker/terminal.ts';
import { int64Max } from '../../src/model/time.ts';

/** Of a payload, and of a line. */
const keptBytesMax = 2 ** 20;
const lineBytesMax = 2 ** 20;

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
          const decoder = new FrameDecoder(keptBytesMax);
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
        const decoder = new FrameDecoder(keptBytesMax);
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
    expect(framesOf(new FrameDecoder(keptBytesMax), chunk)).toHaveLength(100_000);
  });

  it.each([
    ['text', Buffer.from('hello world, no frames')],
    ['an unknown stream', frame(9, 'x')],
    ['a huge length', Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff])],
  ])('refuses %s', (_, bytes) =>
    expect(() => framesOf(new FrameDecoder(keptBytesMax), bytes)).toThrow(FrameError),
  );

  it('of a payload that is too long the beginning and the last byte are kept, however it is cut', () => {
    const text = `${'x'.repeat(50)}${'y'.repeat(50)}\n`;
    const bytes = Buffer.concat([frame(1, text), frame(2, 'next\n'), frame(1, text)]);
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), (places) => {
        const decoder = new FrameDecoder(60);
        const frames: string[] = [];
        for (const chunk of cut(bytes, places))
          decoder.push(chunk, (stream, of, start, end, truncatedBytes) =>
            frames.push(`${stream} ${of.toString('utf8', start, end)} ${truncatedBytes}`),
          );
        const long = `stdout ${'x'.repeat(50)}${'y'.repeat(10)}\n 40`;
        expect(frames).toEqual([long, 'stderr next\n 0', long]);
      }),
    );
  });

  it('random bytes give frames or a FrameError, never anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        const decoder = new FrameDecoder(keptBytesMax);
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
    ['2026-11-24T15:04:05+00:00 x', 1_795_532_645_000_000_000n, 26],
    ['2026-11-24T16:04:05+01:00 x', 1_795_532_645_000_000_000n, 26],
    ['2026-11-24T20:34:05.25+05:30 x', 1_795_532_645_250_000_000n, 29],
    ['2026-11-24T07:04:05.123456789-08:00 x', 1_795_532_645_123_456_789n, 36],
  ])('%s', (text, ns, textStart) => expect(engineTime(Buffer.from(text))).toEqual({ ns, textStart }));

  it.each([
    '',
    'hello',
    '2026-11-24T15:04:05.00',
    '2026-11-24T15:04:05+0100 x',
    '2026-11-24T15:04:05+1',
    '2026-11-24Tab:04:05.000000000Z x',
  ])('none in %j', (text) => expect(engineTime(Buffer.from(text))).toBeUndefined());

  it('since keeps all nine digits', () =>
    expect(sinceText(1_795_491_986_092_404_111n)).toBe('1795491986.092404111'));
});

function assemble(
  pieces: readonly (readonly [bigint, string])[],
  dialect: Dialect = dockerDialect,
  from: StreamPosition = streamStart,
) {
  const lines: string[] = [];
  const assembler = new LineAssembler({
    dialect,
    from,
    lineBytesMax,
    emit: ({ text }) => lines.push(text),
  });
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

  it.each([1, 2, 3, 4, 5, 7, 8, 64, 255])(
    'of %i characters, with one time, that differ in one of them: all are news once, and repeats later',
    (length) => {
      const base = 'a'.repeat(length);
      const texts = Array.from({ length }, (_, at) => `${base.slice(0, at)}b${base.slice(at + 1)}`);
      const pieces = [base, ...texts].map((text): [bigint, string] => [1n, `${text}\n`]);
      expect(assemble([...pieces, ...pieces, [2n, 'z\n']]).lines).toEqual([base, ...texts, 'z']);
    },
  );

  it('journald: equal microseconds are lines of their own, pieces differ in time', () => {
    const { lines } = assemble(
      [
        [1000n, 'x\n'],
        [1000n, 'x\n'],
        [2000n, full],
        [3000n, 'end\n'],
      ],
      journaldDialect,
    );
    expect(lines).toEqual(['x', 'x', `${full}end`]);
  });

  it('journald: on reattach as many of the last microsecond are left out as were taken', () => {
    const { lines, assembler } = assemble(
      [
        [1000n, 'a\n'],
        [1000n, 'b\n'],
      ],
      journaldDialect,
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
    expect(lines[0]?.length).toBe(lineBytesMax);
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
        const second = assemble(pieces, dockerDialect, first.assembler.position);
        expect([...first.lines, ...second.lines]).toEqual(whole);
      }),
    );
  });
});

describe('lines of equal times', () => {
  const second = 1_000_000_000n;
  const times = fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 40 });

  it.each([
    ['of Podman', podmanDialect],
    ['of an engine that does not say what it is', dialectOf('', 'json-file')],
    ['of the driver journald', journaldDialect],
  ])('%s: each once however it is cut, crashed, read again and repeated, equal texts too', (_, dialect) => {
    fc.assert(
      fc.property(times, fc.array(fc.tuple(fc.nat(), fc.boolean())), (steps, stops) => {
        let ns = second;
        const pieces = steps.map((step, i): [bigint, string] => {
          ns += BigInt(step) * second;
          return [ns, `${i % 3}\n`];
        });
        const taken: string[] = [];
        const stamps: bigint[] = [];
        let from: StreamPosition = streamStart;
        const open = (): LineAssembler =>
          new LineAssembler({
            dialect,
            from,
            lineBytesMax,
            emit: ({ text, timestampNs, position }) => {
              taken.push(`${text}\n`);
              stamps.push(timestampNs);
              from = position;
            },
          });
        let assembler = open();
        const read = (end: number): void => {
          const since = assembler.position.ns;
          for (const [at, text] of pieces.slice(0, end))
            if (at >= since) assembler.push(at, Buffer.from(text));
        };
        for (const [stop, isCrash] of stops) {
          read(stop % (pieces.length + 1));
          if (isCrash) assembler = open();
          else assembler.reattach();
        }
        read(pieces.length);
        expect(taken).toEqual(pieces.map(([, text]) => text));
        expect(new Set(stamps).size).toBe(pieces.length);
      }),
    );
  });

  it('of Docker: other texts are other lines, the same text was sent again', () => {
    const { lines } = assemble([
      [1n, 'x\n'],
      [1n, 'y\n'],
      [1n, 'x\n'],
      [1n, 'y\n'],
      [2n, 'x\n'],
    ]);
    expect(lines).toEqual(['x', 'y', 'x']);
  });

  it('pieces of a line that Docker sends again, also while it is open', () => {
    const full = 'a'.repeat(pieceBytes);
    const { lines } = assemble([
      [1n, 'x\n'],
      [2n, full],
      [1n, 'x\n'],
      [2n, full],
      [2n, full],
      [2n, 'end\n'],
      [2n, full],
      [2n, full],
      [2n, 'end\n'],
    ]);
    expect(lines).toEqual(['x', `${full}${full}end`]);
  });

  it('of Podman: a line ends at its newline alone, in pieces of any length and time', () => {
    const { lines } = assemble(
      [
        [second, 'a'],
        [2n * second, 'b\n'],
        [2n * second, `${'c'.repeat(40_000)}`],
        [3n * second, '\n'],
      ],
      podmanDialect,
    );
    expect(lines).toEqual(['ab', 'c'.repeat(40_000)]);
  });
});

describe('lines that are too long', () => {
  it.each<[string, string[], string, number]>([
    ['in one piece', ['0123456789abc\n'], '0123456789', 3],
    ['in several', ['01234', '56789', 'abc', 'def\n'], '0123456789', 6],
    ['exactly as long as they may be', ['01234', '56789', '\n'], '0123456789', 0],
    ['within a character', ['01234567é…\n'], '01234567é', 3],
    ['within a character of four bytes', ['01234567😀😀\n'], '01234567', 8],
  ])('%s are cut behind a whole character, and say what they lack', (_, pieces, text, truncatedBytes) => {
    const cutLines: unknown[] = [];
    const assembler = new LineAssembler({
      dialect: podmanDialect,
      from: streamStart,
      lineBytesMax: 10,
      emit: (line) => cutLines.push({ text: line.text, truncatedBytes: line.truncatedBytes }),
    });
    for (const piece of pieces) assembler.push(1n, Buffer.from(piece));
    assembler.push(2n, Buffer.from('next\n'));
    expect(cutLines).toEqual([
      { text, truncatedBytes },
      { text: 'next', truncatedBytes: 0 },
    ]);
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
        const assembler = new LineAssembler({
          dialect: dockerDialect,
          from: streamStart,
          lineBytesMax,
          emit: (line) => lines.push(line.text),
        });
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
