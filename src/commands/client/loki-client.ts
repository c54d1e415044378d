// Requests to a Loki-compatible server. node:http and not fetch, which takes no certificates.
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { CommandError } from '../cli/command.ts';

export interface ServerSettings {
  /** Without a slash at the end of its path, without credentials. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: {
    readonly ca: Buffer | undefined;
    readonly cert: Buffer | undefined;
    readonly key: Buffer | undefined;
    readonly rejectUnauthorized: boolean;
  };
  readonly timeoutMs: number;
  /** Further attempts after a connection error, 429 or 5xx. */
  readonly retries: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

export interface Body {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** The server said no. */
export class ServerError extends CommandError {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Largest answer that is read; a page of log entries is far smaller. */
const answerBytesMax = 256 * 1024 * 1024;
const retryFirstMs = 250;
const retryLongestMs = 10_000;
const errorCharactersMax = 2000;

export class LokiClient {
  readonly settings: ServerSettings;
  readonly #signal: AbortSignal;

  constructor(settings: ServerSettings, signal: AbortSignal) {
    this.settings = settings;
    this.#signal = signal;
  }

  /** `path` below the server's URL. Throws ServerError for any status but 2xx, CommandError without an answer. */
  async get(
    path: string,
    parameters: readonly (readonly [name: string, value: string])[] = [],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    const query = new URLSearchParams(
      parameters.map(([name, value]): [string, string] => [name, value]),
    ).toString();
    const answer = await this.send(query === '' ? path : `${path}?${query}`, { headers });
    if (answer.status < 200 || answer.status > 299) throw this.#refusal(answer);
    try {
      return JSON.parse(answer.text) as unknown;
    } catch {
      throw new CommandError(
        `${this.settings.url.href}: the answer to ${path} is no JSON; is this a Loki-compatible server?`,
      );
    }
  }

  /** Sends a body; gives the answer whatever its status, after the retries. */
  post(path: string, body: Body): Promise<Answer> {
    return this.send(path, { body });
  }

  /** One request with its retries. Rejects with CommandError without an answer. */
  async send(
    pathAndQuery: string,
    options: { readonly body?: Body; readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      let answer: Answer | undefined;
      let failure: Error | undefined;
      try {
        answer = await this.#once(pathAndQuery, options.body, options.headers ?? {});
        if (answer.status !== 429 && answer.status < 500) return answer;
      } catch (error) {
        failure = error as Error;
        if (this.#signal.aborted || error instanceof CommandError) throw this.#unanswered(failure);
      }
      if (attempt >= this.settings.retries) {
        if (answer !== undefined) return answer;
        throw this.#unanswered(failure as Error);
      }
      const asked = Number(answer?.headers['retry-after']) * 1000;
      const waitMs = asked > 0 ? asked : retryFirstMs * 2 ** attempt;
      await delay(Math.min(waitMs, retryLongestMs), undefined, { signal: this.#signal });
    }
  }

  #once(path: string, body: Body | undefined, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const { url, tls, timeoutMs } = this.settings;
    return new Promise((resolve, reject) => {
      const request: ClientRequest = (url.protocol === 'https:' ? requestHttps : requestHttp)(
        `${url.origin}${url.pathname === '/' ? '' : url.pathname}${path}`,
        {
          ...(url.protocol === 'https:' && tls),
          method: body === undefined ? 'GET' : 'POST',
          signal: this.#signal,
          headers: {
            'accept-encoding': 'gzip',
            'user-agent': 'skald-cli',
            ...this.settings.headers,
            ...headers,
            ...(body && { 'content-type': body.contentType, 'content-length': body.bytes.length }),
          },
        },
        (response) => readAnswer(response).then(resolve, reject),
      );
      request.setTimeout(timeoutMs, () =>
        request.destroy(new CommandError(`no answer within ${timeoutMs / 1000} s; see --timeout`)),
      );
      request.on('error', reject);
      request.end(body?.bytes);
    });
  }

  #refusal({ status, text, headers }: Answer): ServerError {
    const message = text.trim().slice(0, errorCharactersMax);
    const hint =
      status === 401
        ? ' (give --org-id, or --username and --password, or --bearer-token)'
        : status === 404 && headers['content-type']?.includes('html')
          ? ' (is this a Loki-compatible server?)'
          : '';
    return new ServerError(`${this.settings.url.host} answered ${status}: ${message}${hint}`, status);
  }

  #unanswered(error: Error): CommandError {
    if (this.#signal.aborted) return new CommandError('interrupted');
    const { code } = error as NodeJS.ErrnoException;
    const text =
      code === 'ECONNREFUSED' ? 'connection refused; is it running there?' : error.message || String(code);
    return new CommandError(`${this.settings.url.href}: ${text}`, { cause: error });
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const zipped = response.headers['content-encoding'] === 'gzip';
  const chunks: Buffer[] = [];
  let bytes = 0;
  const stream = zipped ? response.pipe(createGunzip()) : response;
  if (zipped) response.on('error', (error) => stream.destroy(error));
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) {
      response.destroy();
      throw new CommandError(
        `the answer is larger than ${answerBytesMax / 2 ** 20} MB; ask for less at once (--batch, --limit)`,
      );
    }
    chunks.push(chunk);
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks).toString('utf8'),
  };
}
