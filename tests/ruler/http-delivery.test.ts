// Posts to receivers with an authority of their own, and with a certificate of ours.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClientTls, deliver } from '../../src/ruler/http-delivery.ts';

let folder: string;
let server: Server;
let url: string;
const file = (name: string): string => readFileSync(join(folder, name), 'utf8');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skald-delivery-'));
  const run = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  run(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=authority',
  );
  for (const name of ['receiver', 'client']) {
    run(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.csr`,
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=DNS:receiver.example.org',
    );
    run(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-copy_extensions',
      'copy',
      '-out',
      `${name}.pem`,
    );
  }
  server = createServer(
    {
      key: file('receiver.key'),
      cert: file('receiver.pem'),
      ca: file('ca.pem'),
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      response
        .writeHead(
          request.url === '/certified' && (request.socket as unknown as { authorized: boolean }).authorized
            ? 200
            : 400,
        )
        .end();
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/certified`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const nothing: ClientTls = { ca: '', cert: '', key: '', serverName: 'receiver.example.org', verify: true };

it.each<[rule: string, tls: () => ClientTls | undefined, expected: object]>([
  ['not where the system trusts nobody of the kind', () => undefined, { kind: 'later' }],
  [
    'not under another name',
    () => ({ ...nothing, ca: file('ca.pem'), serverName: 'other.example.org' }),
    { kind: 'later' },
  ],
  [
    'without a certificate of ours the receiver refuses',
    () => ({ ...nothing, ca: file('ca.pem') }),
    { kind: 'refused' },
  ],
  [
    'with both it takes',
    () => ({ ...nothing, ca: file('ca.pem'), cert: file('client.pem'), key: file('client.key') }),
    { kind: 'taken' },
  ],
  ['whoever answers, where nobody wants to know', () => ({ ...nothing, verify: false }), { kind: 'refused' }],
])('%s', async (_, tls, expected) => {
  const own = tls();
  const delivery = { url, headers: {}, body: 'x', timeoutMs: 60_000, ...(own && { tls: own }) };
  expect(await deliver(delivery, new AbortController().signal)).toMatchObject(expected);
});
