// A stand-in for a Docker engine, for what no test can do to a real one: its clock set back, answers that come late.

import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nsPerMs, nsPerSecond } from '../../src/model/time.ts';

interface Written {
  readonly stream: 1 | 2;
  readonly ns: bigint;
  readonly text: string;
}

/** One container, "c". Its log is in the order of writing, and `since` is asked of each line's time. */
export class StandInEngine {
  readonly #server: Server = createServer((request, response) => {
    if (this.server !== '') response.setHeader('Server', this.server);
    response.setHeader('Date', new Date(Number(this.nowNs / nsPerMs)).toUTCString());
    const url = new URL(request.url ?? '', 'http://engine');
    if (url.pathname.endsWith('/logs')) this.#follow(response, url.searchParams.get('since') ?? '0');
    else if (url.pathname.endsWith('/events')) this.#tell(response);
    else if (url.pathname.endsWith('/containers/json'))
      response.end(JSON.stringify(this.ids.map((Id) => ({ Id }))));
    else if (url.pathname.endsWith('/_ping')) response.end('OK');
    else void this.#inspect(response);
  });
  readonly #log: Written[] = [];
  readonly #followers = new Set<{ readonly response: ServerResponse; readonly sinceNs: bigint }>();
  readonly #listeners = new Set<ServerResponse>();
  #looks = 0;
  /** Containers, which have one log. */
  ids = ['c'];
  nowNs = 1_728_000_000n * nsPerSecond;
  /** What it says it is. */
  server = 'Docker/20.10.24 (linux)';
  /** A line's time as it is sent. */
  stamp: (ns: bigint) => string = exactTime;
  /** Between two lines. */
  stepNs = nsPerMs;
  name = 'c';
  running = true;
  removed = false;
  /** Its log driver lets nobody read. */
  unreadable = false;
  /** Called between the look at the container and the answer, with the number of the look, from 1. */
  beforeAnswer: (look: number) => Promise<void> | void = () => {};

  async up(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  down(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** A line, `stepNs` after what was before. */
  write(text: string, stream: 1 | 2 = 1): void {
    this.nowNs += this.stepNs;
    this.#log.push({ stream, ns: this.nowNs, text });
    for (const follower of this.#followers) this.#send(follower, this.#log.slice(-1));
  }

  /** As when it rotates its own files: what it has comes once more. */
  repeat(): void {
    for (const follower of this.#followers) this.#send(follower, this.#log);
  }

  /** Tells whoever listens; resolves when it is on its way. */
  async event(action: 'start' | 'die' | 'destroy' | 'rename'): Promise<void> {
    const text = `${JSON.stringify({ Action: action, Actor: { ID: 'c' } })}\n`;
    for (const response of this.#listeners)
      await new Promise<void>((done) => response.write(text, () => done()));
  }

  #tell(response: ServerResponse): void {
    this.#listeners.add(response);
    response.once('close', () => this.#listeners.delete(response));
    response.flushHeaders();
  }

  async #inspect(response: ServerResponse): Promise<void> {
    response.statusCode = this.removed ? 404 : 200;
    const text = JSON.stringify({
      Name: `/${this.name}`,
      Config: { Image: 'i', Labels: {}, Tty: false },
      State: { Running: this.running },
      HostConfig: { LogConfig: { Type: 'json-file' } },
    });
    await this.beforeAnswer(++this.#looks);
    response.end(text);
  }

  #follow(response: ServerResponse, since: string): void {
    if (this.unreadable) {
      response.statusCode = 501;
      response.end('{"message":"configured logging driver does not support reading"}');
      return;
    }
    const [seconds = '0', nanos = '0'] = since.split('.');
    const follower = { response, sinceNs: BigInt(seconds) * nsPerSecond + BigInt(nanos) };
    this.#followers.add(follower);
    response.once('close', () => this.#followers.delete(follower));
    response.flushHeaders();
    this.#send(follower, this.#log);
    if (!this.running) response.end();
  }

  #send(
    { response, sinceNs }: { readonly response: ServerResponse; readonly sinceNs: bigint },
    lines: readonly Written[],
  ): void {
    for (const { stream, ns, text } of lines) {
      if (ns < sinceNs) continue;
      const payload = Buffer.from(`${this.stamp(ns)} ${text}\n`);
      const header = Buffer.alloc(8);
      header[0] = stream;
      header.writeUInt32BE(payload.length, 4);
      response.write(Buffer.concat([header, payload]));
    }
  }
}

/** Docker's. */
export const exactTime = (ns: bigint): string =>
  `${wholeSeconds(ns)}.${String(ns % nsPerSecond).padStart(9, '0')}Z`;

/** "2026-11-24T15:04:05", without a zone. */
export const wholeSeconds = (ns: bigint): string =>
  new Date(Number(ns / nsPerMs)).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
