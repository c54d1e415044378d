// Syslog into the built gateway: who is told that it is ready may send, and devices behind one address stay apart.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommandLine } from '../commands/run.ts';
import { freePort, type Server, startServer } from '../server.ts';

let server: Server;
let tcpPort: number;
let udpPort: number;

beforeAll(async () => {
  tcpPort = await freePort();
  udpPort = await freePort();
  server = await startServer({
    environment: {
      SKALD_COLLECTORS: 'syslog',
      SKALD_SYSLOG_TCP_PORT: String(tcpPort),
      SKALD_SYSLOG_UDP_PORT: String(udpPort),
    },
  });
});
afterAll(() => server.remove());

interface Stream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [ns: string, line: string])[];
}

async function streams(): Promise<readonly Stream[]> {
  const query = encodeURIComponent('{job="syslog"}');
  const answer = await fetch(`${server.baseUrl}/loki/api/v1/query_range?query=${query}&limit=1000`);
  return ((await answer.json()) as { data: { result: readonly Stream[] } }).data.result;
}

/** The labels and metadata of the entry with this line; waits for it. */
async function labelsOf(line: string): Promise<Readonly<Record<string, string>>> {
  for (;;) {
    const found = (await streams()).find(({ values }) => values.some(([, text]) => text === line));
    if (found) return found.stream;
    await delay(50);
  }
}

it('ready: both sockets listen', async () => {
  const socket = connect(tcpPort, '127.0.0.1');
  await once(socket, 'connect');
  socket.end('<13>1 - h tcp - - - by TCP\n');
  const datagrams = createSocket('udp4');
  datagrams.send('<13>1 - h udp - - - by UDP', udpPort, '127.0.0.1', () => datagrams.close());
  expect(await labelsOf('by TCP')).toMatchObject({ host: 'h', app: 'tcp' });
  expect(await labelsOf('by UDP')).toMatchObject({ host: 'h', app: 'udp' });
});

it.each<[string, string, string, Record<string, string>]>([
  [
    'a device behind a relay',
    '<189>7: sw9: *%t: %SYS-5-CONFIG_I: x9',
    '%SYS-5-CONFIG_I: x9',
    { host: 'sw9', app: 'SYS', peer: '127.0.0.1', sequence: '7' },
  ],
  [
    'a repeated parameter',
    '<14>1 - h app 1 - [meta ip="1.1.1.1" ip="2.2.2.2"] twice',
    'twice',
    { meta_ip: '1.1.1.1,2.2.2.2' },
  ],
  [
    'a name that is taken',
    '<14>1 - h app 1 - [severity:"Low"; x:"y"] taken',
    'taken',
    { severity: 'info', data_severity: 'Low', x: 'y' },
  ],
  [
    'a sender without a clock',
    '<14>1 1970-01-01T00:00:07Z h app - - - no clock',
    'no clock',
    { host: 'h', app: 'app' },
  ],
  [
    'no host',
    '<30>%t busybox[1]: no host',
    'no host',
    { host: '127.0.0.1', app: 'busybox', process_id: '1' },
  ],
])('%s', async (_, message, line, labels) => {
  const [, day, month, , clock] = new Date().toUTCString().split(' ');
  const datagrams = createSocket('udp4');
  const text = message.replace('%t', `${month} ${day} ${clock}`);
  datagrams.send(text, udpPort, '127.0.0.1', () => datagrams.close());
  expect(await labelsOf(line)).toMatchObject(labels);
});

it('doctor tells what was repaired', async () => {
  const socket = connect(tcpPort, '127.0.0.1');
  await once(socket, 'connect');
  socket.end('<14>1 2099-01-01T00:00:00Z h app - - - of the future\n');
  expect(await labelsOf('of the future')).toMatchObject({ original_timestamp: '2099-01-01T00:00:00Z' });
  const repaired = async (): Promise<Record<string, number> | undefined> => {
    const status = (await (await fetch(`${server.baseUrl}/api/status`)).json()) as {
      collectors: readonly { readonly name: string; readonly repaired: Record<string, number> }[];
    };
    return status.collectors.find(({ name }) => name === 'syslog')?.repaired;
  };
  while ((await repaired())?.too_far_in_future !== 1) await delay(50);
  const { out } = await runCommandLine([
    'doctor',
    '--json',
    '--http.listen_port',
    new URL(server.baseUrl).port,
  ]);
  const findings = JSON.parse(out) as readonly { readonly subject: string }[];
  expect(findings.find(({ subject }) => subject === 'syslog')).toMatchObject({
    state: 'warning',
    text: expect.stringContaining('further in the future'),
    advice: expect.stringContaining('docs/collectors.md'),
  });
});
