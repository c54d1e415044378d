// The journal collector against a real journald, fault by fault.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { DockerCollector } from '../../src/collectors/docker/docker-collector.ts';
import { JournalCollector } from '../../src/collectors/journal/journal-collector.ts';
import { dockerDefaults, type JournalSettings, journalDefaults } from '../../src/collectors/settings.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import { DockerEngine } from '../real/docker-engine.ts';
import { JournalFile } from '../real/journal-file.ts';
import { Journald, runTag, runWriter } from '../real/journald.ts';
import { components, controlGroups, describeWith, runProgram } from '../real/require-component.ts';
import { MemorySink } from './memory-sink.ts';
import { type Started, startCollector, waitFor } from './start-collector.ts';

/** Native protocol: any field, any bytes. */
function send(fields: readonly (readonly [string, string])[]): void {
  runProgram('logger', ['--journald'], fields.map(([name, value]) => `${name}=${value}\n`).join(''));
}

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `n ${from + i}`);

describeWith([components.journald, components.python], 'journal collector, real journald', () => {
  const journald = new Journald();
  let started: Started[] = [];
  let tests = 0;
  let tag = runTag('t', tests);

  const start = (sink: MemorySink, settings: Partial<JournalSettings> = {}): Started => {
    const one = startCollector(
      new JournalCollector({ ...journalDefaults, identifiers: [tag], ...settings }, 'test-host'),
      sink,
    );
    started.push(one);
    return one;
  };

  const log = (lines: readonly string[]): void => journald.log(tag, lines);

  beforeAll(() => journald.up());
  afterAll(() => journald.down());
  afterEach(async () => {
    await Promise.all(started.map((one) => one.stop()));
    started = [];
    tag = runTag('t', ++tests);
  });

  it('goes on after a crash without losing or repeating', async () => {
    const sink = new MemorySink();
    log(numbered(1, 500));
    const first = start(sink);
    await sink.until(() => sink.entries.length >= 300);
    sink.crash();
    await first.stop();
    log(numbered(501, 1000));
    start(sink);
    await sink.until(() => sink.entries.length >= 1000);
    expect(sink.lines).toEqual(numbered(1, 1000));
  });

  it('gives an entry its labels, level and metadata', async () => {
    const sink = new MemorySink();
    start(sink);
    send([
      ['MESSAGE', 'disk is full'],
      ['SYSLOG_IDENTIFIER', tag],
      ['PRIORITY', '3'],
      ['DISK', 'sda'],
      ['DISK', 'sdb'],
    ]);
    await sink.until(() => sink.entries.length >= 1);
    const [entry] = sink.entries;
    expect(entry?.line).toBe('disk is full');
    expect(labelsToRecord(entry?.labels ?? [])).toMatchObject({
      job: 'systemd-journal',
      service_name: tag,
      transport: 'journal',
    });
    expect(labelsToRecord(entry?.structuredMetadata ?? [])).toMatchObject({
      detected_level: 'error',
      priority: 'err',
      disk: 'sda\nsdb',
      syslog_identifier: tag,
    });
  });

  const until = (sink: MemorySink, entries: number): Promise<void> =>
    sink.until(() => sink.entries.length >= entries);

  it('texts of any bytes: colours, wide characters, several lines, none', async () => {
    const sink = new MemorySink();
    start(sink);
    // logger and journald cut blanks at a line's end.
    const wide = Array.from({ length: 300 }, (_, i) => `${i} grün 日本 😀${'ü'.repeat(i)}`);
    log(['\u001b[31mred\u001b[0m', ...wide]);
    runWriter('journal-send.py', tag);
    await until(sink, wide.length + 4);
    expect(sink.lines.slice(0, wide.length + 1)).toEqual(['\u001b[31mred\u001b[0m', ...wide]);
    expect(sink.lines.slice(wide.length + 1)).toEqual(['multi\nline', 'not \ufffd\ufffd UTF-8', '']);
  });

  it('wide characters across the chunks of a pipe', async () => {
    const sink = new MemorySink();
    const wide = Array.from({ length: 5_000 }, (_, i) => `日本語のログ😀 größer ${'é'.repeat(i % 50)} ${i}`);
    log(wide);
    start(sink);
    await until(sink, wide.length);
    expect(sink.lines).toEqual(wide);
  });

  it('the first entries after a start with nothing to show before them', async () => {
    const sink = new MemorySink();
    start(sink, { historyMs: 0 });
    await waitFor(() => children().length > 0);
    for (let n = 1; n <= 5; n++) log([`n ${n}`]);
    await until(sink, 5);
    expect(sink.lines).toEqual(numbered(1, 5));
  });

  it('lines of standard output over 49,152 bytes come in pieces that say so', async () => {
    const sink = new MemorySink();
    start(sink);
    // One process: journald breaks lines where the writer changes, too.
    runProgram('systemd-cat', ['-t', tag, 'python3', '-c', 'print("a" * 100000); print("next")']);
    await until(sink, 4);
    expect(sink.lines).toEqual(['a'.repeat(49_152), 'a'.repeat(49_152), 'a'.repeat(1_696), 'next']);
    expect(
      sink.entries.map(({ structuredMetadata }) => labelsToRecord(structuredMetadata).line_break),
    ).toEqual(['line-max', 'line-max', undefined, undefined]);
  });

  it('fields above 4,096 bytes come whole', async () => {
    const sink = new MemorySink();
    start(sink);
    send([
      ['MESSAGE', 'x'.repeat(40_000)],
      ['SYSLOG_IDENTIFIER', tag],
    ]);
    await until(sink, 1);
    expect(sink.lines).toEqual(['x'.repeat(40_000)]);
  });

  it('equal messages in the same microsecond stay apart', async () => {
    const sink = new MemorySink();
    start(sink);
    log(Array.from({ length: 2_000 }, () => 'again'));
    await until(sink, 2_000);
    const times = sink.entries.map(({ timestampNs }) => timestampNs);
    expect(new Set(times).size).toBe(2_000);
    expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  it('journalctl killed again and again', async () => {
    const sink = new MemorySink();
    start(sink);
    for (let round = 0; round < 5; round++) {
      log(numbered(round * 1_000 + 1, round * 1_000 + 1_000));
      await until(sink, round * 1_000 + 300);
      for (const pid of children()) process.kill(pid, 'SIGKILL');
    }
    await until(sink, 5_000);
    expect(sink.lines).toEqual(numbered(1, 5_000));
  });

  it('journald rotates its files and is restarted', async () => {
    const sink = new MemorySink();
    start(sink);
    log(numbered(1, 500));
    journald.rotate();
    log(numbered(501, 1_000));
    await until(sink, 1_000);
    journald.restart();
    log(numbered(1_001, 1_500));
    await until(sink, 1_500);
    expect(sink.lines).toEqual(numbered(1, 1_500));
  });

  it.each([
    ['malformed', () => 'nonsense'],
    [
      'of a vanished journal',
      (cursor: string) => cursor.replace(/s=[^;]*;i=[^;]*/, `s=${'0123456789abcdef'.repeat(2)};i=1`),
    ],
  ])('a cursor that is %s: goes on by its time', async (_, changed) => {
    const sink = new MemorySink();
    log(numbered(1, 100));
    const first = start(sink);
    await until(sink, 100);
    await first.stop();
    const key = 'journal\n|';
    const state = JSON.parse(sink.kept.get(key)?.state ?? '{}');
    const cursor = changed(state.cursor);
    expect(cursor).not.toBe(state.cursor);
    sink.kept.set(key, { source: 'journal', key: '|', state: JSON.stringify({ ...state, cursor }) });
    log(numbered(101, 200));
    start(sink);
    await until(sink, 200);
    expect(sink.lines).toEqual(numbered(1, 200));
  });

  describeWith(components.journalRemote, 'beside the journals of other machines', () => {
    it('journals that other machines sent here are not this machine’s', async () => {
      const machineId = 'd'.repeat(32);
      const received = `/run/log/journal/${machineId}`;
      mkdirSync(received, { recursive: true });
      try {
        const file = new JournalFile(`${received}/system.journal`);
        const nowUs = BigInt(Date.now()) * 1_000n;
        const bootId = 'c'.repeat(32);
        const fields = { SYSLOG_IDENTIFIER: tag, _MACHINE_ID: machineId };
        file.write([{ message: 'theirs', realtimeUs: nowUs, monotonicUs: 1n, bootId, fields }]);
        await file.close();
        expect(journald.journalctl('-m', '-q', '-o', 'cat', '-t', tag)).toBe('theirs\n');
        const sink = new MemorySink();
        log(['ours']);
        start(sink);
        await until(sink, 1);
        log(['ours again']);
        await until(sink, 2);
        expect(sink.lines).toEqual(['ours', 'ours again']);
      } finally {
        rmSync(received, { recursive: true, force: true });
      }
    });
  });

  it('catches up with 100,000 entries', async () => {
    const sink = new MemorySink();
    runWriter('journal-flood.py', `${tag} 100000`);
    start(sink);
    await sink.until(() => sink.entries.length >= 100_000, 300_000);
    expect(sink.lines).toEqual(numbered(1, 100_000));
  }, 400_000);

  describeWith(components.controlGroups, 'units', () => {
    it('follows units, and names the service after the unit', async () => {
      const group = join(controlGroups, 'system.slice/demo.service');
      mkdirSync(group, { recursive: true });
      const sink = new MemorySink();
      start(sink, { identifiers: [], units: ['demo.service'] });
      const sender = spawn('sh', [
        '-c',
        `echo $$ >${group}/cgroup.procs; (echo from unit; cat) | systemd-cat -t x -p warning`,
      ]);
      const ended = once(sender, 'exit');
      await until(sink, 1);
      // It stayed until here: journald reads a sender's control group when it gets round to it.
      sender.stdin.end();
      await ended;
      rmdirSync(group);
      expect(labelsToRecord(sink.entries[0]?.labels ?? [])).toMatchObject({
        unit: 'demo.service',
        service_name: 'demo',
      });
    });
  });

  describeWith(components.docker, 'docker collector with the journald driver', () => {
    const engine = new DockerEngine();
    beforeAll(() => engine.up());
    afterAll(() => engine.down());
    afterEach(() => engine.removeAll());

    it('a container that logs to the journal: the journal collector keeps the pieces, each named', async () => {
      const sink = new MemorySink();
      start(sink, { identifiers: [], matches: [`CONTAINER_TAG=${tag}`] });
      await engine.run('head -c 20000 /dev/zero | tr "\\0" a; echo; echo next; sleep 0.2', {
        driver: 'journald',
        logOptions: { tag },
      });
      await until(sink, 3);
      expect(sink.lines).toEqual(['a'.repeat(16_384), 'a'.repeat(20_000 - 16_384), 'next']);
      const named = sink.entries.map(({ structuredMetadata }) => labelsToRecord(structuredMetadata));
      expect(named.map(({ container_partial_message: partial }) => partial)).toEqual([
        'true',
        undefined,
        undefined,
      ]);
      expect(named[0]?.container_partial_id).toBe(named[1]?.container_partial_id);
      expect(named.map(({ container_partial_ordinal: ordinal }) => ordinal)).toEqual(['1', '2', undefined]);
    });

    it('joins pieces whose times differ, and keeps lines that share a microsecond, over a crash', async () => {
      const sink = new MemorySink();
      const follow = (): Started => {
        const one = startCollector(
          new DockerCollector({ ...dockerDefaults, host: engine.host }, 'test-host'),
          sink,
        );
        started.push(one);
        return one;
      };
      const first = follow();
      await engine.run(
        'seq 1 3000; head -c 40000 /dev/zero | tr "\\0" a; echo; sleep 0.5; seq 3001 6000; head -c 40000 /dev/zero | tr "\\0" b; echo; sleep 1',
        { driver: 'journald' },
      );
      await until(sink, 1_500);
      sink.crash();
      await first.stop();
      follow();
      await until(sink, 6_002);
      const seq = (from: number, to: number): string[] =>
        Array.from({ length: to - from + 1 }, (_, i) => String(from + i));
      expect(sink.lines).toEqual([
        ...seq(1, 3_000),
        'a'.repeat(40_000),
        ...seq(3_001, 6_000),
        'b'.repeat(40_000),
      ]);
    });
  });
});

/** The journalctl children of this process. */
function children(): number[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8')
    .split(' ')
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('journalctl'))
    .map(Number);
}
