// Events that come while the answer to a look at their container is on its way: the answer is old, and no other event
// may come for as long as the container lives.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerCollector } from '../../src/collectors/docker/docker-collector.ts';
import { dockerDefaults } from '../../src/collectors/settings.ts';
import { MemorySink } from './memory-sink.ts';
import { StandInEngine } from './stand-in-engine.ts';
import { type Started, startCollector, waitFor } from './start-collector.ts';

let engine: StandInEngine;
let sink: MemorySink;
let collector: DockerCollector;
let started: Started;

/** Containers when `remove` was called. */
let followed: number;

beforeEach(async () => {
  followed = 0;
  engine = new StandInEngine();
  sink = new MemorySink();
  const include = { ...dockerDefaults.include, names: ['c'] };
  const clock = { nowNs: () => engine.nowNs };
  collector = new DockerCollector({ ...dockerDefaults, host: await engine.up(), include }, 'h', clock);
});
afterEach(async () => {
  await started.stop();
  engine.down();
});

type Change = readonly [event: 'start' | 'destroy' | 'rename', change: () => void];

/** Starts. By number of look: what happens after it, and whose event is read, before its answer comes. */
function startWith(changes: Readonly<Record<number, Change>>): void {
  engine.beforeAnswer = async (look) => {
    const [event, change] = changes[look] ?? [];
    if (event === undefined) return;
    change?.();
    await engine.event(event);
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  started = startCollector(collector, sink);
}

describe('an event between a look and its answer', () => {
  const remove = (): void => {
    followed = collector.health().targets;
    engine.removed = true;
  };
  const rename = (name: string) => (): void => {
    engine.name = name;
  };

  it('removed when it had exited: no longer followed, its checkpoint gone', async () => {
    engine.write('one');
    engine.running = false;
    // 1: whether to follow it, 2 and 3: around the read of the line, 4 and 5: around one that brings nothing.
    startWith({ 5: ['destroy', remove] });
    await sink.until(() => sink.lines.length === 1 && sink.kept.size === 0);
    await waitFor(() => collector.health().targets === 0);
    expect([followed, sink.lines]).toEqual([1, ['one']]);
  });

  it('started again: the new run is read', async () => {
    engine.running = false;
    const startAgain = (): void => {
      engine.running = true;
      engine.write('again');
    };
    startWith({ 3: ['start', startAgain] });
    await sink.until(() => sink.lines.length === 1);
    expect(sink.lines).toEqual(['again']);
  });

  it.each<[string, string, Readonly<Record<number, Change>>]>([
    ['first seen', 'other', { 1: ['rename', rename('c')] }],
    ['looked at again', 'c', { 1: ['rename', rename('other')], 2: ['rename', rename('c')] }],
  ])('renamed to a name that is followed, when it was %s: read', async (_, name, changes) => {
    engine.write('one');
    engine.name = name;
    startWith(changes);
    await sink.until(() => sink.lines.length === 1);
    expect(sink.lines).toEqual(['one']);
  });

  it('removed when its log could not be read: no longer followed', async () => {
    engine.unreadable = true;
    startWith({ 2: ['destroy', remove] });
    await waitFor(() => followed === 1 && collector.health().targets === 0);
    expect(sink.lines).toEqual([]);
  });
});
