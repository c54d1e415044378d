// Engines whose times do not tell lines apart: whole seconds, offsets, several lines of one moment.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerCollector } from '../../src/collectors/docker/docker-collector.ts';
import { type DockerSettings, dockerDefaults } from '../../src/collectors/settings.ts';
import { nsPerMs, nsPerSecond } from '../../src/model/time.ts';
import { MemorySink } from './memory-sink.ts';
import { exactTime, StandInEngine, wholeSeconds } from './stand-in-engine.ts';
import { type Started, startCollector } from './start-collector.ts';

const podman = 'Libpod/4.3.1 (linux)';
const hour = 3_600n * nsPerSecond;
/** Of the western zone of the offset. */
const eightHours = 8n * hour;

let engine: StandInEngine;
let sink: MemorySink;
let running: Started | undefined;
let host: string;
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

const start = (settings: Partial<DockerSettings> = {}): void => {
  const clock = { nowNs: () => engine.nowNs };
  running = startCollector(new DockerCollector({ ...dockerDefaults, host, ...settings }, 'h', clock), sink);
};
const stop = async (): Promise<void> => {
  await running?.stop();
  running = undefined;
};

type Step = { readonly write: number } | 'crash' | 'stop' | { readonly jump: bigint };

describe.each<[string, Partial<Pick<StandInEngine, 'server' | 'stamp' | 'stepNs'>>]>([
  ['whole seconds', { server: podman, stamp: (ns) => `${wholeSeconds(ns)}Z`, stepNs: 300n * nsPerMs }],
  [
    'whole seconds with an offset',
    { server: podman, stamp: (ns) => `${wholeSeconds(ns - eightHours)}-08:00`, stepNs: 300n * nsPerMs },
  ],
  ['whole seconds, from who does not say what it is', { server: '', stamp: (ns) => `${wholeSeconds(ns)}Z` }],
  ['all lines of one read at one moment', { server: podman, stepNs: 0n }],
  ['the same, from who does not say what it is', { server: '', stepNs: 0n }],
  ['microseconds', { server: podman, stamp: (ns) => exactTime(ns - (ns % 1_000n)), stepNs: 100n }],
])('%s: each line once', (_, kind) => {
  it.each<[string, Step[]]>([
    ['while it is followed', [{ write: 12 }, { write: 12 }]],
    ['over a stop', [{ write: 5 }, 'stop', { write: 7 }, 'stop', { write: 3 }]],
    ['over kill -9', [{ write: 12 }, 'crash', { write: 5 }, 'crash', { write: 1 }, 'crash', { write: 6 }]],
    ['and the clock jumps on', [{ write: 5 }, { jump: hour }, { write: 5 }, 'crash', { write: 5 }]],
    ['and the clock jumps back', [{ write: 5 }, { jump: -hour }, { write: 5 }, 'crash', { write: 5 }]],
  ])('%s', async (_name, steps) => {
    Object.assign(engine, kind);
    let written = 0;
    start();
    for (const step of steps) {
      if (step === 'crash' || step === 'stop') {
        if (step === 'crash') sink.crash();
        await stop();
        start();
      } else if ('jump' in step) engine.nowNs += step.jump;
      else {
        // Texts that come again: equal lines are lines of their own.
        for (let i = 0; i < step.write; i++) engine.write(`line ${written++ % 4}`, written % 3 === 0 ? 2 : 1);
        await sink.until(() => sink.entries.length >= written);
      }
    }
    const expected = Array.from({ length: written }, (_v, i) => `line ${i % 4}`);
    expect(sink.lines.toSorted()).toEqual(expected.toSorted());
    const distinct = new Set(
      sink.entries.map(({ labels, line, timestampNs }) => `${JSON.stringify(labels)} ${timestampNs} ${line}`),
    );
    expect(distinct.size).toBe(written);
  });
});

it('many containers: no warning of too many listeners', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  engine.ids = Array.from({ length: 30 }, (_, i) => `c${i}`);
  start();
  engine.write('x');
  await sink.until(() => sink.entries.length >= engine.ids.length);
  await stop();
  // Warnings are told of in a turn of their own.
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});

it('a line that is too long is cut, says by how much, and the next is whole', async () => {
  engine.server = podman;
  start({ lineBytesMax: 1_000 });
  engine.write('x'.repeat(3_000));
  engine.write('next');
  await sink.until(() => sink.entries.length >= 2);
  expect(sink.lines).toEqual(['x'.repeat(1_000), 'next']);
  expect(sink.entries.map(({ structuredMetadata }) => structuredMetadata)).toEqual([
    [['truncated_bytes', '2000']],
    [],
  ]);
  expect(running?.collector.health().repairs).toEqual({ line_too_long: 1 });
});
