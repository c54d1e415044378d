// A real engine over TCP and TLS, and over networks that break.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { DockerTls } from '../../src/collectors/settings.ts';
import { Certificates } from '../real/certificates.ts';
import { components, describeWith } from '../real/require-component.ts';
import { freePort } from '../server.ts';
import { dockerSuite, numbered, until } from './docker-suite.ts';
import { MemorySink } from './memory-sink.ts';
import { waitFor } from './start-collector.ts';
import { TcpProxy } from './tcp-proxy.ts';

describeWith(components.docker, 'docker engine behind a network', () => {
  const { engine, start } = dockerSuite();
  let proxy: TcpProxy;
  let host: string;
  beforeEach(async () => {
    proxy = new TcpProxy({ path: engine.socket });
    host = `tcp://127.0.0.1:${await proxy.listen()}`;
  });
  afterEach(() => proxy.close());

  it('that cuts every connection again and again', async () => {
    const sink = new MemorySink();
    let cuts = 0;
    // By lines, not by time: a machine may be so slow that no connection would live long enough to bring any.
    sink.beforeCommit = () => {
      if (sink.entries.length < cuts * 500) return;
      cuts++;
      proxy.cut();
      // And in the middle of connecting.
      setTimeout(() => proxy.cut(), 220);
    };
    start(sink, { host });
    await engine.run('for i in $(seq 1 40); do seq $((i*100-99)) $((i*100)); usleep 50000; done');
    await until(sink, 4_000);
    expect(sink.lines).toEqual(numbered(4_000));
    expect(cuts).toBeGreaterThan(1);
  });

  it('that falls silent without closing: noticed, said, and read on when it is back', async () => {
    const sink = new MemorySink();
    const { collector } = start(sink, { host }, { answerMs: 500, pingEveryMs: 100 });
    const container = await engine.run('trap "seq 1501 3000" USR1; seq 1 1500; while :; do sleep 0.1; done');
    await until(sink, 1_500);
    proxy.silence();
    await container.kill({ signal: 'SIGUSR1' });
    await waitFor(() => collector.health().state === 'waiting');
    expect(collector.health().hint).toMatch(/does not answer/);
    expect(sink.lines).toHaveLength(1_500);
    proxy.mend();
    await until(sink, 3_000);
    expect(sink.lines).toEqual(numbered(3_000));
    await waitFor(() => collector.health().state === 'running');
  });

  it('while it was away: containers that started, ended and were removed are found by listing', async () => {
    const sink = new MemorySink();
    const { collector } = start(sink, { host });
    const removed = await engine.run('echo removed');
    const quiet = await engine.run('echo quiet; sleep 60');
    await until(sink, 2);
    expect(sink.kept.size).toBe(2);
    proxy.refuse();
    await waitFor(() => collector.health().state === 'waiting');
    await removed.remove({ force: true });
    const ended = await engine.run('seq 1 100');
    await ended.wait();
    await quiet.kill();
    await quiet.start();
    proxy.mend();
    await until(sink, 103);
    expect(sink.lines.toSorted()).toEqual([...numbered(100), 'quiet', 'quiet', 'removed'].toSorted());
    await sink.until(() => sink.kept.size === 2);
    expect([...sink.kept.values()].map(({ key }) => key).toSorted()).toEqual([quiet.id, ended.id].toSorted());
  });
});

describeWith(components.openssl, 'certificates', () => {
  describeWith(components.docker, 'docker engine with --tlsverify', () => {
    const folder = mkdtempSync(join(tmpdir(), 'skald-tls-'));
    const made = new Certificates(folder);
    let port: number;
    beforeAll(async () => {
      made.make('authority');
      for (const name of ['engine', 'gateway']) made.make(name, 'authority');
      made.make('stranger');
      port = await freePort();
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const options = (): string[] => [
      `--host=tcp://127.0.0.1:${port}`,
      '--tlsverify',
      `--tlscacert=${made.certificate('authority')}`,
      `--tlscert=${made.certificate('engine')}`,
      `--tlskey=${made.key('engine')}`,
    ];
    const { engine, start } = dockerSuite(options);
    const as = (name: string, authority = 'authority'): DockerTls => ({
      ca: made.certificate(authority),
      cert: made.certificate(name),
      key: made.key(name),
    });

    it('reads it, through stops and kills of the engine', async () => {
      const sink = new MemorySink();
      const { collector } = start(sink, { host: `tcp://127.0.0.1:${port}`, tls: as('gateway') });
      const container = await engine.run('seq 1 1000; sleep 30');
      await until(sink, 1_000);
      const runs: (() => void)[] = [() => engine.stop(), () => engine.kill()];
      for (const [run, end] of runs.entries()) {
        end();
        await waitFor(() => collector.health().state === 'waiting');
        engine.up(...options());
        await container.start().catch(() => container.restart({ t: 0 }));
        await until(sink, (run + 2) * 1_000);
      }
      expect(sink.lines).toEqual([...numbered(1_000), ...numbered(1_000), ...numbered(1_000)]);
      expect(collector.health().state).toBe('running');
    });

    it.each<[string, () => DockerTls | undefined, RegExp]>([
      ['an authority that did not sign it', () => as('gateway', 'stranger'), /not trusted .*docker\.tls_ca/],
      ['no certificate', () => ({ ...as('gateway'), cert: undefined, key: undefined }), /docker\.tls_cert/],
      ['a certificate of another authority', () => as('stranger'), /docker\.tls_cert/],
      ['no TLS', () => undefined, /HTTPS server/],
    ])('with %s: says what to do', async (_, tls, hint) => {
      const { collector } = start(new MemorySink(), { host: `tcp://127.0.0.1:${port}`, tls: tls() });
      await waitFor(() => collector.health().state === 'waiting');
      expect(collector.health().hint).toMatch(hint);
    });
  });
});
