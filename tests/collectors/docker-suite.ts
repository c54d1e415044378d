// A real engine for the tests of one file, and collectors on it that end with each test.

import { afterAll, afterEach, beforeAll } from 'vitest';
import { DockerCollector } from '../../src/collectors/docker/docker-collector.ts';
import { type EngineTiming, engineTiming } from '../../src/collectors/docker/engine.ts';
import { type DockerSettings, dockerDefaults } from '../../src/collectors/settings.ts';
import { systemClock } from '../../src/model/time.ts';
import { DockerEngine } from '../real/docker-engine.ts';
import type { MemorySink } from './memory-sink.ts';
import { type Started, startCollector } from './start-collector.ts';

export interface DockerSuite {
  readonly engine: DockerEngine;
  /** `timing`: shorter than for real engines, which take their time. */
  start(sink: MemorySink, settings?: Partial<DockerSettings>, timing?: EngineTiming): Started;
}

/** To be called inside `describe`. `options` of dockerd are asked for when it is started first. */
export function dockerSuite(options: () => string[] = () => []): DockerSuite {
  const engine = new DockerEngine();
  let started: Started[] = [];
  beforeAll(() => engine.up(...options()));
  afterAll(() => engine.down());
  afterEach(async () => {
    await Promise.all(started.map((one) => one.stop()));
    started = [];
    await engine.removeAll();
  });
  return {
    engine,
    start(sink, settings = {}, timing = engineTiming) {
      const collector = new DockerCollector(
        { ...dockerDefaults, host: engine.host, ...settings },
        'test-host',
        systemClock,
        timing,
      );
      const one = startCollector(collector, sink);
      started.push(one);
      return one;
    },
  };
}

export const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i + 1));

export const until = (sink: MemorySink, entries: number): Promise<void> =>
  sink.until(() => sink.entries.length >= entries);

/** Lines of stdout or stderr. */
export const linesOf = (sink: MemorySink, stream: 'stdout' | 'stderr'): string[] =>
  sink.entries
    .filter(({ labels }) => labels.some(([name, value]) => name === 'stream' && value === stream))
    .map(({ line }) => line);
