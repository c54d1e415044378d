// The host's clock set back, which no test can do to a real engine: a stand-in that answers as one does.

import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerCollector } from '../../src/collectors/docker/docker-collector.ts';
import { dockerDefaults } from '../../src/collectors/settings.ts';
import { nsPerMs, nsPerSecond } from '../../src/model/time.ts';
import { MemorySink } from './memory-sink.ts';
import { type Started, startCollector } from './start-collector.ts';

interface Written {
  readonly stream: 1 | 2;
  readonly ns: bigint;
  readonly text: string;
}

const hour = 3_600n * nsPerSecond;
const day = 24n * hour;

/** One container, "c", that runs. Its log is in the order of writing, and `since` is asked of each line's time. */
class StandInEngine {
  readonly #server: Server = createServer((request, response) => {
    response.setHeader('Date', new Date(Number(this.nowNs / nsPerMs)).toUTCString());
    const url = new URL(request.url ?? '', 'http://engine');
    if (url.pathname.endsWith('/logs')) this.#follow(response, url.searchParams.get('since') ?? '0');
    else if (url.pathname.endsWith('/events')) response.flushHeaders();
    else if (url.pathname.endsWith('/containers/json')) response.end('[{"Id":"c"}]');
    else if (url.pathname.endsWith('/_ping')) response.end('OK');
    else response.end(JSON.stringify(container));
  });
  readonly #log: Written[] = [];
  readonly #followers = new Set<{ readonly response: ServerResponse; readonly sinceNs: bigint }>();
  nowNs = 20_000n * day;

  async up(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  down(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** A line, a millisecond after what was before. */
  write(text: string, stream: 1 | 2 = 1): void {
    this.nowNs += nsPerMs;
    this.#log.push({ stream, ns: this.nowNs, text });
    for (const follower of this.#followers) this.#send(follower, this.#log.slice(-1));
  }

  /** As when it rotates its own files: what it has comes once more. */
  repeat(): void {
    for (const follower of this.#followers) this.#send(follower, this.#log);
  }

  #follow(response: ServerResponse, since: string): void {
    const [seconds = '0', nanos = '0'] = since.split('.');
    const follower = { response, sinceNs: BigInt(seconds) * nsPerSecond + BigInt(nanos) };
    this.#followers.add(follower);
    response.once('close', () => this.#followers.delete(follower));
    response.flushHeaders();
    this.#send(follower, this.#log);
  }

  #send(
    { response, sinceNs }: { readonly response: ServerResponse; readonly sinceNs: bigint },
    lines: readonly Written[],
  ): void {
    for (const { stream, ns, text } of lines) {
      if (ns < sinceNs) continue;
      const iso = new Date(Number(ns / nsPerMs)).toISOString().slice(0, 19);
      const payload = Buffer.from(`${iso}.${String(ns % nsPerSecond).padStart(9, '0')}Z ${text}\n`);
      const header = Buffer.alloc(8);
      header[0] = stream;
      header.writeUInt32BE(payload.length, 4);
      response.write(Buffer.concat([header, payload]));
    }
  }
}

const container = {
  Name: '/c',
  Config: { Image: 'i', Labels: {}, Tty: false },
  State: { Running: true },
  HostConfig: { LogConfig: { Type: 'json-file' } },
};

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
