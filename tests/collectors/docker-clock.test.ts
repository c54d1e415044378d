// The host's clock set back, which no test can do to a real engine: a stand-in that answers as one does.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerCollector } from '../../src/collectors/docker/docker-collector.ts';
import { dockerDefaults } from '../../src/collectors/settings.ts';
import { nsPerSecond } from '../../src/model/time.ts';
import { MemorySink } from './memory-sink.ts';
import { StandInEngine } from './stand-in-engine.ts';
import { type Started, startCollector } from './start-collector.ts';

const hour = 3_600n * nsPerSecond;

type Step = 'crash' | 'stop' | 'start' | 'repeat' | { readonly back: bigint } | { readonly on: bigint };

describe('the clock set back', () => {
  let engine: StandInEngine;
  let host: string;
  let sink: MemorySink;
  let running: Started | undefined;

  beforeEach(async () => {
    engine = new StandInEngine();
    host = await engine.up();
    sink = new MemorySink();
  });
  afterEach(async () => {
    await running?.stop();
    running = undefined;
    engine.down();
  });

  const start = (): void => {
    const clock = { nowNs: () => engine.nowNs };
    running = startCollector(new DockerCollector({ ...dockerDefaults, host }, 'h', clock), sink);
  };
  const stop = async (): Promise<void> => {
    await running?.stop();
    running = undefined;
  };

  /** Numbers are lines to write; those above 100 go to stderr. What is read while it runs is awaited. */
  const run = async (steps: readonly (number | Step)[]): Promise<void> => {
    const written: string[] = [];
    start();
    for (const step of steps) {
      if (typeof step === 'number') {
        engine.write(String(step), step > 100 ? 2 : 1);
        written.push(String(step));
      } else if (step === 'stop' || step === 'crash') {
        if (step === 'crash') sink.crash();
        await stop();
      } else if (step === 'start') start();
      else if (step === 'repeat') engine.repeat();
      else engine.nowNs += 'back' in step ? -step.back : step.on;
      if (running) await sink.until(() => sink.lines.length >= written.length);
    }
    expect([...sink.lines].sort()).toEqual([...written].sort());
  };

  it.each<[string, (number | Step)[]]>([
    ['while it is followed', [1, 2, { back: hour }, 3, 4, 5]],
    ['by two seconds', [1, 2, { back: 2n * nsPerSecond }, 3, 4]],
    ['and rotated behind it', [1, 2, { back: hour }, 3, 'repeat', 4, { on: hour / 2n }, 'repeat', 5]],
    ['until it has caught up', [1, 2, { back: hour }, 3, { on: 2n * hour }, 4, 'repeat', 5]],
    ['twice', [1, { back: hour }, 2, { on: hour / 2n }, 3, { back: hour }, 4, 'repeat', 5]],
    ['while nobody follows', [1, 2, 'stop', { back: hour }, 3, 4, 'start', 5]],
    ['and followed again', [1, 2, { back: hour }, 3, 4, 'stop', 5, 'start', 6, 'repeat', 7]],
    ['and followed again later', [1, 2, { back: hour }, 3, 'stop', { on: hour / 2n }, 4, 'start', 5]],
    ['while one stream is quiet', [1, 101, { back: hour }, 2, 3, 'stop', 4, 102, 'start', 5, 103]],
    ['before the first line of a stream', [1, { back: hour }, 2, 'stop', 101, 3, 'start', 102, 4]],
    ['and a crash', [1, 2, { back: hour }, 3, 'crash', 4, 'start', 5]],
  ])('%s: each line once', async (_, steps) => run(steps));
});
