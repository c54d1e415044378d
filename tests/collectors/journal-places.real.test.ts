// Journals elsewhere than the machine's own, and journals whose past changes: namespaces, mounted directories, vacuum,
// boots, a clock that is set back.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { JournalCollector } from '../../src/collectors/journal/journal-collector.ts';
import { type JournalSettings, journalDefaults } from '../../src/collectors/settings.ts';
import { JournalFile, type JournalFixture } from '../real/journal-file.ts';
import { Journald, runTag } from '../real/journald.ts';
import { components, describeWith } from '../real/require-component.ts';
import { MemorySink } from './memory-sink.ts';
import { type Started, startCollector } from './start-collector.ts';

let started: Started[] = [];
afterEach(async () => {
  await Promise.all(started.map((one) => one.stop()));
  started = [];
});

function start(sink: MemorySink, settings: Partial<JournalSettings>): Started {
  const one = startCollector(new JournalCollector({ ...journalDefaults, ...settings }, 'h'), sink);
  started.push(one);
  return one;
}

const until = (sink: MemorySink, entries: number): Promise<void> =>
  sink.until(() => sink.entries.length >= entries);

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => `n ${from + i}`);

describeWith(components.journald, 'journal namespaces, real journald', () => {
  const namespaces = ['skaldplacea', 'skaldplaceb'] as const;
  const [first, second] = namespaces.map((name) => new Journald(name)) as [Journald, Journald];
  const directory = (): string =>
    `/run/log/journal/${readFileSync('/etc/machine-id', 'utf8').trim()}.${namespaces[0]}`;
  let tests = 0;
  let tag = '';
  beforeAll(() => {
    first.up();
    second.up();
  });
  beforeEach(() => {
    tag = runTag('p', ++tests);
  });
  afterAll(() => {
    first.down();
    second.down();
  });

  it.each<[string, Partial<JournalSettings>, readonly string[]]>([
    ['one', { namespace: namespaces[0] }, ['first']],
    ['the other', { namespace: namespaces[1] }, ['second']],
    ['all', { namespace: '*' }, ['first', 'second']],
    ['one beside the machine’s own', { namespace: `+${namespaces[0]}` }, ['first']],
  ])('%s, followed', async (_, settings, expected) => {
    const sink = new MemorySink();
    first.log(tag, ['first']);
    second.log(tag, ['second']);
    start(sink, { ...settings, identifiers: [tag] });
    await until(sink, expected.length);
    first.log(tag, ['first']);
    second.log(tag, ['second']);
    await until(sink, 2 * expected.length);
    expect(sink.lines.toSorted()).toEqual([...expected, ...expected].toSorted());
  });

  it('each has a checkpoint of its own', async () => {
    const sink = new MemorySink();
    first.log(tag, ['first']);
    second.log(tag, ['second']);
    for (const namespace of namespaces) start(sink, { namespace, identifiers: [tag] });
    await until(sink, 2);
    expect([...sink.kept.values()].map(({ key }) => key).toSorted()).toEqual(
      namespaces.map((name) => `|${name}`),
    );
  });

  it('as a mounted directory, through rotation and a crash', async () => {
    const sink = new MemorySink();
    const settings = { directory: directory(), identifiers: [tag] };
    first.log(tag, numbered(1, 200));
    const before = start(sink, settings);
    await until(sink, 100);
    sink.crash();
    await before.stop();
    first.rotate();
    first.log(tag, numbered(201, 400));
    start(sink, settings);
    await until(sink, 400);
    first.rotate();
    first.log(tag, numbered(401, 500));
    await until(sink, 500);
    expect(sink.lines).toEqual(numbered(1, 500));
  });

  it('the entry of the cursor was vacuumed: goes on with what is left', async () => {
    const sink = new MemorySink();
    const settings = { namespace: namespaces[0], identifiers: [tag] };
    first.log(tag, numbered(1, 200));
    const before = start(sink, settings);
    await until(sink, 200);
    await before.stop();
    for (const from of [201, 401, 601]) {
      // Synchronous, unlike the signal: what comes next is in another file.
      first.journalctl('--rotate');
      first.log(tag, numbered(from, from + 199));
    }
    first.journalctl('--vacuum-files=2');
    const left = first.journalctl('-q', '-t', tag, '-o', 'cat').split('\n').filter(Boolean);
    expect(left).not.toContain('n 200');
    expect(left).toContain('n 800');
    start(sink, settings);
    await until(sink, 200 + left.length);
    expect(sink.lines).toEqual([...numbered(1, 200), ...left]);
  });
});

describeWith(
  [components.journalctl, components.journalRemote],
  'journals whose clock or boot changes',
  () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync('/tmp/skald.');
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    const boots = ['a'.repeat(32), 'b'.repeat(32)] as const;
    const hourUs = 3_600_000_000n;

    it.each<[string, { bootId: string; monotonicUs: bigint; shiftUs: bigint }]>([
      ['a new boot', { bootId: boots[1], monotonicUs: 1n, shiftUs: 0n }],
      ['the clock set back an hour', { bootId: boots[0], monotonicUs: 10_000n, shiftUs: -hourUs }],
      ['the clock set ahead an hour', { bootId: boots[0], monotonicUs: 10_000n, shiftUs: hourUs }],
      ['a new boot whose clock is behind', { bootId: boots[1], monotonicUs: 1n, shiftUs: -hourUs }],
    ])(
      '%s: each entry once, while it follows and after a crash',
      async (_, { bootId, monotonicUs, shiftUs }) => {
        const nowUs = BigInt(Date.now()) * 1_000n;
        const file = new JournalFile(join(folder, 'x.journal'));
        const fixture = (n: number, boot: string, monotonic: bigint, shift: bigint): JournalFixture => ({
          message: `n ${n}`,
          realtimeUs: nowUs + shift + BigInt(n),
          monotonicUs: monotonic + BigInt(n),
          bootId: boot,
        });
        const before = (from: number, to: number): void =>
          file.write(
            Array.from({ length: to - from + 1 }, (_, i) => fixture(from + i, boots[0], 1_000n, 0n)),
          );
        const after = (from: number, to: number): void =>
          file.write(
            Array.from({ length: to - from + 1 }, (_, i) => fixture(from + i, bootId, monotonicUs, shiftUs)),
          );
        try {
          const sink = new MemorySink();
          before(1, 50);
          const one = start(sink, { directory: folder });
          await until(sink, 50);
          after(51, 100);
          await until(sink, 100);
          sink.crash();
          await one.stop();
          after(101, 150);
          start(sink, { directory: folder });
          await until(sink, 150);
          after(151, 200);
          await until(sink, 200);
          expect(sink.lines).toEqual(numbered(1, 200));
        } finally {
          await file.close();
        }
      },
    );
  },
);
