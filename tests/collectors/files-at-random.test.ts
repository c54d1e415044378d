// Files at random: written, renamed, copied and cut while they are read and while the collector is down, which is killed
// at any moment. Each line is to come once. SEED repeats a run, RUNS makes more of them.

import {
  appendFileSync,
  copyFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { FilesCollector } from '../../src/collectors/files/files-collector.ts';
import { filesDefaults, fileTargetDefaults } from '../../src/collectors/settings.ts';
import { Random } from '../random.ts';
import { seed } from '../seed.ts';
import { type Difference, difference } from './difference.ts';
import { MemorySink } from './memory-sink.ts';
import { startCollector } from './start-collector.ts';

const runs = Number(process.env.RUNS ?? 12);
const runsAtOnce = 10;
const storedTimeoutMs = 30_000;

class RandomRun {
  readonly #folder = mkdtempSync(join(tmpdir(), 'skald-random-'));
  readonly #log = join(this.#folder, 'app.log');
  readonly #random: Random;
  readonly #sink = new MemorySink();
  /** Rotated files are numbered as logrotate does it: the youngest is 1. Otherwise the oldest is. */
  readonly #shifts: boolean;
  readonly #pauseMsMax: number;
  readonly #stops: (() => Promise<void>)[] = [];
  #rotations = 0;
  #written = 0;
  readonly events: string[] = [];

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    this.#shifts = random.below(2) === 0;
    this.#pauseMsMax = random.of([5, 30, 120]);
    const commitMsMax = random.of([1, 10, 40]);
    this.#sink.beforeCommit = () => delay(random.below(commitMsMax));
  }

  /** Between what was written and what was stored. */
  async difference(): Promise<Difference> {
    try {
      appendFileSync(this.#log, '');
      this.#start();
      // A file is known from its first commit on: what was rotated away before is nobody's.
      await this.#sink.until(() => this.#sink.kept.size > 0);
      for (let left = 10 + this.#random.below(60); left > 0; left--) {
        await this.#step();
        await delay(this.#random.below(this.#pauseMsMax));
      }
      const lines = Array.from({ length: this.#written }, (_, i) => String(i + 1));
      await this.#sink
        .until(() => this.#sink.entries.length >= lines.length, storedTimeoutMs)
        .catch(() => {});
      // What comes twice may come late.
      await delay(300);
      return difference(lines, this.#sink.lines);
    } finally {
      await Promise.all(this.#stops.map((stop) => stop()));
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  #start(): void {
    const targets = [{ ...fileTargetDefaults, include: [join(this.#folder, '*.log')] }];
    const settings = { ...filesDefaults, pollMs: 5, scanMs: 20, targets };
    this.#stops.push(startCollector(new FilesCollector(settings, 'test-host'), this.#sink.session()).stop);
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const what = random.below(100);
    if (what < 50) this.#write(30);
    else if (what < 60) await this.#writeInPieces();
    else if (what < 70) this.#rename();
    else if (what < 80) this.#copyAndCut();
    else if (what < 90) await this.#kill();
    // Longer than a rotated file is kept open.
    else if (what < 92) await delay(2_500);
  }

  async #kill(): Promise<void> {
    this.#note('kill');
    this.#sink.crash();
    void this.#stops.at(-1)?.();
    const actions = [
      () => this.#rename(),
      () => this.#copyAndCut(),
      () => this.#write(30),
      () => this.#write(100),
    ];
    for (let left = this.#random.below(4); left > 0; left--) this.#random.of(actions)();
    if (this.#random.below(2) === 0) await delay(this.#random.below(20));
    this.#start();
  }

  #write(linesMax: number): void {
    let text = '';
    for (let left = this.#random.below(linesMax); left > 0; left--) text += `${++this.#written}\n`;
    appendFileSync(this.#log, text);
  }

  async #writeInPieces(): Promise<void> {
    const line = `${++this.#written}\n`;
    appendFileSync(this.#log, line.slice(0, 1));
    await delay(this.#random.below(30));
    appendFileSync(this.#log, line.slice(1));
  }

  #rename(): void {
    const to = this.#rotatedPath();
    this.#note(`rename to ${to}`);
    renameSync(this.#log, to);
    this.#begin();
  }

  /** Nothing is written between copy and cut: that would be lost to any reader. */
  #copyAndCut(): void {
    const to = this.#rotatedPath();
    this.#note(`copy to ${to}`);
    copyFileSync(this.#log, to);
    truncateSync(this.#log);
    this.#begin();
  }

  #begin(): void {
    if (this.#random.below(2) === 0) this.#write(100);
    else appendFileSync(this.#log, '');
  }

  #rotatedPath(): string {
    this.#rotations++;
    if (!this.#shifts) return `${this.#log}.${this.#rotations}`;
    for (let k = this.#rotations - 1; k >= 1; k--) renameSync(`${this.#log}.${k}`, `${this.#log}.${k + 1}`);
    return `${this.#log}.1`;
  }

  #note(what: string): void {
    const { ino, size } = statSync(this.#log);
    this.events.push(`${this.#written} lines written, ${size} bytes in inode ${ino}: ${what}`);
  }
}

it(`each line once (SEED=${seed})`, async () => {
  const seeds = Array.from({ length: runs }, (_, i) => seed + i);
  const differences = new Map<number, Difference>();
  const runNext = async (): Promise<void> => {
    for (let each = seeds.shift(); each !== undefined; each = seeds.shift()) {
      const run = new RandomRun(each);
      const found = await run.difference();
      differences.set(each, found);
      if (found.lost.length + found.repeated.length > 0) console.error(each, run.events);
    }
  };
  await Promise.all(Array.from({ length: runsAtOnce }, runNext));
  expect(differences.size).toBe(runs);
  for (const [each, found] of differences) expect(found, `seed ${each}`).toEqual({ lost: [], repeated: [] });
}, 300_000);
