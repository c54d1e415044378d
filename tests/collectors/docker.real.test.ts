// The Docker collector against a real engine, fault by fault.

import { expect, it } from 'vitest';
import { dockerDefaults } from '../../src/collectors/settings.ts';
import type { LogDriver } from '../real/docker-engine.ts';
import { components, describeWith } from '../real/require-component.ts';
import { dockerSuite, linesOf, numbered, until } from './docker-suite.ts';
import { MemorySink } from './memory-sink.ts';
import { type Started, waitFor } from './start-collector.ts';

describeWith(components.docker, 'docker collector, real engine', () => {
  const { engine, start } = dockerSuite();

  it.each<LogDriver>(['json-file', 'local'])(
    'reads all of a container that exits while it is read (%s)',
    async (driver) => {
      const sink = new MemorySink();
      start(sink);
      await engine.run('seq 1 20000', { driver });
      await sink.until(() => sink.entries.length >= 20_000);
      expect(sink.lines).toEqual(numbered(20_000));
    },
  );

  it('gives a container its labels', async () => {
    const sink = new MemorySink();
    start(sink, { labels: { job: 'docker', env: 'test' } });
    await engine.run('echo out; echo err >&2', {
      name: 'shop-web-1',
      labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' },
    });
    await sink.until(() => sink.entries.length >= 2);
    const common = {
      compose_project: 'shop',
      compose_service: 'web',
      container: 'shop-web-1',
      env: 'test',
      host: 'test-host',
      image: 'skaldtest/busybox',
      job: 'docker',
      service_name: 'web',
    };
    const byLine = Object.fromEntries(
      sink.entries.map(({ line, labels }) => [line, Object.fromEntries(labels)]),
    );
    expect(byLine).toEqual({ out: { ...common, stream: 'stdout' }, err: { ...common, stream: 'stderr' } });
  });

  /** As kill -9: what is under way never commits. */
  const crash = async (sink: MemorySink, one: Started): Promise<void> => {
    sink.crash();
    const commit = sink.beforeCommit;
    sink.beforeCommit = () => new Promise(() => {});
    await one.stop();
    sink.beforeCommit = commit;
  };

  it.each<LogDriver>(['json-file', 'local'])(
    'goes on after a crash without losing or repeating (%s)',
    async (driver) => {
      const sink = new MemorySink();
      const first = start(sink);
      await engine.run('for i in 1 2 3 4 5 6 7 8 9 10; do seq $((i*1000-999)) $((i*1000)); sleep 0.1; done', {
        driver,
      });
      await until(sink, 3_000);
      await crash(sink, first);
      start(sink);
      await until(sink, 10_000);
      expect(sink.lines).toEqual(numbered(10_000));
    },
  );

  it('stdout and stderr each keep their order over a crash', async () => {
    const sink = new MemorySink();
    const first = start(sink);
    await engine.run('for i in $(seq 1 2000); do echo $i; echo $i >&2; done; sleep 1');
    await until(sink, 1_000);
    await crash(sink, first);
    start(sink);
    await until(sink, 4_000);
    expect(linesOf(sink, 'stdout')).toEqual(numbered(2_000));
    expect(linesOf(sink, 'stderr')).toEqual(numbered(2_000));
  });

  const long = 'head -c 40000 /dev/zero | tr "\\0" a; echo';
  it.each<[LogDriver, boolean]>([
    ['json-file', false],
    ['json-file', true],
    ['local', false],
    ['local', true],
  ])('joins the pieces of lines over 16 KiB (%s, tty %s)', async (driver, tty) => {
    const sink = new MemorySink();
    start(sink);
    const even = 'head -c 16384 /dev/zero | tr "\\0" b; echo';
    await engine.run(`echo short; ${long}; echo after; ${even}; echo after even; sleep 0.2`, { driver, tty });
    await until(sink, 5);
    expect(sink.lines).toEqual(['short', 'a'.repeat(40_000), 'after', 'b'.repeat(16_384), 'after even']);
  });

  it('an open line is whole after a crash in its middle', async () => {
    const sink = new MemorySink();
    const first = start(sink);
    await engine.run(
      'echo one; head -c 20000 /dev/zero | tr "\\0" a; sleep 1; head -c 20000 /dev/zero | tr "\\0" b; echo; echo two; sleep 1',
    );
    await until(sink, 1);
    await crash(sink, first);
    start(sink);
    await until(sink, 3);
    expect(sink.lines).toEqual(['one', `${'a'.repeat(20_000)}${'b'.repeat(20_000)}`, 'two']);
  });

  it('a last line without newline comes when the container has exited', async () => {
    const sink = new MemorySink();
    start(sink);
    await engine.run('echo one; printf two');
    await until(sink, 2);
    expect(sink.lines).toEqual(['one', 'two']);
  });

  it('container stopped and started again: each run once', async () => {
    const sink = new MemorySink();
    start(sink);
    const container = await engine.run('echo begin; sleep 0.3; echo end');
    await until(sink, 2);
    await container.wait();
    await container.start();
    await until(sink, 4);
    await container.wait();
    await container.restart();
    await until(sink, 6);
    expect(sink.lines).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end']);
  });

  it('container that crashes under a restart policy', async () => {
    const sink = new MemorySink();
    start(sink);
    await engine.run('echo up; sleep 0.1; exit 1', { restart: 'always' });
    await until(sink, 4);
    expect(new Set(sink.lines)).toEqual(new Set(['up']));
    expect(new Set(sink.entries.map(({ timestampNs }) => timestampNs)).size).toBe(sink.entries.length);
  });

  it.each<[string, LogDriver, boolean]>([
    ['while it is read', 'json-file', false],
    ['over a crash', 'json-file', true],
    ['while it is read', 'local', false],
    ['over a crash', 'local', true],
  ])('rotation of the log files repeats nothing, %s (%s)', async (_, driver, crashes) => {
    const sink = new MemorySink();
    const first = start(sink);
    // Rotated all the time, and nothing is thrown away. But this engine's own reader passes over a file when there have
    // been two rotations since it looked: by `json-file` a file's lines are written only when those before are read.
    let told = driver === 'json-file' ? 200 : 4_000;
    const container = await engine.run(
      `n=${told}; trap 'n=$((n+200))' USR1; i=0; while [ $i -lt 4000 ]; do while [ $i -lt $n ]; do i=$((i+1)); ` +
        'echo $i; [ $((i % 20)) = 0 ] && usleep 10000; done; usleep 10000; done; sleep 1',
      { driver, logOptions: { 'max-size': '20k', 'max-file': '30' } },
    );
    const untilRead = async (line: number): Promise<void> => {
      for (; told < line; told += 200) {
        await sink.until(() => Number(sink.lines.at(-1)) >= told);
        await container.kill({ signal: 'SIGUSR1' });
      }
      await sink.until(() => Number(sink.lines.at(-1)) >= line);
    };
    if (crashes) {
      await untilRead(1_500);
      await crash(sink, first);
      start(sink);
    }
    await untilRead(4_000);
    const numbers = sink.lines.map(Number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    // What `local` loses at a rotation, this engine loses for every reader.
    if (driver === 'json-file') expect(sink.lines).toEqual(numbered(4_000));
  });

  it('follows what the filters let through', async () => {
    const sink = new MemorySink();
    const { stop } = start(sink, {
      include: { ...dockerDefaults.include, names: ['shop-*'] },
      exclude: { ...dockerDefaults.exclude, labels: ['tier=test'] },
    });
    await engine.run('echo excluded', { name: 'shop-test', labels: { tier: 'test' } });
    await engine.run('echo opted out', { name: 'shop-quiet', labels: { 'skald.collect': 'false' } });
    await engine.run('echo other', { name: 'other' });
    await engine.run('echo followed', { name: 'shop-web' });
    await until(sink, 1);
    await stop();
    expect(sink.lines).toEqual(['followed']);
  });

  it('a renamed container: its lines have the new name from then on', async () => {
    const sink = new MemorySink();
    start(sink);
    const container = await engine.run('trap "echo told" USR1; echo one; while :; do sleep 0.1; done', {
      name: 'before',
    });
    await until(sink, 1);
    await container.rename({ name: 'after' });
    const names = (): string[] =>
      sink.entries.map(({ labels }) => Object.fromEntries(labels).container ?? '');
    while (!names().includes('after')) {
      const { length } = sink.entries;
      await container.kill({ signal: 'SIGUSR1' });
      await until(sink, length + 1);
    }
    expect(names()[0]).toBe('before');
    expect(names().slice(names().indexOf('after'))).not.toContain('before');
    expect(sink.lines).toEqual(['one', ...Array(sink.lines.length - 1).fill('told')]);
  });

  it('a container renamed into and out of the filter: followed while it is in it, nothing twice', async () => {
    const sink = new MemorySink();
    const { collector } = start(sink, { include: { ...dockerDefaults.include, names: ['shop-*'] } });
    const container = await engine.run('trap "echo two" USR1; echo one; while :; do sleep 0.1; done', {
      name: 'other',
    });
    await container.rename({ name: 'shop-web' });
    await until(sink, 1);
    await container.rename({ name: 'other' });
    await waitFor(() => collector.health().targets === 0);
    await container.kill({ signal: 'SIGUSR1' });
    await container.rename({ name: 'shop-web' });
    await until(sink, 2);
    expect(sink.lines).toEqual(['one', 'two']);
  });

  it('a removed container takes its checkpoint along', async () => {
    const sink = new MemorySink();
    start(sink);
    const container = await engine.run('echo bye');
    await until(sink, 1);
    expect(sink.kept.size).toBe(1);
    await container.remove({ force: true });
    await sink.until(() => sink.kept.size === 0);
  });

  it('a slow sink pauses reading and loses nothing', async () => {
    const sink = new MemorySink();
    let writing = 0;
    sink.beforeCommit = async () => {
      expect(++writing).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      writing--;
    };
    start(sink);
    await engine.run('seq 1 50000');
    await until(sink, 50_000);
    expect(sink.lines).toEqual(numbered(50_000));
  });

  it('a refusing sink is asked again', async () => {
    const sink = new MemorySink();
    let refusals = 3;
    sink.beforeCommit = () => {
      if (refusals-- > 0) throw new Error('disk full');
    };
    start(sink);
    await engine.run('seq 1 1000');
    await until(sink, 1_000);
    expect(sink.lines).toEqual(numbered(1_000));
  });

  it('more containers than may be followed: each has its turn', async () => {
    const sink = new MemorySink();
    const { collector } = start(sink, { containersMax: 1 });
    const first = await engine.run('echo first');
    await until(sink, 1);
    await engine.run('echo second');
    await waitFor(() => /More than 1 containers/.test(collector.health().hint));
    await first.remove({ force: true });
    await until(sink, 2);
    expect(sink.lines).toEqual(['first', 'second']);
  });

  it('a log driver that cannot be read does not hinder the others', async () => {
    const sink = new MemorySink();
    start(sink);
    await engine.run('echo unseen', { driver: 'none' });
    await engine.run('echo seen');
    await until(sink, 1);
    expect(sink.lines).toEqual(['seen']);
  });

  // Last: these take the engine down.
  it('engine stopped and started: goes on, and says so meanwhile', async () => {
    const sink = new MemorySink();
    const { collector } = start(sink);
    const container = await engine.run('seq 1 1000; sleep 0.2; seq 1001 2000; sleep 30');
    await until(sink, 2_000);
    engine.stop();
    await waitFor(() => collector.health().state === 'waiting');
    expect(collector.health().hint).toMatch(/Docker engine at unix:/);
    engine.up();
    await container.start();
    await until(sink, 4_000);
    expect(sink.lines).toEqual([...numbered(2_000), ...numbered(2_000)]);
    expect(collector.health().state).toBe('running');
  });

  it('engine killed while a container writes', async () => {
    const sink = new MemorySink();
    start(sink);
    await engine.run('for i in $(seq 1 50); do seq $((i*100-99)) $((i*100)); usleep 20000; done; sleep 30', {
      name: 'writer',
    });
    await until(sink, 1_000);
    engine.kill();
    engine.up();
    await engine.api
      .getContainer('writer')
      .start()
      .catch(() => {});
    // What the first run wrote until the kill, in order, each once; then the second run.
    await sink.until(() => sink.lines.filter((line) => line === '5000').length >= 1);
    const second = sink.lines.lastIndexOf('1');
    const runs = second > 0 ? [sink.lines.slice(0, second), sink.lines.slice(second)] : [sink.lines];
    for (const run of runs) expect(run).toEqual(numbered(run.length));
  });
});
