// The journal collector on real journal files, and with a journalctl that fails in every way it can.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { JournalCollector } from '../../src/collectors/journal/journal-collector.ts';
import { outletLimits } from '../../src/collectors/outlet.ts';
import { type JournalSettings, journalDefaults } from '../../src/collectors/settings.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import type { Clock } from '../../src/model/time.ts';
import { JournalFile } from '../real/journal-file.ts';
import { components, describeWith, findProgram } from '../real/require-component.ts';
import { MemorySink } from './memory-sink.ts';
import { type Started, startCollector, waitFor } from './start-collector.ts';

it.each<[string, Partial<JournalSettings>]>([
  ['units', { units: ['--file=/etc/shadow x'] }],
  ['identifiers', { identifiers: ['a\nb'] }],
  ['matches', { matches: ['--output=cat'] }],
  ['priority', { priority: 'loud' }],
  ['namespace', { namespace: 'a/b' }],
  ['directory', { directory: 'relative' }],
])('a setting that journalctl must not see is refused: %s', (name, settings) => {
  expect(() => new JournalCollector({ ...journalDefaults, ...settings }, 'h')).toThrow(`journal.${name}: `);
});

describeWith([components.journalctl, components.journalRemote], 'journal collector, journal files', () => {
  let folder: string;
  let started: Started | undefined;
  beforeAll(() => {
    folder = mkdtempSync('/tmp/skald.');
  });
  afterEach(async () => {
    await started?.stop();
    started = undefined;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('a message of 8 MB, hundreds of fields, and fields that forge those of journald', async () => {
    const directory = mkdtempSync(join(folder, 'huge-'));
    const file = new JournalFile(join(directory, 'x.journal'));
    const own = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`F${i}`, 'v'.repeat(3_000)]));
    const nowUs = BigInt(Date.now()) * 1_000n;
    const bootId = '0123456789abcdef0123456789abcdef';
    const forged = { UID: '0', _UID: '65534' };
    file.write([
      { message: 'x'.repeat(8_000_000), realtimeUs: nowUs + 1n, monotonicUs: 1n, bootId, fields: forged },
      { message: 'many', realtimeUs: nowUs + 2n, monotonicUs: 2n, bootId, fields: { ...own, ...forged } },
      { message: 'next', realtimeUs: nowUs + 3n, monotonicUs: 3n, bootId },
    ]);
    await file.close();
    const sink = new MemorySink();
    started = startCollector(new JournalCollector({ ...journalDefaults, directory }, 'h'), sink);
    await sink.until(() => sink.entries.length >= 3);
    const { lineBytesMax } = journalDefaults;
    expect(sink.lines).toEqual(['x'.repeat(lineBytesMax), 'many', 'next']);
    const [huge, many] = sink.entries.map(({ structuredMetadata }) => labelsToRecord(structuredMetadata));
    expect(huge).toMatchObject({
      uid: '65534',
      sender_uid: '0',
      truncated_bytes: String(8_000_000 - lineBytesMax),
    });
    expect(many).toMatchObject({ uid: '65534', omitted_fields: String(201 - 64) });
    expect(started.collector.health().repairs).toEqual({
      line_too_long: 1,
      structured_metadata_too_large: 1,
    });
  });

  it('reads a mounted directory with hosts and units of its own', async () => {
    const nowUs = BigInt(Date.now()) * 1_000n;
    const file = new JournalFile(join(folder, 'x.journal'));
    file.write(
      [1n, 2n].map((n) => ({
        message: `entry ${n}`,
        realtimeUs: nowUs + n,
        monotonicUs: n,
        bootId: '0123456789abcdef0123456789abcdef',
        fields: { _HOSTNAME: 'far-away', _SYSTEMD_UNIT: 'web.service', PRIORITY: '4' },
      })),
    );
    await file.close();
    const sink = new MemorySink();
    started = startCollector(new JournalCollector({ ...journalDefaults, directory: folder }, 'h'), sink);
    await sink.until(() => sink.entries.length >= 2);
    expect(sink.entries.map(({ line, timestampNs }) => [line, timestampNs])).toEqual([
      ['entry 1', (nowUs + 1n) * 1_000n],
      ['entry 2', (nowUs + 2n) * 1_000n],
    ]);
    expect(labelsToRecord(sink.entries[0]?.labels ?? [])).toMatchObject({
      host: 'far-away',
      unit: 'web.service',
    });
    expect(labelsToRecord(sink.entries[0]?.structuredMetadata ?? [])).toMatchObject({
      detected_level: 'warn',
    });
  });

  it('a directory that is not there: waits and says so', async () => {
    const collector = new JournalCollector({ ...journalDefaults, directory: join(folder, 'none') }, 'h');
    started = startCollector(collector, new MemorySink());
    await waitFor(() => /directory does not exist/.test(collector.health().hint));
    expect(collector.health().state).toBe('waiting');
  });

  /** Starts a collector that finds this shell script as its journalctl, or none. */
  const startWith = (
    script: string | undefined,
    sink = new MemorySink(),
    { clock, ...settings }: Partial<JournalSettings> & { readonly clock?: Clock } = {},
  ): JournalCollector => {
    const bin = mkdtempSync(join(folder, 'bin'));
    if (script !== undefined)
      writeFileSync(join(bin, 'journalctl'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const path = process.env.PATH;
    process.env.PATH = script === undefined ? bin : `${bin}:${path}`;
    try {
      const collector = new JournalCollector({ ...journalDefaults, ...settings }, 'h', clock);
      started = startCollector(collector, sink);
      return collector;
    } finally {
      restorePath = path;
    }
  };
  let restorePath: string | undefined;
  afterEach(() => {
    if (restorePath !== undefined) process.env.PATH = restorePath;
    restorePath = undefined;
  });

  it('no journalctl: waits and says so', async () => {
    const collector = startWith(undefined);
    await waitFor(() => /no journalctl/.test(collector.health().hint));
  });

  it('a journal that may not be read: says which group helps', async () => {
    const collector = startWith(
      'echo "No journal files were opened due to insufficient permissions." >&2; exit 1',
    );
    await waitFor(() => /group systemd-journal/.test(collector.health().hint));
  });

  describeWith(components.setpriv, 'by a user who is nobody', () => {
    it('a directory that may not be read: says so, and reads when it may', async () => {
      const directory = mkdtempSync(join(folder, 'closed'));
      const file = new JournalFile(join(directory, 'x.journal'));
      const realtimeUs = BigInt(Date.now()) * 1_000n;
      file.write([{ message: 'seen', realtimeUs, monotonicUs: 1n, bootId: '0'.repeat(31).concat('1') }]);
      await file.close();
      chmodSync(folder, 0o755);
      chmodSync(directory, 0o700);
      const sink = new MemorySink();
      const nobody = 'exec setpriv --reuid=65534 --regid=65534 --clear-groups';
      const collector = startWith(`${nobody} ${findProgram('journalctl')} "$@"`, sink, { directory });
      await waitFor(() => /group systemd-journal/.test(collector.health().hint));
      expect(collector.health().state).toBe('waiting');
      chmodSync(directory, 0o755);
      chmodSync(join(directory, 'x.journal'), 0o600);
      await waitFor(() => collector.health().errorsTotal > 2);
      expect(collector.health().hint).toMatch(/group systemd-journal/);
      chmodSync(join(directory, 'x.journal'), 0o644);
      await sink.until(() => sink.lines.includes('seen'));
      expect(collector.health().state).toBe('running');
    });
  });

  const entry = (n: string): string =>
    `{"__CURSOR":"s=1;i=${n}","__REALTIME_TIMESTAMP":"1795491986${n}","MESSAGE":"n ${n}"}`;

  it('a journalctl that does not end when told to does not hold up the stop', async () => {
    const sink = new MemorySink();
    startWith(`echo '${entry('1')}'; trap '' TERM; while :; do sleep 0.2; done`, sink);
    await sink.until(() => sink.entries.length >= 1);
    await started?.stop();
    expect(sink.lines).toEqual(['n 1']);
  });

  it('output that is no JSON, or no entry, is counted and passed over', async () => {
    const sink = new MemorySink();
    const lines = [entry('1'), '{"MESSAGE":"cut', '[1]', '{"MESSAGE":"no cursor"}', 'null', entry('2')];
    const collector = startWith(`cat <<'END'\n${lines.join('\n')}\nEND\nexec sleep 30`, sink);
    await sink.until(() => sink.entries.length >= 2);
    expect(sink.lines).toEqual(['n 1', 'n 2']);
    expect(collector.health()).toMatchObject({ state: 'running', errorsTotal: 4 });
  });

  it('a slow store holds journalctl back: what is read and not stored is bounded', async () => {
    const sink = new MemorySink();
    sink.beforeCommit = () => new Promise((resolve) => setImmediate(resolve));
    let taken = -1;
    let most = 0;
    // Asked once at the start and once for each entry.
    const nowNs = (): bigint => {
      most = Math.max(most, ++taken - sink.entries.length);
      return 0n;
    };
    const count = 4 * outletLimits.batchEntriesMax;
    startWith(`seq 100000 ${100_000 + count - 1} | sed 's/.*/${entry('&')}/'; exec sleep 30`, sink, {
      clock: { nowNs },
    });
    await sink.until(() => sink.entries.length >= count);
    expect(sink.lines).toEqual(Array.from({ length: count }, (_, i) => `n ${100_000 + i}`));
    expect(most).toBeLessThanOrEqual(2 * outletLimits.batchEntriesMax);
  });
});
