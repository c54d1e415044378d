// The Docker collector on Podman's service: whole seconds, lines in one piece however long, a newline after each.

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { DockerCollector } from '../../src/collectors/docker/docker-collector.ts';
import { dockerDefaults } from '../../src/collectors/settings.ts';
import type { LogDriver } from '../real/docker-engine.ts';
import { Journald } from '../real/journald.ts';
import { PodmanEngine } from '../real/podman-engine.ts';
import { components, describeWith } from '../real/require-component.ts';
import { linesOf, numbered, until } from './docker-suite.ts';
import { MemorySink } from './memory-sink.ts';
import { type Started, startCollector } from './start-collector.ts';

describeWith([components.podman, components.journald], 'Podman', () => {
  const journald = new Journald();
  const podman = new PodmanEngine();
  let sink: MemorySink;
  let started: Started[] = [];
  beforeAll(() => {
    journald.up();
    podman.up();
  }, 120_000);
  afterAll(() => {
    podman.down();
    journald.down();
  }, 120_000);
  afterEach(async () => {
    await Promise.all(started.map((one) => one.stop()));
    started = [];
    for (const { Id } of await podman.api.listContainers({ all: true }))
      await podman.api.getContainer(Id).remove({ force: true });
  });

  const start = (): Started => {
    sink ??= new MemorySink();
    const one = startCollector(
      new DockerCollector({ ...dockerDefaults, host: podman.host }, 'h'),
      sink.session(),
    );
    started.push(one);
    return one;
  };

  it.each<LogDriver>(['k8s-file', 'journald'])(
    '%s: bursts within a second, over kill -9: each line once',
    async (driver) => {
      sink = new MemorySink();
      let one = start();
      await podman.run('for i in $(seq 300); do echo $i; [ $((i % 50)) -ne 0 ] || sleep 0.3; done', {
        driver,
      });
      for (const lines of [1, 60, 120, 200]) {
        await until(sink, lines);
        sink.crash();
        await one.stop();
        one = start();
      }
      await until(sink, 300);
      await one.stop();
      one = start();
      await podman.run('echo last', { driver });
      await until(sink, 301);
      expect(linesOf(sink, 'stdout')).toEqual([...numbered(300), 'last']);
      const times = sink.entries.slice(0, 300).map(({ timestampNs }) => timestampNs);
      expect(new Set(times).size).toBe(300);
    },
  );

  it('long lines, lines in pieces, standard error, a last line without newline', async () => {
    sink = new MemorySink();
    start();
    await podman.run(
      'head -c 40000 /dev/zero | tr "\\0" x; echo; printf a; sleep 1.1; echo b; echo oops >&2; printf end',
    );
    await until(sink, 4);
    expect(linesOf(sink, 'stdout').toSorted()).toEqual(['ab', 'end', 'x'.repeat(40_000)]);
    expect(linesOf(sink, 'stderr')).toEqual(['oops']);
  });

  it('a terminal', async () => {
    sink = new MemorySink();
    start();
    await podman.run('echo one; echo two; echo two', { tty: true });
    await until(sink, 3);
    expect(sink.lines).toEqual(['one', 'two', 'two']);
  });
});
