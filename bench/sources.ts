// Collectors whose source is another program, end to end into the built gateway: a container's log (each driver), the
// journal of a real journald, syslog over TCP. What is written beforehand is read as fast as it goes until all is stored.
// Usage: tsx bench/sources.ts [megabytes of a container's log] [part of a source's name]. Needs root; sources that are
// not there are left out.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { DockerEngine, type LogDriver } from '../tests/real/docker-engine.ts';
import { Journald, runWriter } from '../tests/real/journald.ts';
import { components } from '../tests/real/require-component.ts';
import { freePort } from '../tests/server.ts';
import { type CollectedSource, measureCollecting } from './collected.ts';
import { print } from './measure.ts';

const megabytes = Number(process.argv[2] ?? 100);
const wanted = process.argv[3] ?? '';
const journalEntries = 200_000;
const syslogMessages = 300_000;

const folder = mkdtempSync(join(tmpdir(), 'skald-sources-'));

/** About 250 bytes, as what loggers write for a request. */
const line = (i: number | string): string =>
  '{"level":30,"time":1795000000000,"pid":1,"hostname":"web-1","name":"shop","req":{"id":"' +
  `${i}","method":"GET","url":"/items/${i}?page=2","remoteAddress":"10.0.0.7"},"res":{"statusCode":200,` +
  '"length":5120},"responseTime":12,"msg":"request completed"}';
const lineBytes = line(1e6).length + 1;

async function docker(driver: LogDriver, writtenMeanwhile = false): Promise<void> {
  const engine = new DockerEngine();
  engine.up();
  try {
    const lines = Math.round((megabytes * 1e6) / lineBytes);
    const write = async (): Promise<Docker.Container> =>
      engine.run(`seq ${1e6} ${1e6 + lines - 1} | busybox sed 's|.*|${line('&')}|'`, {
        driver,
        logOptions: { 'max-size': '10g' },
      });
    if (!writtenMeanwhile) await (await write()).wait();
    await measure({
      name: `docker, ${driver}${writtenMeanwhile ? ', written meanwhile' : ''}`,
      collector: 'docker',
      config: `docker:\n  host: ${engine.host}\n`,
      lines,
      bytes: lines * lineBytes,
      ...(writtenMeanwhile && { begin: async () => void (await write()) }),
    });
  } finally {
    engine.down();
  }
}

async function journal(): Promise<void> {
  const journald = new Journald();
  journald.up();
  try {
    runWriter('journal-flood.py', `bench ${journalEntries}`);
    await measure({
      name: 'journal',
      collector: 'journal',
      config: 'journal:\n  identifiers: [bench]\n',
      lines: journalEntries,
      bytes: journalEntries * 'n 123456'.length,
    });
  } finally {
    journald.down();
  }
}

const measure = (source: CollectedSource): Promise<void> => measureCollecting(source, folder);

async function syslog(): Promise<void> {
  const port = await freePort();
  const message = (i: number): string =>
    `<134>1 2026-11-24T12:00:00.${String(i % 1e6).padStart(6, '0')}Z host app 1 - - ${line(i)}\n`;
  const begin = async (): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    for (let i = 0; i < syslogMessages; i += 100) {
      let text = '';
      for (let j = i; j < i + 100; j++) text += message(j);
      if (!socket.write(text)) await once(socket, 'drain');
    }
    socket.end();
  };
  await measure({
    name: 'syslog, TCP',
    collector: 'syslog',
    config: `syslog:\n  tcp_port: ${port}\n`,
    lines: syslogMessages,
    bytes: syslogMessages * message(1e5).length,
    begin,
  });
}

const sources: Readonly<
  Record<string, { readonly there: () => boolean; readonly run: () => Promise<void> }>
> = {
  'docker, json-file': { there: components.docker.present, run: () => docker('json-file') },
  'docker, json-file, written meanwhile': {
    there: components.docker.present,
    run: () => docker('json-file', true),
  },
  'docker, local': { there: components.docker.present, run: () => docker('local') },
  journal: { there: components.journald.present, run: journal },
  syslog: { there: () => true, run: syslog },
};

try {
  for (const [name, { there, run }] of Object.entries(sources)) {
    if (!name.includes(wanted)) continue;
    if (there()) await run();
    else print(name, 'is not there');
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
