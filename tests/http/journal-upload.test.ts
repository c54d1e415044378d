// A journal on its way: how long it may take, what is sent again, and what ends it.
import { request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { type FakeGateway, type FakeOptions, startFakeGateway } from './fake-gateway.ts';

let gateway: FakeGateway;
afterEach(() => gateway.close());
const start = async (options: FakeOptions = {}): Promise<void> => {
  gateway = await startFakeGateway(options);
};

const contentType = 'application/vnd.fdo.journal';
const entry = (message: string): string => `__REALTIME_TIMESTAMP=1795492000000000\nMESSAGE=${message}\n\n`;

interface Ended {
  readonly status: number;
  readonly text: string;
}

/** Sends pieces one after the other, as they come. Rejects when the connection is cut. */
async function upload(
  pieces: AsyncIterable<string> | Iterable<string>,
  type = contentType,
  onClose: () => void = () => {},
): Promise<Ended> {
  const options = { method: 'POST', headers: { 'content-type': type }, agent: false as const };
  const request = httpRequest(`${gateway.url}/upload`, options);
  const ended = new Promise<Ended>((resolve, reject) => {
    request
      .on('close', onClose)
      .on('error', reject)
      .on('response', async (response) => {
        let text = '';
        for await (const chunk of response) text += String(chunk);
        resolve({ status: response.statusCode ?? 0, text });
      });
  });
  ended.catch(() => {});
  for await (const piece of pieces) if (!request.destroyed) request.write(piece);
  if (!request.destroyed) request.end();
  return ended;
}

const pushed = (): string => gateway.pushes.map(({ body }) => Buffer.from(body).toString()).join('');

it('it is pushed in pieces of whole entries, in order', async () => {
  await start();
  const entries = Array.from({ length: 30 }, (_, i) => entry(`${i} ${'x'.repeat(100_000)}`));
  const halves = entries.flatMap((one) => [one.slice(0, 50_000), one.slice(50_000)]);
  expect(await upload(halves)).toEqual({ status: 202, text: 'OK.\n' });
  expect(gateway.pushes.length).toBeGreaterThan(1);
  for (const { body } of gateway.pushes) expect(Buffer.from(body).subarray(-2).toString()).toBe('\n\n');
  expect(pushed()).toBe(entries.join(''));
});

it('it may take longer than other requests, as long as something comes', async () => {
  await start({ settings: { requestTimeoutMs: 500 } });
  const entries = Array.from({ length: 12 }, (_, i) => entry(String(i)));
  const slowly = async function* (): AsyncGenerator<string> {
    for (const one of entries) {
      yield one;
      await delay(100);
    }
  };
  expect(await upload(slowly())).toMatchObject({ status: 202 });
  expect(pushed()).toBe(entries.join(''));
});

it('one of which nothing comes any more is cut', async () => {
  await start({ settings: { requestTimeoutMs: 100 } });
  let cut = (): void => {};
  const isCut = new Promise<void>((resolve) => {
    cut = resolve;
  });
  const stalled = async function* (): AsyncGenerator<string> {
    yield entry('a');
    await isCut;
  };
  await expect(upload(stalled(), contentType, cut)).rejects.toThrow();
  expect(gateway.pushes).toEqual([]);
});

it('a piece for which there is no place now is pushed again', async () => {
  let refusals = 2;
  await start({
    push: async () =>
      refusals-- > 0 ? { status: 503, message: 'full', retryAfterSeconds: 0 } : { status: 202, message: '' },
  });
  expect(await upload([entry('a')])).toEqual({ status: 202, text: 'OK.\n' });
  expect(pushed()).toBe(entry('a').repeat(3));
});

it.each<[name: string, options: FakeOptions, body: string, type: string, status: number]>([
  ['of another type', {}, entry('a'), 'text/plain', 415],
  ['that is none', {}, '=x\n\n', contentType, 400],
  ['that ends in its middle', {}, 'A=b\n', contentType, 400],
  [
    'with an entry that is too long',
    { settings: { pushBodyBytesMax: 100 } },
    entry('x'.repeat(200)),
    contentType,
    400,
  ],
  ['for which there is no room', { bytesInFlight: () => 2 ** 40 }, entry('a'), contentType, 429],
  [
    'that ingest refuses',
    { push: async () => ({ status: 400, message: 'no' }) },
    entry('a'),
    contentType,
    400,
  ],
])('one %s is refused', async (_name, options, body, type, status) => {
  await start(options);
  expect(await upload([body], type)).toMatchObject({ status });
});
