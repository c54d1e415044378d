// Bytes of connections: requests through the whole HTTP server in front of a gateway of stand-ins, and WebSocket
// frames after a good handshake.
import { createServer, type Server } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { createApp } from '../../src/http/server/app.ts';
import { httpParts } from '../../src/http/server/server-parts.ts';
import type { StoreDeletes } from '../../src/store/delete-requests.ts';
import { type FakeGateway, startFakeGateway } from '../http/fake-gateway.ts';
import { type FuzzTarget, must } from './target.ts';

/** The far end of a connection: what the server writes is kept, what it reads is pushed. */
class Connection extends Duplex {
  received = Buffer.alloc(0);
  /** As a socket counts. */
  bytesWritten = 0;
  readonly remoteAddress = '127.0.0.1';
  override _read(): void {}
  /** As a socket has it; here nobody waits. */
  setTimeout(): this {
    return this;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.bytesWritten += chunk.length;
    this.received = Buffer.concat([this.received, chunk]).subarray(0, 4096);
    done();
  }
}

interface Serving {
  readonly fake: FakeGateway;
  readonly server: Server;
  /** Requests under way. */
  open: number;
  /** Answers that nobody expected. */
  panics: number;
}

const deletes: StoreDeletes = {
  create: async (request) => ({
    ...{ ...request, query: '', requestId: 'x', createdMs: 0, progress: 0, deletedEntries: 0 },
    status: 'received',
  }),
  list: async () => [],
  cancel: async () => 'unknown',
};

let serving: Promise<Serving> | undefined;

async function start(): Promise<Serving> {
  const fake = await startFakeGateway({ deletes });
  await fake.close();
  const { gateway } = fake;
  const parts = httpParts(gateway);
  const { tails } = parts;
  const server = createServer(createApp(gateway, parts));
  const state: Serving = { fake, server, open: 0, panics: 0 };
  gateway.metrics.panics.inc = () => void state.panics++;
  server.on('request', (_request, response) => {
    state.open++;
    response.on('close', () => state.open--);
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {});
    if (tails.accepts(request)) tails.upgrade(request, socket, head, () => {});
    else socket.destroy();
  });
  return state;
}

/** Turns of the event loop that an answer may take; one that waits for more bytes never comes. */
const turnsMax = 200;
const turnsMin = 4;

async function exchange(bytes: Buffer): Promise<string> {
  serving ??= start();
  const state = await serving;
  for (const kept of [state.fake.logRequests, state.fake.metricRequests, state.fake.metadataRequests])
    kept.length = 0;
  for (const kept of [state.fake.volumeRequests, state.fake.pushes, state.fake.tails]) kept.length = 0;
  state.panics = 0;
  const connection = new Connection();
  connection.on('error', () => {});
  state.server.emit('connection', connection);
  connection.push(bytes);
  for (let turns = 0; turns < turnsMin || (state.open > 0 && turns < turnsMax); turns++) await turn();
  const answer = connection.received.toString('latin1');
  connection.destroy();
  for (let turns = 0; state.open > 0 && turns < turnsMax; turns++) await turn();
  must(state.open === 0, 'a request that outlives its connection');
  must(state.panics === 0, `an unexpected failure: ${answer}`);
  must(answer === '' || /^HTTP\/1\.1 [1-5]\d\d /.test(answer), `an answer that is none: ${answer}`);
  return answer.slice(0, 30);
}

const request = (line: string, headers: readonly string[] = [], body = ''): string =>
  [
    `${line} HTTP/1.1`,
    'Host: localhost',
    ...headers,
    ...(body === '' ? [] : [`Content-Length: ${body.length}`]),
    '',
    body,
  ].join('\r\n');

const form = 'Content-Type: application/x-www-form-urlencoded';
const paths = [
  ...[
    'query_range?query={a="b"}&start=1&end=2&step=1',
    'query?query=vector(1)',
    'labels',
    'label/app/values?start=1',
  ],
  ...[
    'series?match[]={a="b"}',
    'index/stats?query={a="b"}',
    'index/volume_range?query={a="b"}',
    'format_query?query={a="b"}',
  ],
  ...[
    'patterns?query={a="b"}',
    'detected_fields?query={a="b"}',
    'detected_labels',
    'delete',
    'status/buildinfo',
    'rules',
  ],
].map((path) => `/loki/api/v1/${path.replaceAll('"', '%22')}`);

const httpSeeds = [
  ...paths.map((path) => request(`GET ${path}`)),
  ...[
    '/ready',
    '/metrics',
    '/config',
    '/services',
    '/log_level',
    '/',
    '/openapi.json',
    '/api/logs?since=1h',
  ].map((path) => request(`GET ${path}`, ['X-Scope-OrgID: a', 'Accept-Encoding: gzip'])),
  request('POST /loki/api/v1/query_range', [form], 'query=%7Ba%3D%22b%22%7D&limit=5'),
  request('POST /loki/api/v1/push', ['Content-Type: application/json'], '{"streams":[]}'),
  request('POST /loki/api/v1/delete?query={a=%22b%22}&start=1'),
  `${request('POST /loki/api/v1/push', ['Transfer-Encoding: chunked'])}5\r\nhello\r\n0\r\n\r\n${request('GET /ready')}`,
  request('GET /loki/api/v1/query?query=vector(1)', ['X-Loki-Query-Limits: {"maxQueryLength":"1h"}']),
  request('GET /loki/api/v1/tail?query={a=%22b%22}', [
    ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ]),
];
const handshake = Buffer.from(httpSeeds.at(-1) ?? '');

/** A client's frame: masked with zeros. */
function webSocketFrame(opcode: number, payload: string): Buffer {
  const length = Buffer.byteLength(payload);
  const head = length < 126 ? [128 | length] : [254, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([128 | opcode, ...head, 0, 0, 0, 0]), Buffer.from(payload)]);
}

/** The request with the length of the body that it has. */
function withContentLength(bytes: Buffer): Buffer {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return bytes;
  const head = bytes.toString('latin1', 0, headEnd);
  const length = `Content-Length: ${bytes.length - headEnd - 4}`;
  return Buffer.concat([
    Buffer.from(head.replace(/Content-Length: \d+/, length), 'latin1'),
    bytes.subarray(headEnd),
  ]);
}

export const httpTargets: readonly FuzzTarget[] = [
  {
    name: 'http',
    costFactor: 2,
    seeds: httpSeeds,
    dictionary: [
      ...[
        '\r\n',
        ': ',
        'Content-Length: ',
        'Transfer-Encoding: chunked',
        'Connection: close',
        'Expect: 100-continue',
      ],
      ...[
        'Upgrade: websocket',
        'Content-Encoding: gzip',
        '%00',
        '%2f',
        '..',
        '//',
        '?',
        '&',
        'GET ',
        'POST ',
        'DELETE ',
      ],
      ...[
        'X-Scope-OrgID: a|b',
        'Authorization: Basic eDp5',
        'Accept: text/event-stream',
        'limit=-1',
        'HEAD ',
        'OPTIONS ',
      ],
    ],
    errors: [],
    finish: withContentLength,
    run: exchange,
  },
  {
    name: 'websocket',
    costFactor: 2,
    seeds: [
      webSocketFrame(1, 'text'),
      Buffer.concat([webSocketFrame(9, 'ping'), webSocketFrame(8, '\x03\xe8bye')]),
      Buffer.concat([webSocketFrame(2, 'x'.repeat(300)), webSocketFrame(10, '')]),
    ],
    errors: [],
    run: (input) => exchange(Buffer.concat([handshake, input])),
  },
];
