// Globs, relabelling, the outlet, journal entries, arguments.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expandBraces, findFiles, matchesName, matchesPath } from '../../src/collectors/files/find/glob.ts';
import { isRotatedName } from '../../src/collectors/files/rotation/rotation.ts';
import { HealthTally } from '../../src/collectors/health.ts';
import { isCursor, selectionArguments, startArguments } from '../../src/collectors/journal/arguments.ts';
import { fieldTexts, JournalStreams, journalEntry } from '../../src/collectors/journal/entry.ts';
import { LineSplitter } from '../../src/collectors/journal/line-splitter.ts';
import { Outlet } from '../../src/collectors/outlet.ts';
import { compileRelabel, type RelabelRule } from '../../src/collectors/relabel.ts';
import { journalDefaults, relabelDefaults } from '../../src/collectors/settings.ts';
import type { CollectedEntry } from '../../src/ingest/sink/sink.ts';
import { labelsToRecord } from '../../src/model/labels.ts';
import { MemorySink } from './memory-sink.ts';

describe('glob', () => {
  it.each([
    ['app.log', '*.log', true],
    ['app.log', 'app.???', true],
    ['app.log', 'app.??', false],
    ['app1.log', 'app[0-9].log', true],
    ['appx.log', 'app[!0-9].log', true],
    ['a*b', 'a\\*b', true],
    ['axb', 'a\\*b', false],
    ['aXXbYYc', 'a*b*c', true],
    ['', '*', true],
    ['a', '', false],
  ])('name %s, %s: %s', (name, part, expected) => expect(matchesName(name, part)).toBe(expected));

  it.each([
    ['/var/log/app/x.log', '/var/log/**/*.log', true],
    ['/var/log/x.log', '/var/log/**/*.log', true],
    ['/var/log/x.log', '/var/*.log', false],
    ['/var/log/x.log', '/var/**', true],
    ['/a/b/c', '/**/**/**/c', true],
  ])('path %s, %s: %s', (path, pattern, expected) => expect(matchesPath(path, pattern)).toBe(expected));

  it('many stars are no trap', () => {
    expect(matchesName('a'.repeat(5_000), `${'*a'.repeat(50)}b`)).toBe(false);
  });

  it('braces', () => expect(expandBraces('/{a,b{1,2}}/x')).toEqual(['/a/x', '/b1/x', '/b2/x']));
  it('braces without end are text', () => expect(expandBraces('/{a,b')).toEqual(['/{a,b']));

  describe('in folders', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'skald-glob-'));
      mkdirSync(join(folder, 'a', 'b'), { recursive: true });
      for (const file of ['x.log', 'a/y.log', 'a/b/z.log', 'a/b/z.txt'])
        writeFileSync(join(folder, file), '');
      symlinkSync(join(folder, 'a', 'y.log'), join(folder, 'link.log'));
      symlinkSync(folder, join(folder, 'a', 'circle'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it.each<[string[], string[], string[]]>([
      [['*.log'], [], ['link.log', 'x.log']],
      [['**/*.log'], [], ['a/b/z.log', 'a/y.log', 'link.log', 'x.log']],
      [['**/*.log'], ['**/z*'], ['a/y.log', 'link.log', 'x.log']],
      [['a/{y,b/z}.log'], [], ['a/b/z.log', 'a/y.log']],
      [['a/circle/x.log'], [], ['a/circle/x.log']],
      [['none/*.log'], [], []],
    ])('%j without %j', async (include, exclude, expected) => {
      const inside = (patterns: string[]): string[] => patterns.map((pattern) => join(folder, pattern));
      const found = await findFiles(inside(include), inside(exclude), () => {});
      expect(found.map((path) => relative(folder, path))).toEqual(expected);
    });
  });

  it.each([
    ['app.log.1', true],
    ['app.log-20261124', true],
    ['app.log.2026-11-24T10:00', true],
    ['app-2026-11-24.log', true],
    ['app.1.log', true],
    ['app.log.1.gz', false],
    ['app.log', false],
    ['app-access.log', false],
    ['app.log.bak', false],
    ['other.log.1', false],
  ])('%s comes of rotating app.log: %s', (name, expected) =>
    expect(isRotatedName(name, 'app.log')).toBe(expected),
  );
});

