// Syslog from real senders: logger, rsyslog, the Docker engine's log driver; and the listener's limits.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type SyslogSettings, syslogDefaults } from '../../src/collectors/settings.ts';
import { connectionLimits, SyslogCollector } from '../../src/collectors/syslog/syslog-collector.ts';
import { type Labels, labelsToRecord } from '../../src/model/labels.ts';
import { Certificates } from '../real/certificates.ts';
import { DockerEngine } from '../real/docker-engine.ts';
import { components, describeWith, runProgram } from '../real/require-component.ts';
import { Rsyslog } from '../real/rsyslog.ts';
import { freePort } from '../server.ts';
import { MemorySink } from './memory-sink.ts';
import { type Started, startCollector, waitFor } from './start-collector.ts';

let folder: string;
let sink: MemorySink;
let started: Started | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skald-syslog-'));
  sink = new MemorySink();
});
afterEach(async () => {
  await started?.stop();
  started = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the listener and waits until it listens; gives the port. */
async function start(
  kind: 'tcpPort' | 'tlsPort' | 'udpPort',
  changes: Partial<SyslogSettings> = {},
): Promise<number> {
  const port = await freePort();
  const collector = new SyslogCollector({ ...syslogDefaults, [kind]: port, ...changes });
  started = startCollector(collector, sink);
  await waitFor(() => collector.health().state !== 'starting');
  expect(collector.health().hint).toBe('');
  return port;
}

const stored = (entries: number): Promise<void> => sink.until(() => sink.entries.length >= entries);
const record = (labels: Labels | undefined): Record<string, string> => ({ ...labelsToRecord(labels ?? []) });

async function send(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

describeWith(components.logger, 'logger', () => {
  const data = ['--msgid', 'ID1', '--sd-id', 'ex@32473', '--sd-param', 'k="v"'];

  it.each<[string, 'tcpPort' | 'udpPort', readonly string[], Record<string, string>]>([
    [
      'RFC 5424, TCP, octet counting',
      'tcpPort',
      ['-T', '--octet-count', '--rfc5424=notq', ...data],
      { message_id: 'ID1', ex_32473_k: 'v' },
    ],
    [
      'RFC 5424, TCP, newlines',
      'tcpPort',
      ['-T', '--rfc5424=notq', ...data],
      { message_id: 'ID1', ex_32473_k: 'v' },
    ],
    ['RFC 3164, TCP', 'tcpPort', ['-T', '--rfc3164'], {}],
    ['RFC 5424, UDP', 'udpPort', ['-d', '--rfc5424=notq', ...data], { message_id: 'ID1', ex_32473_k: 'v' }],
    ['RFC 3164, UDP', 'udpPort', ['-d', '--rfc3164'], {}],
  ])('%s', async (_, kind, flags, metadata) => {
    const port = await start(kind);
    runProgram('logger', [
      '-n',
      '127.0.0.1',
      '-P',
      String(port),
      '-t',
      'demo',
      '-p',
      'local1.err',
      ...flags,
      'text é',
    ]);
    await stored(1);
    const [entry] = sink.entries;
    expect(entry?.line).toBe('text é');
    expect(record(entry?.labels)).toEqual({ app: 'demo', host: expect.stringMatching(/./), job: 'syslog' });
    expect(record(entry?.structuredMetadata)).toEqual({
      detected_level: 'error',
      facility: 'local1',
      severity: 'err',
      peer: '127.0.0.1',
      ...metadata,
    });
  });

  it('10,000 lines through one connection, each once and in order', async () => {
    const port = await start('tcpPort');
    const lines = Array.from({ length: 10_000 }, (_, i) => `n ${i + 1}`);
    runProgram(
      'logger',
      ['-n', '127.0.0.1', '-P', String(port), '-T', '--octet-count', '--rfc5424', '-t', 'demo'],
      `${lines.join('\n')}\n`,
    );
    await stored(10_000);
    expect(sink.lines).toEqual(lines);
  });
});

describeWith([components.rsyslog, components.logger], 'rsyslog', () => {
  it('forwards by TCP and UDP, and loses nothing by TCP while the listener is away', async () => {
    const tcpPort = await freePort();
    const udpPort = await freePort();
    const settings = { ...syslogDefaults, tcpPort, udpPort };
    const begin = async (): Promise<Started> => {
      const one = startCollector(new SyslogCollector(settings), sink);
      await waitFor(() => one.collector.health().state === 'running');
      return one;
    };
    started = await begin();
    const rsyslog = new Rsyslog();
    const log = (text: string): string =>
      runProgram('logger', [
        '--socket-errors=on',
        '-u',
        rsyslog.socket,
        '-t',
        'demo',
        '-p',
        'local1.err',
        text,
      ]);
    try {
      await rsyslog.start([
        `action(type="omfwd" Target="127.0.0.1" Port="${tcpPort}" Protocol="tcp" TCP_Framing="octet-counted" Template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" action.resumeInterval="1" queue.type="LinkedList")`,
        `action(type="omfwd" Target="127.0.0.1" Port="${udpPort}" Protocol="udp" Template="RSYSLOG_SyslogProtocol23Format")`,
      ]);
      log('first');
      await stored(2);
      expect(sink.lines).toEqual([' first', ' first']);
      expect(record(sink.entries[0]?.labels).app).toBe('demo');
      await started.stop();
      log('away');
      await delay(100);
      started = await begin();
      log('back');
      await sink.until(() => [' away', ' back'].every((line) => sink.lines.includes(line)));
    } finally {
      await rsyslog.remove();
    }
  });
});

describeWith(components.docker, "the Docker engine's syslog driver", () => {
  const engine = new DockerEngine();
  beforeAll(() => engine.up());
  afterAll(() => engine.down());

  it.each(['rfc5424micro', 'rfc3164'])('%s', async (format) => {
    const port = await start('tcpPort');
    await engine.run('seq 1 2000; echo oops >&2', {
      driver: 'syslog',
      logOptions: { 'syslog-address': `tcp://127.0.0.1:${port}`, 'syslog-format': format, tag: 'writer' },
    });
    await stored(2_001);
    const of = (level: string): string[] =>
      sink.entries
        .filter(({ structuredMetadata }) => record(structuredMetadata).severity === level)
        .map(({ line }) => line);
    expect(of('info')).toEqual(Array.from({ length: 2_000 }, (_, i) => String(i + 1)));
    expect(of('err')).toEqual(['oops']);
    expect(record(sink.entries[0]?.labels)).toMatchObject({ app: 'writer', job: 'syslog' });
  });
});

describeWith(components.openssl, 'TLS', () => {
  it('takes messages, and only of senders with a certificate where one is demanded', async () => {
    const made = new Certificates(folder);
    made.make('authority');
    made.make('server', 'authority');
    made.make('sender', 'authority');
    made.make('stranger');
    const ca = made.certificate('authority');
    const tls = { cert: made.certificate('server'), key: made.key('server'), ca };
    const port = await start('tlsPort', { tls });
    const sendAs = async (name: string): Promise<void> => {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        ca: readFileSync(ca),
        cert: readFileSync(made.certificate(name)),
        key: readFileSync(made.key(name)),
      });
      socket.on('error', () => {});
      socket.end(`<13>1 - h ${name} - - - from ${name}\n`);
      await once(socket, 'close');
    };
    await sendAs('stranger');
    await sendAs('sender');
    await stored(1);
    expect(sink.lines).toEqual(['from sender']);
    expect(started?.collector.health().errorsTotal).toBe(1);
  });

  it('a certificate that was renewed on disk is shown to those who come then', async () => {
    const made = new Certificates(folder);
    for (const name of ['old', 'new']) made.make(name);
    const tls = { cert: made.certificate('old'), key: made.key('old'), ca: '' };
    const port = await start('tlsPort', { tls });
    const shownTo = async (text: string): Promise<string> => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { subject } = socket.getPeerCertificate();
      socket.end(`<13>app: ${text}\n`);
      await once(socket, 'close');
      return String(subject.CN);
    };
    expect(await shownTo('before')).toBe('old');
    copyFileSync(made.key('new'), tls.key);
    copyFileSync(made.certificate('new'), tls.cert);
    while ((await shownTo('after')) !== 'new') await delay(100);
    await sink.until(() => sink.lines.includes('after'));
    expect(started?.collector.health()).toMatchObject({ state: 'running', hint: '' });
  });

  it('without certificate it does not start, and says what is missing', async () => {
    const collector = new SyslogCollector({ ...syslogDefaults, tlsPort: await freePort() });
    started = startCollector(collector, sink);
    await waitFor(() => /tls_cert/.test(collector.health().hint));
  });
});

