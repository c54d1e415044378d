// One POST to a receiver, and what its answer means for what was sent.
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';

export type Outcome =
  | { readonly kind: 'taken' }
  /** It will never be taken. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number };

/** PEM texts; '' for what the system trusts, and for no certificate of our own. */
export interface ClientTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** '' for the one of the address. */
  readonly serverName: string;
  /** False: whoever answers is believed. */
  readonly verify: boolean;
}

export interface Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly timeoutMs: number;
  /** Undefined: as the system has it. */
  readonly tls?: ClientTls;
}

const answerCharactersShown = 200;
const retryAfterMsMax = 3_600_000;

/** Never rejects: what fails on the way may succeed later. Redirects are not followed: it goes where the configuration says. */
export async function deliver(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
  try {
    const timeout = AbortSignal.timeout(delivery.timeoutMs);
    const response = await answerTo(delivery, AbortSignal.any([timeout, signal]));
    return outcomeOf(response, await shownAnswer(response));
  } catch (error) {
    const { cause, message, name } = error as Error;
    if (name === 'AbortError') return { kind: 'later', reason: `no answer in ${delivery.timeoutMs} ms` };
    return { kind: 'later', reason: cause instanceof Error ? cause.message || message : message };
  }
}

function answerTo({ url, headers, body, tls }: Delivery, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const at = new URL(url);
    const options = {
      method: 'POST',
      headers: { 'User-Agent': 'Skald', ...headers, 'Content-Length': Buffer.byteLength(body) },
      signal,
    };
    const request =
      at.protocol === 'https:'
        ? tlsRequest(at, { ...options, ...(tls !== undefined && tlsOptions(tls)) }, resolve)
        : plainRequest(at, options, resolve);
    request.on('error', reject);
    request.end(body);
  });
}

const tlsOptions = ({ ca, cert, key, serverName, verify }: ClientTls) => ({
  ...(ca !== '' && { ca }),
  ...(cert !== '' && { cert, key }),
  ...(serverName !== '' && { servername: serverName }),
  rejectUnauthorized: verify,
});

/** The beginning of an answer; the rest is not waited for. */
async function shownAnswer(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const piece of response) {
    text += piece as string;
    // Leaving the loop ends the connection.
    if (text.length >= answerCharactersShown) break;
  }
  return text.slice(0, answerCharactersShown);
}

function outcomeOf({ statusCode: status = 0, headers }: IncomingMessage, text: string): Outcome {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const reason = `${status} ${text.trim()}`.trim();
  if (status === 429 || status >= 500) {
    const seconds = Number(headers['retry-after'] ?? retryAfterIn(text));
    if (!(seconds > 0)) return { kind: 'later', reason };
    return { kind: 'later', reason, afterMs: Math.min(retryAfterMsMax, seconds * 1000) };
  }
  // Credentials and addresses get mended; what is sent is right.
  if (status === 401 || status === 403 || status === 404 || status < 400) return { kind: 'later', reason };
  return { kind: 'refused', reason };
}

/** Some say it in JSON, in seconds. */
const retryAfterIn = (text: string): string => /"retry_after"\s*:\s*([\d.]+)/.exec(text)?.[1] ?? '';