describe('relabelling', () => {
  const labels = { job: 'docker', container: 'shop-web-1', __meta_team: 'Blue' };
  it.each<[string, Partial<RelabelRule>[], Record<string, string> | undefined]>([
    ['nothing', [], { job: 'docker', container: 'shop-web-1' }],
    [
      'copy a meta label',
      [{ sourceLabels: ['__meta_team'], targetLabel: 'team' }],
      { job: 'docker', container: 'shop-web-1', team: 'Blue' },
    ],
    [
      'part of a value',
      [
        {
          sourceLabels: ['container'],
          regex: '(?P<app>\\w+)-(.*)-\\d+',
          targetLabel: 'app',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: Prometheus' own syntax
          replacement: '${app}_$2',
        },
      ],
      { job: 'docker', container: 'shop-web-1', app: 'shop_web' },
    ],
    [
      'no match changes nothing',
      [{ sourceLabels: ['container'], regex: 'x', targetLabel: 'app' }],
      { job: 'docker', container: 'shop-web-1' },
    ],
    [
      'joined sources',
      [{ sourceLabels: ['job', 'container'], separator: '/', targetLabel: 'both' }],
      { job: 'docker', container: 'shop-web-1', both: 'docker/shop-web-1' },
    ],
    ['drop', [{ action: 'drop', sourceLabels: ['container'], regex: 'shop.*' }], undefined],
    ['keep is anchored', [{ action: 'keep', sourceLabels: ['container'], regex: 'shop' }], undefined],
    [
      'labelmap',
      [{ action: 'labelmap', regex: '__meta_(.+)' }],
      { job: 'docker', container: 'shop-web-1', team: 'Blue' },
    ],
    ['labeldrop', [{ action: 'labeldrop', regex: 'cont.*' }], { job: 'docker' }],
    ['labelkeep', [{ action: 'labelkeep', regex: 'job' }], { job: 'docker' }],
    [
      'lowercase',
      [{ action: 'lowercase', sourceLabels: ['__meta_team'], targetLabel: 'team' }],
      { job: 'docker', container: 'shop-web-1', team: 'blue' },
    ],
    ['empty removes', [{ sourceLabels: ['none'], targetLabel: 'job' }], { container: 'shop-web-1' }],
  ])('%s', (_, rules, expected) => {
    const result = compileRelabel(rules.map((rule) => ({ ...relabelDefaults, ...rule })))(
      Object.entries(labels),
    );
    expect(result && { ...labelsToRecord(result) }).toEqual(expected);
  });
});

describe('outlet', () => {
  const entry = (n: number): CollectedEntry => ({
    labels: [],
    timestampNs: BigInt(n),
    line: `n ${n}`,
    structuredMetadata: [],
  });
  const limits = { batchBytesMax: 1_000, batchEntriesMax: 10, batchAgeMs: 5, closeMs: 50 };

  it('entries and their position are in one commit, whatever fails and whenever it crashes', async () => {
    const sink = new MemorySink();
    let calls = 0;
    sink.beforeCommit = () => {
      if (++calls % 3 === 0) throw new Error('no');
      const kept = Number(sink.kept.get('s\nk')?.state ?? 0);
      expect(kept).toBe(sink.entries.length);
    };
    const outlet = new Outlet(sink, 's', new HealthTally('s'), limits);
    const { signal } = new AbortController();
    for (let n = 1; n <= 100; n++) {
      outlet.add(entry(n), 'k', n, String);
      if (outlet.full) await outlet.room(signal);
    }
    await outlet.drained();
    expect(sink.lines).toEqual(Array.from({ length: 100 }, (_, i) => `n ${i + 1}`));
    expect(sink.kept.get('s\nk')?.state).toBe('100');
    await outlet.close();
  });

  it('says once what had to be repaired, and counts it', async () => {
    const health = new HealthTally('s');
    health.running();
    const write = async () => ({ line_too_long: 2 });
    const outlet = new Outlet({ write, checkpoints: async () => [] }, 's', health, limits);
    for (const n of [1, 2]) {
      outlet.push(entry(n));
      await outlet.drained();
    }
    expect(health.snapshot()).toMatchObject({ state: 'running', repairs: { line_too_long: 4 } });
    expect(health.snapshot().hint).toMatch(
      /^4 entries were longer than max_line_size and are cut; truncated_bytes/,
    );
    health.waiting('No engine.');
    expect(health.snapshot().hint).toBe('No engine.');
    await outlet.close();
  });

  it('is full at its limits, and has room after the write', async () => {
    const sink = new MemorySink();
    let release = (): void => {};
    sink.beforeCommit = () => new Promise((resolve) => (release = resolve));
    const outlet = new Outlet(sink, 's', new HealthTally('s'), limits);
    for (let n = 1; n <= 20; n++) outlet.add(entry(n), 'k', n, String);
    expect(outlet.full).toBe(true);
    const room = outlet.room(new AbortController().signal);
    release();
    await room;
    expect(outlet.full).toBe(false);
    await outlet.close();
  });

  it('waiting for a sink that always refuses ends with the signal', async () => {
    const sink = new MemorySink();
    sink.beforeCommit = () => {
      throw new Error('no');
    };
    const outlet = new Outlet(sink, 's', new HealthTally('s'), limits);
    outlet.add(entry(1), 'k', 1, String);
    const abort = new AbortController();
    const drained = outlet.drained(abort.signal);
    abort.abort();
    await drained;
    await outlet.close();
    expect(sink.entries).toEqual([]);
  });

  it('a batch refused while closing holds back the one after it', async () => {
    const sink = new MemorySink();
    let refuse = (): void => {};
    sink.beforeCommit = () =>
      new Promise((_, reject) => {
        refuse = () => {
          sink.beforeCommit = () => {};
          reject(new Error('no'));
        };
      });
    const outlet = new Outlet(sink, 's', new HealthTally('s'), limits);
    for (let n = 1; n <= 10; n++) outlet.add(entry(n), 'k', n, String);
    outlet.add(entry(11), 'k', 11, String);
    const closing = outlet.close();
    refuse();
    await closing;
    expect([sink.entries, [...sink.kept.values()]]).toEqual([[], []]);
  });

  it('close gives up a write that hangs', async () => {
    const sink = new MemorySink();
    sink.beforeCommit = () => new Promise(() => {});
    const outlet = new Outlet(sink, 's', new HealthTally('s'), limits);
    outlet.add(entry(1), 'k', 1, String);
    await outlet.close();
    expect(sink.entries).toEqual([]);
  });
});