it('no more connections than allowed', async () => {
  const port = await start('tcpPort', { connectionsMax: 2 });
  const open = await Promise.all([send(port, '<13>a: 1\n'), send(port, '<13>a: 2\n')]);
  await stored(2);
  const refused = await send(port, '<13>a: 3\n');
  refused.on('error', () => {});
  await once(refused, 'close');
  expect(started?.collector.health()).toMatchObject({
    targets: 2,
    errorsTotal: 1,
    hint: expect.stringMatching(/connections_max/),
  });
  for (const socket of open) socket.destroy();
});

it('connections that say nothing keep no sender out', async () => {
  const port = await start('tcpPort', { connectionsMax: 3 });
  const silent = await Promise.all([send(port, ''), send(port, ''), send(port, '')]);
  await waitFor(() => started?.collector.health().targets === 3);
  const ended = Promise.all(silent.map((socket) => once(socket.resume(), 'close')));
  for (const i of [1, 2, 3]) {
    await send(port, `<13>a: ${i}\n`);
    await stored(i);
  }
  await ended;
  expect(started?.collector.health()).toMatchObject({ targets: 3, errorsTotal: 0 });
});

it('a message that is too long is cut and said so', async () => {
  const port = await start('tcpPort', { messageBytesMax: 100 });
  const socket = await send(port, `<13>app: ${'x'.repeat(500)}\n<13>app: next\n`);
  await stored(2);
  expect(sink.lines).toEqual(['x'.repeat(100 - '<13>app: '.length), 'next']);
  expect(record(sink.entries[0]?.structuredMetadata)).toMatchObject({ truncated_bytes: '409' });
  expect(started?.collector.health()).toMatchObject({ errorsTotal: 0, repairs: { line_too_long: 1 } });
  socket.destroy();
});

