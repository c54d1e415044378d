// What the real engine's API does that one would not expect, one test each. docs/collector-faults.md has the list.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { expect, it } from 'vitest';
import { Engine } from '../../src/collectors/docker/engine.ts';
import { FrameDecoder } from '../../src/collectors/docker/frames.ts';
import { engineTime, sinceText } from '../../src/collectors/docker/log-piece.ts';
import type { LogDriver } from '../real/docker-engine.ts';
import { components, describeWith } from '../real/require-component.ts';
import { dockerSuite, linesOf, numbered, until } from './docker-suite.ts';
import { MemorySink } from './memory-sink.ts';
import { waitFor } from './start-collector.ts';

const never = new AbortController().signal;

describeWith(components.docker, 'docker engine, fault by fault', () => {
  const { engine, start } = dockerSuite();

  /** Writes `count` bytes of a character, without newline. */
  const bytes = (count: number, character: string): string =>
    `head -c ${count} /dev/zero | tr "\\0" ${character}`;

  it.each<LogDriver>(['json-file', 'local'])(
    'pieces of long lines of stdout and stderr that interleave stay apart (%s)',
    async (driver) => {
      const sink = new MemorySink();
      start(sink);
      const part = `${bytes(20_000, 'o')}; sleep 0.1; ${bytes(20_000, 'e')} >&2; sleep 0.1`;
      await engine.run(`${part}; ${part}; echo; echo >&2; echo out; echo err >&2; sleep 0.2`, { driver });
      await until(sink, 4);
      expect(linesOf(sink, 'stdout')).toEqual(['o'.repeat(40_000), 'out']);
      expect(linesOf(sink, 'stderr')).toEqual(['e'.repeat(40_000), 'err']);
    },
  );

  it('a TTY has one stream, without frames: stderr comes as stdout, \\r is cut', async () => {
    const sink = new MemorySink();
    start(sink);
    await engine.run('echo out; sleep 0.1; echo err >&2; sleep 0.1; printf "a\\tb\\n"; printf open', {
      tty: true,
    });
    await until(sink, 4);
    expect(linesOf(sink, 'stdout')).toEqual(['out', 'err', 'a\tb', 'open']);
  });

  it('since starts with the very line of that nanosecond, one more starts after it', async () => {
    const container = await engine.run('seq 1 100');
    await container.wait();
    const api = new Engine({ host: engine.host, tls: undefined });
    const read = async (ns: bigint): Promise<{ ns: bigint; text: string }[]> => {
      const stream = await api.logs(container.id, sinceText(ns), never);
      const decoder = new FrameDecoder(2 ** 20);
      const lines: { ns: bigint; text: string }[] = [];
      stream.on('data', (chunk: Buffer) => {
        decoder.push(chunk, (_, bytes, start, end) => {
          const time = engineTime(bytes, start);
          if (time) lines.push({ ns: time.ns, text: bytes.toString('utf8', time.textStart, end).trim() });
        });
      });
      await finished(stream);
      return lines;
    };
    const all = await read(0n);
    expect(all.map(({ text }) => text)).toEqual(numbered(100));
    const at = all[49]?.ns ?? 0n;
    expect((await read(at))[0]?.text).toBe('50');
    expect((await read(at + 1n))[0]?.text).toBe('51');
  });

  it('a burst that the engine rotates away faster than anyone reads: what is left comes once, to the end', async () => {
    const sink = new MemorySink();
    start(sink);
    await engine.run('seq 1 30000; sleep 0.2; echo 30001', {
      logOptions: { 'max-size': '100k', 'max-file': '3' },
    });
    await sink.until(() => sink.lines.includes('30001'));
    const numbers = sink.lines.map(Number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it.each<[LogDriver, Record<string, string>]>([
    ['syslog', {}],
    // A compressor for each line would take the engine longer than it waits at a container's exit.
    ['gelf', { 'gelf-compression-type': 'none' }],
  ])("a driver that can be read only through the engine's own cache (%s)", async (driver, options) => {
    // Somebody listens: of what the driver cannot send the engine keeps nothing in its cache.
    const receiver = createSocket('udp4').bind(0, '127.0.0.1');
    await once(receiver, 'listening');
    const sink = new MemorySink();
    start(sink);
    await engine.run(`seq 1 2000; ${bytes(40_000, 'a')}; echo; echo after; sleep 60`, {
      driver,
      logOptions: { ...options, [`${driver}-address`]: `udp://127.0.0.1:${receiver.address().port}` },
    });
    await until(sink, 2_002);
    expect(sink.lines).toEqual([...numbered(2_000), 'a'.repeat(40_000), 'after']);
    receiver.close();
  });

  it('a container that removes itself when it exits', async () => {
    const sink = new MemorySink();
    const { collector } = start(sink);
    const container = await engine.run('seq 1 100; sleep 60', { autoRemove: true });
    await until(sink, 100);
    await container.kill();
    await sink.until(() => sink.kept.size === 0);
    expect(sink.lines).toEqual(numbered(100));
    await waitFor(() => collector.health().targets === 0);
    expect(collector.health()).toMatchObject({ state: 'running', errorsTotal: 0 });
  });

  it('containers that are gone (404) before they were looked at hinder nobody', async () => {
    const sink = new MemorySink();
    const { collector } = start(sink);
    for (let i = 0; i < 5; i++) {
      const brief = await engine.run('true', { autoRemove: true });
      await brief.wait().catch(() => {});
    }
    await engine.run('echo seen');
    await sink.until(() => sink.lines.includes('seen'));
    await waitFor(() => collector.health().targets === 1);
    expect(collector.health()).toMatchObject({ state: 'running', errorsTotal: 0 });
  });

  it('stopping while it follows (ECONNRESET, aborted) is no error', async () => {
    const sink = new MemorySink();
    const { collector, stop } = start(sink);
    await engine.run('echo one; sleep 30');
    await until(sink, 1);
    await stop();
    expect(collector.health()).toMatchObject({ state: 'stopped', targets: 0, errorsTotal: 0, hint: '' });
  });
});
