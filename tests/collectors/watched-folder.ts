// A folder of its own that the files collector watches, and what it took from there.

import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { FilesCollector } from '../../src/collectors/files/files-collector.ts';
import {
  type FilesSettings,
  type FileTarget,
  filesDefaults,
  fileTargetDefaults,
} from '../../src/collectors/settings.ts';
import type { Clock } from '../../src/model/time.ts';
import { MemorySink } from './memory-sink.ts';
import { type Started, startCollector, waitFor } from './start-collector.ts';

export class WatchedFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'skald-files-'));
  readonly log = join(this.path, 'app.log');
  readonly sink = new MemorySink();
  readonly #started: Started[] = [];
  #counted: number | undefined;

  start(target: Partial<FileTarget> = {}, settings: Partial<FilesSettings> = {}, clock?: Clock): Started {
    const targets = [{ ...fileTargetDefaults, include: [join(this.path, '*.log')], ...target }];
    const collector = new FilesCollector(
      { ...filesDefaults, pollMs: 20, scanMs: 50, targets, ...settings },
      'test-host',
      clock,
    );
    const one = startCollector(collector, this.sink);
    this.#started.push(one);
    return one;
  }

  /** As kill -9: nothing under way is committed. */
  async crash(one: Started): Promise<void> {
    this.sink.crash();
    const before = this.sink.beforeCommit;
    this.sink.beforeCommit = () => new Promise(() => {});
    await one.stop();
    this.sink.beforeCommit = before;
  }

  /** Waits until there are this many entries. More are too many, also those that come later (see remove). */
  async count(entries: number): Promise<void> {
    await this.atLeast(entries);
    expect(this.sink.entries.length).toBe(entries);
    this.#counted = entries;
  }

  /** For a writer that goes on. */
  atLeast(entries: number): Promise<void> {
    return this.sink.until(() => this.sink.entries.length >= entries);
  }

  /** Waits until the collector follows the file that is at this path now. */
  opened(path: string): Promise<void> {
    return waitFor(() => descriptorPaths().includes(path));
  }

  /** Waits until the collector has closed a file that was moved to this path. */
  letGo(path: string): Promise<void> {
    return waitFor(() => !descriptorPaths().includes(path));
  }

  /** Stops the collectors, which commits what they have read: it must not be more than was counted. */
  async remove(): Promise<void> {
    await Promise.all(this.#started.map((one) => one.stop()));
    rmSync(this.path, { recursive: true, force: true });
    if (this.#counted !== undefined) expect(this.sink.entries.length).toBe(this.#counted);
  }
}

/** Of what this process has open. */
function descriptorPaths(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      // Closed meanwhile.
      return [];
    }
  });
}

/** Longer than a rotated file is kept open. */
export const longerThanKeptMs = 3_000;

let passedMs = 0;

/** Time that a collector sees go by at once, instead of waiting for it. */
export function passTime(ms: number): void {
  if (passedMs === 0) {
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + passedMs);
  }
  passedMs += ms;
}

export const numbered = (from: number, to: number): string[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => `n ${from + i}`);
export const numberedText = (from: number, to: number): string =>
  numbered(from, to)
    .map((line) => `${line}\n`)
    .join('');

/** app.log.1 becomes app.log.2 and so on, and app.log app.log.1. */
export function shift(log: string, rotate: (from: string, to: string) => void = renameSync): void {
  const rotated = readdirSync(join(log, '..')).filter((name) => /^app\.log\.\d+$/.test(name)).length;
  for (let k = rotated; k >= 1; k--) renameSync(`${log}.${k}`, `${log}.${k + 1}`);
  rotate(log, `${log}.1`);
}

/** As copytruncate does it. */
export function copyAndCut(from: string, to: string): void {
  copyFileSync(from, to);
  truncateSync(from);
}

export const expectEachOnce = (lines: readonly string[], last: number, first = 1): void =>
  expect(lines.toSorted()).toEqual(numbered(first, last).toSorted());
