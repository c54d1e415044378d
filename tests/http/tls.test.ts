// TLS with real certificates: served, renewed without a restart, asked of clients.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HttpSettings } from '../../src/http/server/settings.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts';

let folder: string;
let gateway: FakeGateway;
const at = (name: string): string => join(folder, name);

/** A certificate of its own authority under this name. */
function certificate(file: string, commonName: string): void {
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-keyout', at(`${file}.key`), '-out', at(`${file}.crt`), '-subj', `/CN=${commonName}`],
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr ?? made.error));
}

describeWith(components.openssl, 'TLS', () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'skald-'));
    certificate('server', 'first');
    certificate('client', 'client');
  });
  afterEach(() => gateway.close());
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = async (
    clientCaFile = '',
    clientCertRequired = false,
    settings: Partial<HttpSettings> = {},
  ): Promise<void> => {
    const tls = { certFile: at('server.crt'), keyFile: at('server.key'), clientCaFile, clientCertRequired };
    gateway = await startFakeGateway({ settings: { ...settings, tls } });
  };

  interface Keys {
    readonly cert?: Buffer;
    readonly key?: Buffer;
  }

  const ready = (keys: Keys = {}): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = {
        port: gateway.port,
        path: '/ready',
        rejectUnauthorized: false,
        agent: false,
        ...keys,
      };
      request(options, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });

  /** The name in the certificate that a new connection is shown. */
  const shownName = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      }).on('error', reject);
    });

  describe('TLS', () => {
    it('idle connections, in the handshake or after it, make room for others; those at work stay', async () => {
      await start('', false, { connectionsMax: 6 });
      const { port } = gateway;
      const connectTls = async (): Promise<TLSSocket> => {
        const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
        socket.on('error', () => {});
        await once(socket, 'secureConnect');
        return socket;
      };
      const subscribed = gateway.nextTail();
      const tail = await connectTls();
      tail.write(
        'GET /loki/api/v1/tail?query={app="x"} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n',
      );
      await subscribed;
      const idle: Socket[] = [];
      for (let i = 0; i < 10; i++)
        idle.push(i % 2 === 0 ? connectPlain(port, '127.0.0.1') : await connectTls());
      for (const socket of idle) socket.on('error', () => {});
      for (let i = 0; i < 3; i++) expect(await ready()).toBe(200);
      await expect.poll(() => idle.filter(({ destroyed }) => !destroyed).length).toBeLessThanOrEqual(5);
      expect(tail.destroyed).toBe(false);
      for (const socket of [tail, ...idle]) socket.destroy();
    });

    it('answers over it, and not without it', async () => {
      await start();
      expect(await ready()).toBe(200);
      await expect(fetch(`http://127.0.0.1:${gateway.port}/ready`)).rejects.toThrow();
    });

    it('lets in only those with a certificate of the authority, where that is asked for', async () => {
      await start(at('client.crt'), true);
      const own = { cert: readFileSync(at('client.crt')), key: readFileSync(at('client.key')) };
      expect(await ready(own)).toBe(200);
      await expect(ready()).rejects.toThrow();
      const foreign = { cert: readFileSync(at('server.crt')), key: readFileSync(at('server.key')) };
      await expect(ready(foreign)).rejects.toThrow();
    });

    it('shows a renewed certificate to new connections', async () => {
      await start();
      expect(await shownName()).toBe('first');
      certificate('server', 'second');
      await expect.poll(shownName).toBe('second');
      expect(await gateway.metricsText()).toContain('skald_tls_last_reload_successful 1');
    });
  });
});
