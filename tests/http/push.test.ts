import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeGateway, type FakeOptions, startFakeGateway } from './fake-gateway.ts';

let gateway: FakeGateway;
afterEach(() => gateway.close());

const path = '/loki/api/v1/push';

async function push(options: FakeOptions, init: RequestInit = {}, to = path) {
  gateway = await startFakeGateway(options);
  const response = await fetch(gateway.url + to, { method: 'POST', body: 'body', ...init });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** Bytes on a raw socket, and all that comes back until the other end closes. */
async function raw(text: string): Promise<string> {
  const socket = connect(gateway.port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

describe('a body', () => {
  it('is handed over as it came, with its headers, in memory of its own', async () => {
    const body = new Uint8Array(100_000).map((_, index) => index % 251);
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'user-agent': 'promtail/3',
    };
    expect(await push({}, { body, headers })).toMatchObject({ status: 204, text: '' });
    const [request] = gateway.pushes;
    expect(request).toMatchObject({
      tenant: 'fake',
      format: 'loki',
      contentType: 'application/x-protobuf',
      contentEncoding: 'snappy',
      userAgent: 'promtail/3',
      idempotencyKey: undefined,
    });
    expect(Buffer.from(request?.body ?? new ArrayBuffer(0)).equals(body)).toBe(true);
    const structured = structuredClone(request?.body, { transfer: [request?.body as ArrayBuffer] });
    expect(structured?.byteLength).toBe(100_000);
  });

  it('may come without a length', async () => {
    gateway = await startFakeGateway();
    const pieces = ['x'.repeat(70_000), 'y'.repeat(10), 'z'.repeat(200_000)];
    const chunked = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('');
    await raw(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunked}0\r\n\r\n`,
    );
    expect(Buffer.from(gateway.pushes[0]?.body ?? new ArrayBuffer(0)).toString()).toBe(pieces.join(''));
  });

  it('may be empty', async () => {
    await push({}, { body: '' });
    expect(gateway.pushes[0]?.body.byteLength).toBe(0);
  });

  it.each([
    ['/loki/api/v1/push', 'loki'],
    ['/api/prom/push', 'loki-legacy'],
    ['/otlp/v1/logs', 'otlp'],
    ['/v1/logs', 'otlp'],
    ['/loki/api/v1/otlp/v1/logs', 'otlp'],
  ])('at %s is %s', async (to, format) => {
    await push({}, {}, to);
    expect(gateway.pushes[0]?.format).toBe(format);
  });
});

describe('bounds', () => {
  const settings = { pushBodyBytesMax: 1000, pushBytesInFlightMax: 5000 };
  const tooLarge = 'request body too large: message size too large than max (1001 vs 1000)\n';

  it('refuses an announced length above the limit without reading', async () => {
    expect(await push({ settings }, { body: 'x'.repeat(1001) })).toMatchObject({
      status: 413,
      text: tooLarge,
    });
    expect(gateway.pushes).toEqual([]);
  });

  it('takes a body of exactly the limit', async () => {
    expect(await push({ settings }, { body: 'x'.repeat(1000) })).toMatchObject({ status: 204 });
  });

  it('refuses a body without a length once it is too long', async () => {
    gateway = await startFakeGateway({ settings });
    const piece = `3e9\r\n${'x'.repeat(1001)}\r\n`;
    const answer = await raw(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${piece}0\r\n\r\n`,
    );
    expect(answer).toContain('HTTP/1.1 413');
    expect(answer).toContain(tooLarge);
  });

  it('asks to come later while too much is in flight', async () => {
    const answer = await push({ settings, bytesInFlight: () => 4999 }, { body: 'xx' });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
    expect(answer.text).toContain('too many bytes of pushes in flight');
    expect(gateway.pushes).toEqual([]);
    expect(await gateway.metricsText()).toContain('skald_push_overload_total 1');
  });

  it('asks to come later as soon as what has come is too much', async () => {
    gateway = await startFakeGateway({ settings, bytesInFlight: () => 4500 });
    const piece = `258\r\n${'x'.repeat(0x258)}\r\n`;
    const answer = await raw(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${piece}0\r\n\r\n`,
    );
    expect(answer).toContain('HTTP/1.1 429');
    expect(gateway.pushes).toEqual([]);
  });

  it('keeps no room for what slow senders announce', async () => {
    gateway = await startFakeGateway({ settings });
    const slow = Array.from({ length: 8 }, () => connect(gateway.port, '127.0.0.1'));
    for (const socket of slow) {
      await once(socket, 'connect');
      socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n`);
    }
    const response = await fetch(gateway.url + path, { method: 'POST', body: 'x'.repeat(900) });
    expect(response.status).toBe(204);
    for (const socket of slow) socket.destroy();
  });

  it('lets one body through however small the bound is', async () => {
    const small = { pushBodyBytesMax: 1000, pushBytesInFlightMax: 10 };
    expect(await push({ settings: small }, { body: 'x'.repeat(500) })).toMatchObject({ status: 204 });
  });

  it('gives the memory back when clients leave in the middle', async () => {
    gateway = await startFakeGateway({ settings });
    for (let i = 0; i < 20; i++) {
      const socket = connect(gateway.port, '127.0.0.1');
      socket.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nhalf`);
      await once(socket, 'connect');
      socket.destroy();
      await once(socket, 'close');
    }
    const response = await fetch(gateway.url + path, { method: 'POST', body: 'x'.repeat(900) });
    expect(response.status).toBe(204);
    expect(gateway.pushes).toHaveLength(1);
  });
});

describe('answers', () => {
  it('end with a newline when they are errors', async () => {
    const answer = await push({ push: async () => ({ status: 400, message: 'bad entry' }) });
    expect(answer).toMatchObject({ status: 400, text: 'bad entry\n' });
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  it('carry the body that ingest made', async () => {
    const body = Uint8Array.of(0x12, 1, 65);
    const answer = await push({
      push: async () => ({ status: 400, message: '', body, contentType: 'application/octet-stream' }),
    });
    expect(answer).toMatchObject({ status: 400, text: '\u0012\u0001A' });
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
  });

  it('say 503 when ingest is gone', async () => {
    const answer = await push({ push: () => Promise.reject(new Error('worker exited')) });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  });
});

describe('tenants', () => {
  const settings = { authEnabled: true };

  it.each([
    [undefined, 401, 'no org id'],
    ['', 401, 'no org id'],
    ['   ', 401, 'no org id'],
    ['a,b', 400, "tenant ID 'a,b' contains unsupported character ','"],
    ['bad/tenant', 400, "tenant ID 'bad/tenant' contains unsupported character '/'"],
    ['.', 400, "tenant ID is '.' or '..'"],
    ['a'.repeat(151), 400, 'tenant ID is too long: max 150 characters'],
    ['a|b', 400, 'multiple org IDs present'],
    ['a||b', 400, 'multiple org IDs present'],
  ])('%j is refused', async (tenant, status, text) => {
    const headers = tenant === undefined ? {} : { 'X-Scope-OrgID': tenant };
    expect(await push({ settings }, { headers })).toMatchObject({ status, text });
    expect(gateway.pushes).toEqual([]);
  });

  it.each([
    ['a|a', 'a'],
    ["bang!star*'(paren)", "bang!star*'(paren)"],
    ['a'.repeat(150), 'a'.repeat(150)],
  ])('%j is %j', async (header, tenant) => {
    await push({ settings }, { headers: { 'X-Scope-OrgID': header } });
    expect(gateway.pushes[0]?.tenant).toBe(tenant);
  });

  it('are all one without multi-tenancy', async () => {
    await push({}, { headers: { 'X-Scope-OrgID': 'a/b' } });
    expect(gateway.pushes[0]?.tenant).toBe('fake');
  });
});