describe('journal', () => {
  it.each<[string, Parameters<typeof fieldTexts>[0], string[]]>([
    ['text', 'a', ['a']],
    ['bytes', [103, 114, 195, 188, 110], ['grün']],
    ['repeated', ['a', 'b'], ['a', 'b']],
    ['repeated, one of bytes', ['a', [195, 188]], ['a', 'ü']],
    ['null', null, []],
    ['absent', undefined, []],
    ['empty', '', ['']],
  ])('a field as %s', (_, field, texts) => expect(fieldTexts(field)).toEqual(texts));

  it.each([
    ['no cursor', { __REALTIME_TIMESTAMP: '1' }],
    ['no time', { __CURSOR: 'c' }],
    ['a time that is none', { __CURSOR: 'c', __REALTIME_TIMESTAMP: 'x' }],
  ])('is no entry: %s', (_, fields) =>
    expect(
      journalEntry(fields, { streams: new JournalStreams('h', []), repeat: 0, lineBytesMax: 1_000 }),
    ).toBeUndefined(),
  );

  it('lines come out the same however they are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 30 })), fc.array(fc.nat()), (texts, places) => {
        const lines = texts.map((text) => text.replaceAll('\n', ' '));
        const all = lines.map((line) => `${line}\n`).join('');
        // Of the long ones comes what is made of them: here the same.
        const splitter = new LineSplitter(10, () => {
          const parts: string[] = [];
          return { push: (text) => parts.push(text), end: () => parts.join('') };
        });
        const at = [0, ...places.map((place) => place % (all.length + 1)), all.length].sort((a, b) => a - b);
        const out = at.slice(1).flatMap((end, i) => splitter.push(all.slice(at[i], end)));
        expect(out).toEqual(lines);
      }),
    );
  });

  it('arguments', () => {
    expect(
      selectionArguments(
        {
          ...journalDefaults,
          units: ['a.service', 'b@1.service'],
          priority: 'warning',
          matches: ['_UID=0'],
        },
        'ab12',
      ),
    ).toEqual(['--unit=a.service', '--unit=b@1.service', '--priority=warning', '_UID=0', '_MACHINE_ID=ab12']);
    expect(selectionArguments({ ...journalDefaults, directory: '/d' }, 'ab12')).toEqual(['--directory=/d']);
    expect(startArguments({ kind: 'time', timeUs: 1_000_000_000_012n })).toEqual([
      '--no-tail',
      '--merge',
      '--since=@1000000.000012',
    ]);
    expect(isCursor('s=1f;i=2;b=3;m=4;t=5;x=6')).toBe(true);
    expect(isCursor('s=1f --file=/x')).toBe(false);
  });
});
