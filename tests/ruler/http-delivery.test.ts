// Posts to receivers with an authority of their own, and with a certificate of ours.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ClientTls, deliver } from '../../src/ruler/http-delivery.ts';
import { Certificates } from '../real/certificates.ts';
import { components, describeWith } from '../real/require-component.ts';

describeWith(components.openssl, 'over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skald-delivery-'));
  const made = new Certificates(folder);
  const certificate = (name: string): string => readFileSync(made.certificate(name), 'utf8');
  const key = (name: string): string => readFileSync(made.key(name), 'utf8');
  let server: Server;
  let url: string;

  beforeAll(async () => {
    made.make('authority');
    for (const name of ['receiver', 'client']) made.make(name, 'authority');
    server = createServer(
      {
        key: key('receiver'),
        cert: certificate('receiver'),
        ca: certificate('authority'),
        requestCert: true,
        rejectUnauthorized: false,
      },
      ({ url: path, socket }, response) => {
        const isCertified = path === '/certified' && (socket as TLSSocket).authorized;
        response.writeHead(isCertified ? 200 : 400).end();
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

  const nothing: ClientTls = { ca: '', cert: '', key: '', serverName: 'receiver', verify: true };
  const knowing = (): ClientTls => ({ ...nothing, ca: certificate('authority') });

  it.each<[rule: string, tls: () => ClientTls | undefined, expected: object]>([
    ['not where the system trusts nobody of the kind', () => undefined, { kind: 'later' }],
    ['not under another name', () => ({ ...knowing(), serverName: 'other' }), { kind: 'later' }],
    ['without a certificate of ours the receiver refuses', knowing, { kind: 'refused' }],
    [
      'with both it takes',
      () => ({ ...knowing(), cert: certificate('client'), key: key('client') }),
      { kind: 'taken' },
    ],
    [
      'whoever answers, where nobody wants to know',
      () => ({ ...nothing, verify: false }),
      { kind: 'refused' },
    ],
  ])('%s', async (_, tls, expected) => {
    const own = tls();
    const delivery = { url, headers: {}, body: 'x', timeoutMs: 60_000, ...(own && { tls: own }) };
    expect(await deliver(delivery, new AbortController().signal)).toMatchObject(expected);
  });
});
