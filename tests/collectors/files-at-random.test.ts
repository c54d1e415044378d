// Files at random: written, renamed, copied, cut and removed while they are read and while the collector is down, which is
// killed at any moment, and within its looks: between any two of its calls of the file system. Each line is to come once.
// SEED repeats a run as far as the clock allows, RUNS makes more of them.

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { FilesCollector } from '../../src/collectors/files/files-collector.ts';
import { filesDefaults, fileTargetDefaults } from '../../src/collectors/settings.ts';
import type { CollectedEntry } from '../../src/ingest/sink/sink.ts';
import { Random } from '../random.ts';
import { seed } from '../seed.ts';
import { type Difference, difference } from './difference.ts';
import { onCalls } from './files-calls.ts';
import { RotatedLog } from './files-rotated-log.ts';
import { MemorySink } from './memory-sink.ts';
import { startCollector } from './start-collector.ts';
import { longerThanKeptMs, passTime } from './watched-folder.ts';

vi.mock('node:fs', async (original) => (await import('./files-calls.ts')).toldOf(await original()));
const fs = await vi.importActual<typeof import('node:fs')>('node:fs');

const runs = Number(process.env.RUNS ?? 6);
const runsAtOnce = 10;
const storedTimeoutMs = 30_000;
const runTimeoutMs = 60_000;

class RandomRun {
  readonly folder = fs.mkdtempSync(join(tmpdir(), 'skald-random-'));
  readonly events: string[] = [];
  readonly #random: Random;
  readonly #log: RotatedLog;
  readonly #sink = new MemorySink();
  readonly #pauseMsMax: number;
  /** One call of so many has a step before it; 0: steps are taken at once, between two looks. */
  readonly #callsMax: number;
  readonly #stops: (() => Promise<void>)[] = [];

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    this.#pauseMsMax = random.of([5, 30, 120]);
    this.#callsMax = random.of([0, 2, 5, 20]);
    this.#log = new RotatedLog({
      folder: this.folder,
      random,
      fs,
      note: (what) => this.#note(what),
      isStored: (last) => this.#hasStored(last),
    });
    const commitMsMax = random.of([1, 10, 40]);
    this.#sink.beforeCommit = async (entries) => {
      await delay(random.below(commitMsMax));
      this.#noteCommit(entries);
    };
  }

  /** Between what was written and what was stored. */
  async difference(): Promise<Difference> {
    try {
      this.#start();
      // A file is known from its first commit on: what was rotated away before is nobody's.
      await this.#sink.until(() => this.#sink.kept.size > 0);
      for (let left = 10 + this.#random.below(60); left > 0; left--) {
        await this.#act();
        if (this.#callsMax === 0) this.#log.finish();
        await delay(this.#random.below(this.#pauseMsMax));
        if (this.#random.below(3) === 0) this.#log.finish();
      }
      this.#log.finish();
      const { written } = this.#log;
      const lines = Array.from({ length: written }, (_, i) => String(i + 1));
      await this.#sink.until(() => this.#sink.entries.length >= written, storedTimeoutMs).catch(() => {});
      // What comes twice may come late.
      await delay(300);
      return difference(lines, this.#sink.lines);
    } finally {
      await Promise.all(this.#stops.map((stop) => stop()));
      this.#log.close();
      fs.rmSync(this.folder, { recursive: true, force: true });
    }
  }

  /** The collector is about to call the file system. */
  beforeCall(what: string): void {
    if (this.#callsMax > 0 && this.#random.below(this.#callsMax) === 0) this.#log.step(`before ${what}`);
  }

  #start(): void {
    const targets = [{ ...fileTargetDefaults, include: [join(this.folder, '*.log')] }];
    const settings = { ...filesDefaults, pollMs: 5, scanMs: 20, targets };
    this.#stops.push(startCollector(new FilesCollector(settings, 'test-host'), this.#sink.session()).stop);
  }

  async #act(): Promise<void> {
    const what = this.#random.below(100);
    if (what < 50) this.#log.write(30);
    else if (what < 60) this.#log.writeInPieces();
    else if (what < 72) this.#log.rename();
    else if (what < 84) this.#log.copyAndCut();
    else if (what < 92) await this.#kill();
    else if (what < 94) {
      // Rotated files are noticed, and then let go.
      this.#log.finish();
      await delay(50);
      passTime(longerThanKeptMs);
      await delay(50);
    }
  }

  async #kill(): Promise<void> {
    this.#note('kill');
    this.#sink.crash();
    void this.#stops.at(-1)?.();
    const actions = [
      () => this.#log.rename(),
      () => this.#log.copyAndCut(),
      () => this.#log.write(30),
      () => this.#log.write(100),
    ];
    for (let left = this.#random.below(4); left > 0; left--) this.#random.of(actions)();
    if (this.#random.below(2) === 0) {
      this.#log.finish();
      await delay(this.#random.below(20));
    }
    this.#start();
  }

  #hasStored(last: number): boolean {
    const stored = new Set(this.#sink.lines);
    for (let line = 1; line <= last; line++) if (!stored.has(String(line))) return false;
    return true;
  }

  #noteCommit(entries: readonly CollectedEntry[]): void {
    if (entries.length > 0) this.#note(`${entries[0]?.line} to ${entries.at(-1)?.line} to be stored`);
  }

  #note(what: string): void {
    this.events.push(`${Math.round(performance.now())} ms ${what.replaceAll(`${this.folder}/`, '')}`);
  }
}

it(
  `each line once (SEED=${seed})`,
  async () => {
    const seeds = Array.from({ length: runs }, (_, i) => seed + i);
    const differences = new Map<number, Difference>();
    const running = new Set<RandomRun>();
    const random = new Random(seed);
    onCalls((name, of) => {
      // A descriptor says not whose it is.
      const run = [...running].find(({ folder }) => String(of).startsWith(folder)) ?? random.of([...running]);
      run?.beforeCall(`${name} ${of}`);
    });
    const runNext = async (): Promise<void> => {
      for (let each = seeds.shift(); each !== undefined; each = seeds.shift()) {
        const run = new RandomRun(each);
        running.add(run);
        const found = await run.difference().finally(() => running.delete(run));
        differences.set(each, found);
        if (found.lost.length + found.repeated.length > 0)
          console.error(`seed ${each}\n${run.events.join('\n')}\n${JSON.stringify(found)}`);
      }
    };
    await Promise.all(Array.from({ length: runsAtOnce }, runNext)).finally(() => onCalls(undefined));
    expect(differences.size).toBe(runs);
    for (const [each, found] of differences)
      expect(found, `seed ${each}`).toEqual({ lost: [], repeated: [] });
  },
  runTimeoutMs * Math.ceil(runs / runsAtOnce) + storedTimeoutMs,
);
