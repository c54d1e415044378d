// gRPC's listener over real sockets: what a call is, who may make it, how it ends, and what it may cost.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, connect, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { status as code, credentials } from '@grpc/grpc-js';
import fc from 'fast-check';
import protobuf from 'protobufjs/minimal.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { hashToken } from '../../src/http/auth/credentials.ts';
import { receiveMessage } from '../../src/http/grpc/receive-message.ts';
import { ByteRoom } from '../../src/http/server/byte-room.ts';
import { grpcDefaults, type HttpSettings } from '../../src/http/server/settings.ts';
import type { PushResponse } from '../../src/ingest/client/ingest-service.ts';
import { encodePushRequest, nowNs } from '../push-body.ts';
import { Certificates } from '../real/certificates.ts';
import { components, describeWith } from '../real/require-component.ts';
import { freePort } from '../server.ts';
import { type FakeGateway, type FakeOptions, startFakeGateway } from './fake-gateway.ts';
import { GrpcClient, healthPath, otlpPath, pushPath } from './grpc-client.ts';

let gateway: FakeGateway;
let grpcPort = 0;
let client: GrpcClient;

async function start(options: FakeOptions = {}, grpc: Partial<HttpSettings['grpc']> = {}): Promise<void> {
  grpcPort = await freePort();
  gateway = await startFakeGateway({
    ...options,
    settings: {
      ...options.settings,
      grpc: { ...grpcDefaults, listenAddress: '127.0.0.1', listenPort: grpcPort, ...grpc },
    },
  });
  client = new GrpcClient(grpcPort);
}
afterEach(async () => {
  client.close();
  await gateway.close();
});

const message = encodePushRequest([{ labels: '{a="b"}', entries: [{ timestampNs: nowNs(), line: 'x' }] }]);

/** Ends a call that is made by hand; resolves with its status. */
async function rawCall(
  session: ClientHttp2Session,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  const stream = session.request({
    ':method': 'POST',
    ':path': pushPath,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const seen: Record<string, unknown> = {};
  const keep = (more: object): void => {
    Object.assign(seen, more);
  };
  stream
    .on('response', keep)
    .on('trailers', keep)
    .on('error', () => {});
  stream.resume().end(body);
  await once(stream, 'close');
  return seen;
}

function framed(bytes: Uint8Array, { compressed = 0, length = bytes.length } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, bytes]);
}

describe('calls', () => {
  it.each([
    [pushPath, 'loki-grpc'],
    [otlpPath, 'otlp'],
  ])('%s hands its message over as it came', async (path, format) => {
    await start();
    const { code: ended, message: answer } = await client.call(path, message);
    expect([ended, answer?.length]).toEqual([code.OK, 0]);
    expect(gateway.pushes).toMatchObject([
      { tenant: 'fake', format, contentType: 'application/x-protobuf', contentEncoding: undefined },
    ]);
    expect(Buffer.from(gateway.pushes[0]?.body ?? new ArrayBuffer(0))).toEqual(Buffer.from(message));
    expect(gateway.pushes[0]?.userAgent).toContain('grpc-node-js');
  });

  it.each([
    [1, 'deflate'],
    [2, 'gzip'],
  ] as const)('a compressed message (%s) goes on with its encoding', async (compression, name) => {
    await start();
    const compressing = new GrpcClient(grpcPort, { compression });
    expect((await compressing.call(pushPath, message)).code).toBe(code.OK);
    compressing.close();
    expect(gateway.pushes).toMatchObject([{ contentEncoding: name }]);
  });

  it('says whether it is ready', async () => {
    let problem: string | undefined;
    await start({ notReady: () => problem });
    expect((await client.call(healthPath, new Uint8Array())).message).toEqual(Buffer.from([8, 1]));
    problem = 'starting';
    expect((await client.call(healthPath, new Uint8Array())).message).toEqual(Buffer.from([8, 2]));
  });

  it.each<[answer: PushResponse, code: number]>([
    [{ status: 204, message: '' }, code.OK],
    [{ status: 260, message: 'blocked' }, code.OK],
    [{ status: 400, message: '10% is “wrong”' }, code.INVALID_ARGUMENT],
    [{ status: 413, message: 'too large' }, code.RESOURCE_EXHAUSTED],
    [{ status: 422, message: 'nothing' }, code.INVALID_ARGUMENT],
    [{ status: 429, message: 'later', retryAfterSeconds: 7 }, code.UNAVAILABLE],
    [{ status: 500, message: 'broken' }, code.INTERNAL],
    [{ status: 503, message: 'full', retryAfterSeconds: 1 }, code.UNAVAILABLE],
  ])('an answer of ingest %o is the code %i with its text', async (answer, expected) => {
    await start({ push: async () => answer });
    const end = await client.call(pushPath, message);
    expect(end.code).toBe(expected);
    expect(end.details).toBe(expected === code.OK ? '' : answer.message);
    const details = end.metadata.get('grpc-status-details-bin')[0];
    expect(details === undefined ? undefined : retrySeconds(details as Buffer)).toBe(
      answer.retryAfterSeconds,
    );
  });

  it('that are none are refused, each in its way', async () => {
    await start();
    expect((await client.call('/logproto.Querier/Query', message)).code).toBe(code.UNIMPLEMENTED);
    const session = connect(`http://127.0.0.1:${grpcPort}`);
    const statusOf = async (...call: [Uint8Array, Record<string, string>?]): Promise<unknown> =>
      (await rawCall(session, ...call))['grpc-status'];
    expect(await rawCall(session, framed(message), { 'content-type': 'text/plain' })).toMatchObject({
      ':status': 415,
    });
    expect(await statusOf(framed(message, { length: message.length + 1 }))).toBe(
      String(code.INVALID_ARGUMENT),
    );
    expect(await statusOf(new Uint8Array(3))).toBe(String(code.INVALID_ARGUMENT));
    expect(await statusOf(Buffer.concat([framed(message), framed(message)]))).toBe(
      String(code.UNIMPLEMENTED),
    );
    expect(await statusOf(framed(message, { compressed: 1 }))).toBe(String(code.INTERNAL));
    expect(gateway.pushes).toEqual([]);
    expect(await statusOf(framed(message))).toBe(String(code.OK));
    session.destroy();
  });

  it('are counted by method and outcome', async () => {
    await start();
    await client.call(pushPath, message);
    await client.call('/some/Thing', message);
    const text = await gateway.metricsText();
    const route = 'route="/logproto.Pusher/Push",status_code="success"';
    expect(text).toMatch(new RegExp(`request_duration_seconds_count\\{method="gRPC",${route}[^}]*\\} 1`));
    expect(text).toMatch(/method="gRPC",route="other",status_code="error"[^}]*\} 1/);
  });
});

