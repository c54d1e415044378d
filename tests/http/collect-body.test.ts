// Bodies as they arrive, piece by piece.
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { ByteRoom } from '../../src/http/server/byte-room.ts';
import { collectBody } from '../../src/http/server/collect-body.ts';

const room = new ByteRoom({ bytesMax: 1_000_000, heldElsewhere: () => 0, isShared: false });

/** What collectBody asks of a request. */
const requestOf = (stream: PassThrough, headers: Record<string, string> = {}): IncomingMessage =>
  Object.assign(stream, { headers }) as unknown as IncomingMessage;

it.each([{}, { 'content-length': '200000' }])(
  'copies each piece and gives it back at once, with %j',
  async (headers) => {
    const stream = new PassThrough();
    const place = room.enter('', '');
    const collected = collectBody(requestOf(stream, headers), 1_000_000, place);
    const pieces = ['x', 'y'].map((letter) => Buffer.allocUnsafeSlow(100_000).fill(letter));
    for (const piece of pieces) {
      const taken = once(stream, 'data');
      stream.write(piece);
      await taken;
      expect(piece.length).toBe(0);
    }
    stream.end();
    const body = Buffer.from(await collected).toString();
    expect(body).toBe('x'.repeat(100_000) + 'y'.repeat(100_000));
  },
);
