// A file of an ordinary day followed with default settings, on machines of three zones: every line is stored, with its
// own time where it has one, else at the moment of reading.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { zoneAt, zoneByName } from '../../src/go/zone.ts';
import { get, type LogStream, queryLogs } from '../gateway/client.ts';
import { startServer } from '../server.ts';

/** What clocks show at one moment: of the machine, of a zone. */
class Moment {
  readonly #ms: number;
  readonly #zone: string;

  constructor(ms: number, zone: string) {
    this.#ms = ms;
    this.#zone = zone;
  }

  /** `2026-11-30 12:31:36.000` by the machine's clock, or another's. */
  wall(zone = this.#zone): string {
    const found = zoneByName(zone) ?? expect.unreachable();
    const { offsetSeconds } = zoneAt(found, Math.floor(this.#ms / 1000));
    return new Date(this.#ms + offsetSeconds * 1000).toISOString().slice(0, 23).replace('T', ' ');
  }

  /** Parts of it, cut by columns. */
  part(from: number, to: number): string {
    return this.wall().slice(from, to);
  }

  get month(): string {
    return new Date(`${this.part(0, 10)}T00:00:00Z`).toUTCString().slice(8, 11);
  }

  get day(): string {
    return this.part(8, 10);
  }

  get clock(): string {
    return this.part(11, 19);
  }
}

interface Shown {
  readonly name: string;
  readonly hint: string;
  readonly repaired: object;
}

type Line = (t: Moment) => string;

/** Lines with a time of their own. */
const timed: readonly Line[] = [
  (t) => `${t.wall().replace('.', ',')} INFO python logging, local time`,
  (t) => `${t.month} ${t.day.replace(/^0/, ' ')} ${t.clock} myhost sshd[12]: auth.log, local time`,
  (t) => `${t.wall('Etc/GMT-1')} CET [4711] LOG:  postgres, zone named CET`,
  (t) => `${t.wall('UTC').slice(0, 19)} GMT zone GMT`,
  (t) => `[Mon ${t.month} ${t.day} ${t.clock}.000000 ${t.part(0, 4)}] [core:error] apache error log`,
  (t) => `${t.day}/${t.part(5, 7)}/${t.part(0, 4)} ${t.clock} day first`,
  (t) => `${t.month} ${t.day}, ${t.part(0, 4)} ${twelve(t.clock)} java.util.logging`,
  (t) => `${t.part(0, 10).replaceAll('-', '')} ${t.clock} compact`,
  (t) => `${t.part(0, 10).replaceAll('-', '/')} ${t.clock} [error] 12#12: *1 nginx error`,
  (t) => `I${t.part(5, 7)}${t.day} ${t.clock}.000000       1 main.go:10] klog`,
  (t) => `{"@timestamp":"${t.wall().replace('.', ',')}","level":"ERROR","message":"log4j json layout"}`,
  (t) => `{"level":"info","date":"1990-01-01","time":"${t.wall('UTC').replace(' ', 'T')}Z"}`,
];

/** Lines without. */
const untimed: readonly string[] = [
  '{"level":"info","msg":"business date","date":"1990-01-01T00:00:00Z"}',
  '{"level":"info","msg":"in the future","eventTime":"2127-06-01T10:00:00Z"}',
  '{"level":"info","msg":"duration in ns","time":1500000000}',
  '{"level":"info","msg":"uptime us","ts":123456789012}',
  'level=info msg="logfmt date" date=2020-01-01T00:00:00Z',
  '2020-01-15 00:00:00;ACME;CSV export whose first column is a date',
  'INFO request [2019-05-01 10:00:00] expires',
  '1970-01-01 00:00:12 boot before NTP',
  'plain',
];

const twelve = (clock: string): string => {
  const hour = Number(clock.slice(0, 2));
  return `${hour % 12 || 12}${clock.slice(2)} ${hour < 12 ? 'AM' : 'PM'}`;
};

it.each(['UTC', 'Europe/Berlin', 'Asia/Tokyo'])('on a machine in %s', async (zone) => {
  const folder = mkdtempSync(join(tmpdir(), 'skald-times-'));
  const server = await startServer({
    environment: { TZ: zone, SKALD_COLLECTORS: 'files', SKALD_FILES_PATHS: `${folder}/*.log` },
  });
  try {
    const writtenMs = Math.floor(Date.now() / 1000) * 1000 - 90_000;
    const lines = timed.map((line) => line(new Moment(writtenMs, zone)));
    const before = BigInt(Date.now()) * 1_000_000n;
    writeFileSync(join(folder, 'day.log'), `${[...lines, ...untimed].join('\n')}\n`);
    const stored = await vi.waitFor(
      async () => {
        const range = {
          startNs: before - 3_600_000_000_000n,
          endNs: before + 3_600_000_000_000n,
          limit: 1_000,
        };
        const streams: readonly LogStream[] = await queryLogs(server.baseUrl, '{job="files"}', range);
        const entries = streams.flatMap(({ values }) => values);
        expect(entries).toHaveLength(lines.length + untimed.length);
        return new Map(entries.map(([ns, line]) => [line, BigInt(ns)]));
      },
      { timeout: 60_000, interval: 50 },
    );
    const writtenNs = BigInt(writtenMs) * 1_000_000n;
    for (const line of lines) expect(((stored.get(line) ?? 0n) - writtenNs) / 1_000_000n, line).toBe(0n);
    for (const line of untimed) expect(stored.get(line), line).toBeGreaterThan(before - 2_000_000n);
    // What is shown is up to a second old.
    await vi.waitFor(
      async () => {
        const { collectors } = await get<{ collectors: Shown[] }>(server.baseUrl, '/api/status');
        const files = collectors.find(({ name }) => name === 'files');
        expect(files?.repaired).toEqual({ greater_than_max_sample_age: 4, too_far_in_future: 1 });
        expect(files?.hint).toContain('stand at the moment of reading');
        expect(server.output().match(/older than the store accepts/g)).toHaveLength(1);
      },
      { timeout: 60_000, interval: 100 },
    );
  } finally {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});