/** The delay that a google.rpc.Status asks for in its first detail. */
function retrySeconds(status: Uint8Array): number {
  const inner = (bytes: Uint8Array, wanted: number): Uint8Array | number => {
    const reader = protobuf.Reader.create(bytes);
    let found: Uint8Array | number = 0;
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      const value = (tag & 7) === 0 ? Number(reader.int64()) : reader.bytes();
      if (tag >>> 3 === wanted) found = value;
    }
    return found;
  };
  const any = inner(status, 3) as Uint8Array;
  return inner(inner(inner(any, 2) as Uint8Array, 1) as Uint8Array, 1) as number;
}

it('a message is whole however it is cut on its way', async () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), pieces, async (bytes, sizes) => {
      const stream = new PassThrough();
      const place = new ByteRoom({ bytesMax: 100, heldElsewhere: () => 0, isShared: false }).enter('', '');
      const bounds = { bytesMax: 60, timeoutMs: 0 };
      const received = receiveMessage(stream as unknown as ServerHttp2Stream, place, bounds);
      const whole = framed(bytes);
      for (let at = 0, next = 0; at < whole.length; next++) {
        const size = sizes[next % sizes.length] as number;
        stream.write(whole.subarray(at, at + size));
        at += size;
      }
      stream.end();
      expect(new Uint8Array((await received).bytes)).toEqual(bytes);
    }),
  );
  await start();
});

describe('who may call', () => {
  const settings: Partial<HttpSettings> = {
    authEnabled: true,
    auth: {
      readyOpen: true,
      metricsOpen: true,
      credentials: [
        { name: 'pusher', kind: 'token', hash: hashToken('p'), scopes: ['push'], tenants: [] },
        { name: 'reader', kind: 'token', hash: hashToken('r'), scopes: ['query'], tenants: [] },
      ],
    },
  };
  it.each([
    [{}, code.UNAUTHENTICATED, 'credentials are needed'],
    [{ authorization: 'Bearer x' }, code.UNAUTHENTICATED, 'unknown token'],
    [
      { authorization: 'Bearer r', 'x-scope-orgid': 'red' },
      code.PERMISSION_DENIED,
      'reader lacks the scope "push"',
    ],
    [{ authorization: 'Bearer p' }, code.UNAUTHENTICATED, 'no org id'],
    [
      { authorization: 'Bearer p', 'x-scope-orgid': 'a|b' },
      code.INVALID_ARGUMENT,
      'multiple org IDs present',
    ],
    [{ authorization: 'Bearer p', 'x-scope-orgid': 'red' }, code.OK, ''],
  ])('%o: %i %s', async (headers, expected, details) => {
    await start({ settings });
    expect(await client.call(pushPath, message, headers)).toMatchObject({ code: expected, details });
    expect(gateway.pushes.map(({ tenant }) => tenant)).toEqual(expected === code.OK ? ['red'] : []);
  });
});

