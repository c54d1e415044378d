// Push to frame through the real threads: ingest worker, store, tail worker.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIngestThread, startTailThread } from '../../src/gateway/threads/start.ts';
import { IngestClient } from '../../src/ingest/client/ingest-client.ts';
import { defaultBodyLimits } from '../../src/ingest/limits/limits.ts';
import { EntryBatch } from '../../src/ingest/sink/entry-batch.ts';
import { portSink } from '../../src/ingest/sink/port-sink.ts';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { SqliteStoreHost } from '../../src/sqlite/main/host.ts';
import { storeSettings } from '../../src/sqlite/main/settings.ts';
import { type TailHandle, TailHub } from '../../src/tail/tail-hub.ts';
import { roomyLimits } from '../ingest/push-harness.ts';

interface Frame {
  readonly streams: readonly {
    readonly stream: Readonly<Record<string, string>>;
    readonly values: readonly (readonly unknown[])[];
  }[];
  readonly encodingFlags?: readonly string[];
}

let folder: string;
let host: SqliteStoreHost;
let ingest: IngestClient;
let hub: TailHub;
const dropped: [string, number][] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-tail-'));
  host = await SqliteStoreHost.open(storeSettings(join(folder, 'store.db')));
  ingest = await IngestClient.start({
    store: host,
    startThread: startIngestThread,
    hangTimeoutMs: 60_000,
    limits: { defaults: roomyLimits, overrides: {} },
    bodyLimits: defaultBodyLimits,
    onMetrics: () => {},
    onFailure: (error) => {
      throw error;
    },
  });
  hub = new TailHub({
    startThread: startTailThread,
    idleEndMs: 1,
    ingestPort: () => ingest.tailPort(),
    onDropped: (tenant, entries) => dropped.push([tenant, entries]),
    onWorkerLost: (error) => {
      throw error;
    },
  });
});

afterAll(async () => {
  await hub.close();
  await ingest.close();
  await host.close();
  await rm(folder, { recursive: true });
});

async function push(tenant: string, streams: unknown): Promise<void> {
  const body = new Uint8Array(Buffer.from(JSON.stringify({ streams }))).buffer;
  const response = await ingest.push({
    tenant,
    sender: '',
    format: 'loki',
    contentType: 'application/json',
    contentEncoding: undefined,
    userAgent: undefined,
    idempotencyKey: undefined,
    options: {},
    body,
  });
  expect(response).toEqual({ status: 204, message: '' });
}

const now = (): string => `${Date.now()}000000`;

/** A subscription whose frames are awaited one after the other. */
async function tail(
  tenant: string,
  query: string,
  options: { categorizeLabels?: boolean; delayMs?: number } = {},
): Promise<{ next: () => Promise<Frame>; frames: Frame[]; handle: TailHandle }> {
  const frames: Frame[] = [];
  let wake = (): void => {};
  let taken = 0;
  const handle = await hub.subscribe(
    { tenant, query: parseLogQuery(query), categorizeLabels: false, delayMs: 0, ...options },
    {
      onFrame: (frame) => {
        frames.push(JSON.parse(Buffer.from(frame).toString()) as Frame);
        wake();
      },
      onEnd: (reason) => {
        throw new Error(reason);
      },
    },
  );
  const next = async (): Promise<Frame> => {
    while (taken >= frames.length) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return frames[taken++] as Frame;
  };
  return { next, frames, handle };
}

