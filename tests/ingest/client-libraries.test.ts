// Bodies of real client libraries, taken from the socket.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import winston from 'winston';
import LokiTransport from 'winston-loki';
import { labelsToRecord } from '../../src/model/labels.ts';
import { type Harness, harness } from './push-harness.ts';

let gateway: Harness;
let received: () => void = () => {};
const server = createServer((request: IncomingMessage, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { status, message } = gateway.push({
      contentType: request.headers['content-type'],
      contentEncoding: request.headers['content-encoding'],
      bytes: Buffer.concat(chunks),
    });
    response.writeHead(status).end(message);
    received();
  });
});
let host: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

/** The next push, stored. */
function nextPush(): Promise<void> {
  gateway = harness({ nowMs: Date.now });
  return new Promise((resolve) => {
    received = resolve;
  });
}

it.each([true, false])('winston-loki, json: %s', async (json) => {
  const push = nextPush();
  const transport = new LokiTransport({ host, json, labels: { job: 'w' }, batching: false, timeout: 60_000 });
  const logger = winston.createLogger({ transports: [transport] });
  logger.warn('from winston');
  await push;
  expect(gateway.stored).toHaveLength(1);
  const [entry] = gateway.stored;
  expect(labelsToRecord(entry?.labels ?? [])).toMatchObject({ job: 'w', level: 'warn', service_name: 'w' });
  expect(entry?.metadata).toMatchObject({ detected_level: 'warn' });
  expect(entry?.line).toContain('from winston');
  logger.close();
});

it('pino-loki', async () => {
  const { default: pinoLoki } = await import('pino-loki');
  const push = nextPush();
  const stream = pinoLoki({ host, batching: false, labels: { job: 'p' }, endpoint: 'loki/api/v1/push' });
  stream.write(`${JSON.stringify({ level: 50, time: Date.now(), msg: 'from pino' })}\n`);
  await push;
  expect(gateway.stored).toHaveLength(1);
  const [entry] = gateway.stored;
  expect(labelsToRecord(entry?.labels ?? [])).toMatchObject({ job: 'p', service_name: 'p' });
  expect(entry?.line).toContain('from pino');
  stream.end();
});
