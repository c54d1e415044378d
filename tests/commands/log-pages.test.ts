// Paging against a server that does what the protocol says: [start, end), newest or oldest first, at most `limit`.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandError } from '../../src/commands/cli/command.ts';
import { queryPages } from '../../src/commands/client/log-pages.ts';
import { LokiClient } from '../../src/commands/client/loki-client.ts';

interface Stored {
  readonly timestampNs: bigint;
  readonly line: string;
  readonly stream: string;
}
let stored: readonly Stored[] = [];
let server: Server;
let client: LokiClient;

beforeAll(async () => {
  server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://x');
    const parameter = (name: string): string => searchParams.get(name) ?? '';
    const inRange = stored.filter(
      ({ timestampNs }) =>
        timestampNs >= BigInt(parameter('start')) && timestampNs < BigInt(parameter('end')),
    );
    // Stored ascending, equal times in order of arrival.
    const ordered = parameter('direction') === 'forward' ? inRange : inRange.toReversed();
    const taken = ordered.slice(0, Number(parameter('limit')));
    const streams = [...new Set(taken.map(({ stream }) => stream))].sort();
    const result = streams.map((app) => ({
      stream: { app },
      values: taken
        .filter(({ stream }) => stream === app)
        .map(({ timestampNs, line }) => [String(timestampNs), line]),
    }));
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'streams', result, stats: {} } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  client = new LokiClient(
    {
      url: new URL(`http://127.0.0.1:${port}`),
      headers: {},
      tls: { ca: undefined, cert: undefined, key: undefined, rejectUnauthorized: true },
      timeoutMs: 60_000,
      retries: 0,
    },
    new AbortController().signal,
  );
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function read(options: {
  direction: 'forward' | 'backward';
  limit: number;
  batch: number;
}): Promise<string[]> {
  const lines: string[] = [];
  const pages = queryPages(client, { ...options, query: '{}', startNs: 0n, endNs: 1000n });
  for await (const { entries } of pages)
    lines.push(...entries.map(({ timestampNs, labels, line }) => `${timestampNs} ${labels.app} ${line}`));
  return lines;
}

const entries = fc.array(
  fc.record({
    // Few times, so that many entries share one, and few lines, so that a pipeline's output repeats.
    timestampNs: fc.bigInt(0n, 6n),
    line: fc.constantFrom('a', 'b'),
    stream: fc.constantFrom('x', 'y'),
  }),
  { maxLength: 40 },
);

it('gives every entry once, whatever the size of a page', async () => {
  await fc.assert(
    fc.asyncProperty(
      entries,
      fc.constantFrom('forward' as const, 'backward' as const),
      fc.integer({ min: 1, max: 7 }),
      fc.oneof(fc.integer({ min: 1, max: 45 }), fc.constant(Number.POSITIVE_INFINITY)),
      async (list, direction, batch, limit) => {
        stored = list.toSorted((a, b) => Number(a.timestampNs - b.timestampNs));
        const found = await read({ direction, limit, batch });
        const ordered = direction === 'forward' ? stored : stored.toReversed();
        const wanted = ordered.map(({ timestampNs, line, stream }) => `${timestampNs} ${stream} ${line}`);
        const times = (lines: readonly string[]) => lines.map((line) => line.split(' ')[0]);
        expect(times(found)).toEqual(times(wanted).slice(0, limit));
        // Without a limit it is the same set; with one, which of a time's entries are taken is the server's choice.
        if (limit >= wanted.length) expect(found.toSorted()).toEqual(wanted.toSorted());
      },
    ),
    { numRuns: 150 },
  );
});

it('says what to do when one time has more entries than a page can hold', async () => {
  stored = Array.from({ length: 5001 }, (_, i) => ({ timestampNs: 5n, line: String(i), stream: 'x' }));
  const reading = read({ direction: 'forward', limit: Number.POSITIVE_INFINITY, batch: 3000 });
  await expect(reading).rejects.toThrow(CommandError);
  await expect(reading).rejects.toThrow('raise --batch');
});