describe('what a call may cost', () => {
  it('a message that says it is too long is refused before it comes', async () => {
    await start({ settings: { pushBodyBytesMax: 1000 } });
    const session = connect(`http://127.0.0.1:${grpcPort}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': pushPath,
      'content-type': 'application/grpc',
    });
    // Four gigabytes are announced, and nothing of them is sent.
    stream.write(framed(new Uint8Array(), { length: 0xffff_ffff }));
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers['grpc-status']).toBe(String(code.RESOURCE_EXHAUSTED));
    session.destroy();
    const { code: ended, details } = await client.call(pushPath, new Uint8Array(2000));
    expect([ended, details]).toEqual([
      code.RESOURCE_EXHAUSTED,
      'the message is larger than max (2000 vs 1000 bytes)',
    ]);
  });

  it('without room for it, it is to be sent later, and is counted', async () => {
    await start({ settings: { pushBytesInFlightMax: 1000 }, bytesInFlight: () => 1000 });
    const end = await client.call(pushPath, new Uint8Array(2000));
    expect(end.code).toBe(code.UNAVAILABLE);
    expect(end.metadata.get('grpc-status-details-bin')).toHaveLength(1);
  });

  it('the same budget counts pushes that are on their way, and gives the room back', async () => {
    await start({ settings: { pushBytesInFlightMax: 4000 } });
    const session = connect(`http://127.0.0.1:${grpcPort}`);
    const open = session.request({
      ':method': 'POST',
      ':path': pushPath,
      'content-type': 'application/grpc',
    });
    open.on('error', () => {}).write(framed(new Uint8Array(3000), { length: 3500 }));
    const pushed = async (): Promise<number> => (await client.call(pushPath, new Uint8Array(2000))).code;
    await expect.poll(pushed).toBe(code.UNAVAILABLE);
    open.destroy();
    await expect.poll(pushed).toBe(code.OK);
    session.destroy();
  });

  it('a message that does not come ends the call', async () => {
    await start({ settings: { requestTimeoutMs: 100 } });
    const session = connect(`http://127.0.0.1:${grpcPort}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': pushPath,
      'content-type': 'application/grpc',
    });
    stream.on('error', () => {}).write(framed(message).subarray(0, 8));
    const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
    expect(headers['grpc-status']).toBe(String(code.DEADLINE_EXCEEDED));
    session.destroy();
  });

  it('connections that do nothing make room, those at work stay', async () => {
    let finish = (): void => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    await start(
      {
        push: async () => {
          await held;
          return { status: 204, message: '' };
        },
      },
      { connectionsPerPeerMax: 3 },
    );
    const working = client.call(pushPath, message);
    await expect.poll(() => gateway.pushes.length).toBe(1);
    const idle = Array.from({ length: 10 }, () => connect(`http://127.0.0.1:${grpcPort}`));
    for (const session of idle) session.on('error', () => {});
    await expect.poll(() => idle.filter(({ destroyed }) => !destroyed).length).toBe(2);
    finish();
    expect((await working).code).toBe(code.OK);
    for (const session of idle) session.destroy();
  });

  it('a connection that calls nothing in its time is closed', async () => {
    await start({ settings: { headTimeoutMs: 50 } });
    const session = connect(`http://127.0.0.1:${grpcPort}`);
    session.on('error', () => {});
    await once(session, 'close');
  });
});

it('at the end a call under way is answered, and no other is taken', async () => {
  let finish = (): void => {};
  const held = new Promise<void>((resolve) => {
    finish = resolve;
  });
  await start({
    push: async () => {
      await held;
      return { status: 204, message: '' };
    },
    closeDeadlineMs: 60_000,
  });
  const working = client.call(pushPath, message);
  await expect.poll(() => gateway.pushes.length).toBe(1);
  const closed = gateway.close();
  finish();
  expect((await working).code).toBe(code.OK);
  await closed;
  expect((await client.call(pushPath, message)).code).toBe(code.UNAVAILABLE);
  await start();
});

describeWith(components.openssl, 'TLS', () => {
  let folder: string;
  let certificates: Certificates;
  beforeAll(() => {
    folder = mkdtempSync(`${tmpdir()}/skald-`);
    certificates = new Certificates(folder);
    certificates.make('server');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("is that of HTTP's listener", async () => {
    const tls = {
      ...{ certFile: certificates.certificate('server'), keyFile: certificates.key('server') },
      ...{ clientCaFile: '', clientCertRequired: false },
    };
    await start({ settings: { tls } });
    const channel = credentials.createSsl(readFileSync(tls.certFile));
    const secure = new GrpcClient(grpcPort, { channel });
    expect((await secure.call(pushPath, message)).code).toBe(code.OK);
    secure.close();
    expect((await client.call(pushPath, message)).code).toBe(code.UNAVAILABLE);
  });
});