describe('tail', () => {
  it('sends what is pushed after it subscribed, labels merged', async () => {
    const { next, handle } = await tail('fake', '{app="a"} |= "keep" | logfmt');
    const at = now();
    await push('fake', [
      {
        stream: { app: 'a' },
        values: [
          [at, 'keep level=warn x=1', { trace: 't' }],
          [at, 'other'],
        ],
      },
      { stream: { app: 'b' }, values: [[at, 'keep, but not of this stream']] },
    ]);
    expect(await next()).toEqual({
      streams: [
        {
          stream: {
            app: 'a',
            service_name: 'a',
            detected_level: 'warn',
            trace: 't',
            level: 'warn',
            x: '1',
          },
          values: [[at, 'keep level=warn x=1']],
        },
      ],
    });
    handle.close();
  });

  it('categorises labels when asked', async () => {
    const { next, handle } = await tail('fake', '{app="c"} | json', { categorizeLabels: true });
    const at = now();
    await push('fake', [{ stream: { app: 'c' }, values: [[at, '{"k":"v"}', { id: '1' }]] }]);
    expect(await next()).toEqual({
      streams: [
        {
          stream: { app: 'c', service_name: 'c' },
          values: [
            [
              at,
              '{"k":"v"}',
              { structuredMetadata: { detected_level: 'unknown', id: '1' }, parsed: { k: 'v' } },
            ],
          ],
        },
      ],
      encodingFlags: ['categorize-labels'],
    });
    handle.close();
  });

  it('keeps tenants apart', async () => {
    const mine = await tail('one', '{app=~".+"}');
    await push('two', [{ stream: { app: 'x' }, values: [[now(), 'of two']] }]);
    await push('one', [{ stream: { app: 'x' }, values: [[now(), 'of one']] }]);
    const frame = await mine.next();
    expect(frame.streams.flatMap(({ values }) => values.map(([, line]) => line))).toEqual(['of one']);
    mine.handle.close();
  });

  it('sends entries of collectors', async () => {
    const { next, handle } = await tail('fake', '{source="collector"}');
    const sink = portSink(ingest.sinkPort('fake'));
    const labels = [['source', 'collector']] as const;
    const batch = new EntryBatch();
    batch.add({ labels, timestampNs: BigInt(now()), line: 'from a file', structuredMetadata: [] });
    await sink.write(batch.packed(), [{ source: 'files', key: 'f', state: '11' }], 'files');
    expect((await next()).streams[0]?.values[0]?.[1]).toBe('from a file');
    expect(await sink.checkpoints('files')).toEqual([{ source: 'files', key: 'f', state: '11' }]);
    sink.close();
    handle.close();
  });

  it('ends a tail whose regex is too expensive for a line, and no other', async () => {
    const reason = new Promise<string>((resolve, reject) => {
      hub
        .subscribe(
          {
            tenant: 'fake',
            query: parseLogQuery('{app="d"} |~ "(?:a|b)*a(?:a|b){998}c"'),
            categorizeLabels: false,
            delayMs: 0,
          },
          { onFrame: () => {}, onEnd: resolve },
        )
        .catch(reject);
    });
    const { next, handle } = await tail('fake', '{app="d"}');
    // No two places of the line are alike, so that no automaton of few states reads it.
    let state = 1;
    const line = Array.from({ length: 100_000 }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >> 16) & 1 ? 'a' : 'b';
    }).join('');
    await push('fake', [{ stream: { app: 'd' }, values: [[now(), line]] }]);
    expect(await reason).toMatch(/^regular expression too expensive for a text this long/);
    expect((await next()).streams[0]?.values[0]?.[1]).toBe(line);
    handle.close();
  });

  it('its thread ends after the last tail, and the next one has another', async () => {
    for (let round = 0; round < 2; round++) {
      await expect.poll(() => hub.isRunning).toBe(false);
      const { next, handle } = await tail('fake', '{app="e"}');
      expect(hub.isRunning).toBe(true);
      await push('fake', [{ stream: { app: 'e' }, values: [[now(), `round ${round}`]] }]);
      expect((await next()).streams[0]?.values[0]?.[1]).toBe(`round ${round}`);
      handle.close();
    }
  });

  it('refuses a query with a bad stage', async () => {
    const query = { kind: 'logQuery', matchers: [], stages: [{ kind: 'regexp', pattern: '(' }] } as const;
    const frames = { onFrame: () => {}, onEnd: () => {} };
    const options = { tenant: 'fake', query, categorizeLabels: false, delayMs: 0 };
    await expect(hub.subscribe(options, frames)).rejects.toThrow(/regexp/);
  });
});
