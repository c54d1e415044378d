// The Docker engine's API as the collector needs it; dockerode stays behind this file.

import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { type Clock, nsPerMs, systemClock } from '../../model/time.ts';
import { linkedAbort } from '../linked-abort.ts';
import type { DockerSettings } from '../settings.ts';
import type { ContainerFacts } from './containers.ts';

export interface ContainerState extends ContainerFacts {
  readonly running: boolean;
  readonly tty: boolean;
  readonly logDriver: string;
}

export interface EngineEvent {
  readonly action: string;
  readonly id: string;
}

/** An answer of the engine that is an error, or no answer (status 0). */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  readonly status: number;
  readonly code: string;
  constructor(cause: unknown) {
    const error = cause as { message?: string; statusCode?: number; code?: string };
    super(error.message ?? String(cause), { cause });
    this.status = error.statusCode ?? 0;
    this.code = error.code ?? '';
  }
}

/** How long an engine may be silent. */
export interface EngineTiming {
  /** For the answer to a request; for a stream, its beginning. */
  readonly answerMs: number;
  /** Between questions whether it is still there: a stream of a quiet container says nothing either. */
  readonly pingEveryMs: number;
}

export const engineTiming: EngineTiming = { answerMs: 30_000, pingEveryMs: 15_000 };

/** Answers tell the second they were made in; a clock that may be the same is taken for the same. */
const sameClockMs = 1_500;

export class Engine {
  readonly #docker: Docker;
  readonly #answerMs: number;
  readonly #clock: Clock;
  /** How far the engine's clock is ahead of ours. */
  #aheadNs = 0n;
  #server = '';

  /** Throws when a certificate cannot be read. */
  constructor(
    settings: Pick<DockerSettings, 'host' | 'tls'>,
    { answerMs }: Pick<EngineTiming, 'answerMs'> = engineTiming,
    clock: Clock = systemClock,
  ) {
    this.#clock = clock;
    this.#docker = new Docker(connection(settings));
    this.#answerMs = answerMs;
  }

  /** The engine's clock, as far as it is known from the beginning of the last stream. */
  nowNs(): bigint {
    return this.#clock.nowNs() + this.#aheadNs;
  }

  /** What the engine says it is, as of the beginning of the last stream: its header `Server`, or ''. */
  get server(): string {
    return this.#server;
  }

  /** Rejects when the engine does not answer. */
  async ping(signal: AbortSignal): Promise<void> {
    // The types know no options of it.
    const ping = this.#docker.ping as unknown as (options: { abortSignal: AbortSignal }) => Promise<unknown>;
    await this.#asked(signal, (abortSignal) => ping.call(this.#docker, { abortSignal }));
  }

  /** Ids of all containers, those that have exited included. */
  async containers(signal: AbortSignal): Promise<string[]> {
    const list = await this.#asked(signal, (abortSignal) =>
      this.#docker.listContainers({ all: true, abortSignal }),
    );
    return list.map(({ Id }) => Id);
  }

  /** Undefined when there is no such container. */
  async inspect(id: string, signal: AbortSignal): Promise<ContainerState | undefined> {
    try {
      const info = await this.#asked(signal, (abortSignal) =>
        this.#docker.getContainer(id).inspect({ abortSignal }),
      );
      return {
        id,
        name: info.Name.replace(/^\//, ''),
        image: info.Config.Image,
        labels: info.Config.Labels ?? {},
        running: info.State.Running,
        tty: info.Config.Tty,
        logDriver: info.HostConfig.LogConfig?.Type ?? '',
      };
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Log bytes from `since` ("seconds.nanoseconds", inclusive); the stream ends when the container does. */
  async logs(id: string, since: string, signal: AbortSignal): Promise<Readable> {
    return this.#stream(signal, (abortSignal) =>
      this.#docker.getContainer(id).logs({
        follow: true,
        stdout: true,
        stderr: true,
        timestamps: true,
        // A text, whatever the types say: a number loses the last digits.
        since: since as unknown as number,
        abortSignal,
      }),
    );
  }

  /** Events of containers from now on, one JSON object a line. */
  async events(signal: AbortSignal): Promise<Readable> {
    const filters = { type: ['container'], event: ['start', 'die', 'destroy', 'rename'] };
    return this.#stream(signal, (abortSignal) =>
      this.#docker.getEvents({ filters, abortSignal } as Docker.GetEventsOptions),
    );
  }

  async #stream(
    signal: AbortSignal,
    request: (signal: AbortSignal) => Promise<NodeJS.ReadableStream>,
  ): Promise<Readable> {
    const stream = (await this.#asked(signal, request)) as IncomingMessage;
    this.#server = String(stream.headers.server ?? '');
    const aheadMs = Date.parse(stream.headers.date ?? '') - Number(this.#clock.nowNs() / nsPerMs);
    if (!Number.isNaN(aheadMs))
      this.#aheadNs = Math.abs(aheadMs) < sameClockMs ? 0n : BigInt(aheadMs + 500) * nsPerMs;
    const end = (): void => void stream.destroy();
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
    return stream.once('close', () => signal.removeEventListener('abort', end));
  }

  /** Rejects with an {@link EngineError}; its code is ETIMEDOUT when no answer came in time. */
  async #asked<T>(signal: AbortSignal, request: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { controller, release } = linkedAbort(signal);
    const late = new EngineError({ code: 'ETIMEDOUT', message: `no answer in ${this.#answerMs} ms` });
    const timer = setTimeout(() => controller.abort(late), this.#answerMs);
    try {
      return await request(controller.signal);
    } catch (error) {
      throw controller.signal.reason === late ? late : new EngineError(error);
    } finally {
      clearTimeout(timer);
      release();
    }
  }
}

function connection({ host, tls }: Pick<DockerSettings, 'host' | 'tls'>): Docker.DockerOptions {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  if (host.startsWith('/')) return { socketPath: host };
  const url = new URL(host.replace(/^tcp:/, tls ? 'https:' : 'http:'));
  const secure = url.protocol === 'https:';
  return {
    protocol: secure ? 'https' : 'http',
    host: url.hostname,
    port: Number(url.port) || (secure ? 2376 : 2375),
    ...(tls?.ca && { ca: pem(tls.ca) }),
    ...(tls?.cert && { cert: pem(tls.cert) }),
    ...(tls?.key && { key: pem(tls.key) }),
  };
}

const pem = (textOrPath: string): string | Buffer =>
  textOrPath.startsWith('-----BEGIN') ? textOrPath : readFileSync(textOrPath);

const eventLineBytesMax = 1024 * 1024;

/** Events of the engine's stream. Ends or throws with it. Lines that are no JSON are passed over. */
export async function* readEvents(stream: Readable): AsyncGenerator<EngineEvent> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream as AsyncIterable<string>) {
    rest += chunk;
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > eventLineBytesMax) rest = '';
    for (const line of lines) {
      const event = parseEvent(line);
      if (event) yield event;
    }
  }
}

function parseEvent(line: string): EngineEvent | undefined {
  try {
    const { Action, Actor, id } = JSON.parse(line) as {
      Action?: string;
      Actor?: { ID?: string };
      id?: string;
    };
    const container = Actor?.ID ?? id;
    return Action && container ? { action: Action, id: container } : undefined;
  } catch {
    return undefined;
  }
}