it('a sender that counts characters instead of bytes: nothing of its connection is lost, and it is said', async () => {
  const port = await start('tcpPort');
  const text = (i: number): string => `message ${i} ${i === 5 ? 'é' : 'e'} ${'x'.repeat(300)}`;
  const texts = Array.from({ length: 300 }, (_, i) => text(i));
  const socket = await send(port, '');
  for (const one of texts) {
    const message = `<30>1 - h octet - - - ${one}`;
    socket.write(`${message.length} ${message}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
  await stored(300);
  expect(sink.lines).toEqual(texts);
  expect(started?.collector.health()).toMatchObject({ state: 'running', repairs: { wrong_octet_count: 1 } });
});

it('a quiet connection is ended', async () => {
  const port = await start('tcpPort', { idleTimeoutMs: 50 });
  const socket = connect(port, '127.0.0.1');
  // It ends with the other side only when what came has been read.
  socket.resume();
  await once(socket, 'close');
  await waitFor(() => started?.collector.health().targets === 0);
  expect(started?.collector.health().errorsTotal).toBe(0);
});

it('a connection that the store holds back is not idle', async () => {
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  sink.beforeCommit = () => gate;
  const port = await start('tcpPort', { idleTimeoutMs: 30 });
  const lines = Array.from({ length: 4 * connectionLimits.batchEntriesMax }, (_, i) => `n ${i}`);
  const socket = await send(port, lines.map((line) => `<13>app: ${line}\n`).join(''));
  socket.end();
  // Many times what would end it.
  await delay(300);
  open();
  await stored(lines.length);
  expect(sink.lines).toEqual(lines);
});

it('a slow store holds TCP back and loses nothing', async () => {
  sink.beforeCommit = () => delay(20);
  const port = await start('tcpPort');
  const lines = Array.from({ length: 60_000 }, (_, i) => `${i} ${'x'.repeat(200)}`);
  const socket = connect(port, '127.0.0.1');
  for (const line of lines) if (!socket.write(`<13>app: ${line}\n`)) await once(socket, 'drain');
  socket.end();
  await stored(lines.length);
  expect(sink.lines).toEqual(lines);
});

it('what came by TCP and is not stored is bounded, for it is lost at a kill', async () => {
  const port = await freePort();
  let taken = 0;
  let most = 0;
  const nowNs = (): bigint => {
    most = Math.max(most, ++taken - sink.entries.length);
    return 0n;
  };
  const collector = new SyslogCollector({ ...syslogDefaults, tcpPort: port }, { nowNs });
  started = startCollector(collector, sink);
  await waitFor(() => collector.health().state === 'running');
  const count = 10 * connectionLimits.batchEntriesMax;
  (await send(port, Array.from({ length: count }, (_, i) => `<13>app: ${i}\n`).join(''))).end();
  await stored(count);
  // Two batches, and the rest of the bytes that filled the second.
  expect(most).toBeLessThan(3.5 * connectionLimits.batchEntriesMax);
});

it('a store that does not keep up with UDP: what is thrown away is counted', async () => {
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  sink.beforeCommit = () => gate;
  const port = await start('udpPort');
  const socket = createSocket('udp4');
  const health = (): number => started?.collector.health().errorsTotal ?? 0;
  let sent = 0;
  while (health() === 0) {
    for (let i = 0; i < 200; i++) socket.send(`<13>app: ${++sent} ${'x'.repeat(1_000)}`, port, '127.0.0.1');
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.close();
  open();
  expect(started?.collector.health().hint).toMatch(/use TCP/);
});

it('datagrams that the system drops are counted, and it is said what to do', async () => {
  const port = await start('udpPort', { udpReceiveBufferBytes: 8_192 });
  const sent = 2_000;
  // This thread does not read meanwhile.
  runProgram(process.execPath, [
    '-e',
    `const socket = require('node:dgram').createSocket('udp4');
     let left = ${sent};
     const next = () => left-- === 0 ? socket.close() : socket.send('<13>app: ' + 'x'.repeat(500), ${port}, '127.0.0.1', next);
     next();`,
  ]);
  const health = () => started?.collector.health();
  await waitFor(() => (health()?.droppedTotal ?? 0) + sink.entries.length === sent);
  expect(health()?.droppedTotal).toBeGreaterThan(0);
  expect(health()?.hint).toMatch(/syslog\.udp_receive_buffer|net\.core\.rmem_max/);
});

it('a port that is taken: waits, says so, and takes over', async () => {
  const port = await freePort();
  const holder = (await import('node:net')).createServer().listen(port, '127.0.0.1');
  await once(holder, 'listening');
  const collector = new SyslogCollector({ ...syslogDefaults, tcpPort: port });
  started = startCollector(collector, sink);
  await waitFor(() => /is taken/.test(collector.health().hint));
  holder.close();
  await waitFor(() => collector.health().state === 'running');
  (await send(port, '<13>app: text\n')).end();
  await stored(1);
});

it('what was taken is stored when it stops', async () => {
  const port = await start('tcpPort');
  let committed = 0;
  sink.beforeCommit = async (entries) => {
    await delay(50);
    committed += entries.length;
  };
  const socket = await send(port, Array.from({ length: 3_000 }, (_, i) => `<13>app: ${i}\n`).join(''));
  await waitFor(() => committed > 0);
  await started?.stop();
  socket.destroy();
  expect(sink.entries.length).toBe(committed);
});
