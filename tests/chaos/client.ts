// One client of the gateway under chaos: pushes, sends again, deletes and asks, and tells the ledger how it was answered.
import { gzipSync } from 'node:zlib';
import { jsonHeaders, protobufBody, protobufHeaders } from '../push-body.ts';
import type { Random } from '../random.ts';
import type { Group, Ledger, Push, TimedLine } from './ledger.ts';

/** No request may take longer, whatever happens to the gateway. */
const requestMsMax = 60_000;
const linesMax = 120;
const lineBytesMax = 400;
/** A group is full after this many pushes, and the client goes on in a new one. */
const pushesPerGroup = 12;
/** Pushes that may be sent again. */
const rememberedMax = 20;

/** A request that nobody answered although the gateway lived. */
export class HangError extends Error {
  override readonly name = 'HangError';
}

/** Undefined: the connection ended without an answer. */
export async function request(
  url: string,
  init: RequestInit = {},
): Promise<{ status: number; text: string } | undefined> {
  const signal = AbortSignal.timeout(requestMsMax);
  try {
    const response = await fetch(url, { ...init, signal });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    if (signal.aborted)
      throw new HangError(`no answer after ${requestMsMax} ms: ${init.method ?? 'GET'} ${url}`);
    if (error instanceof TypeError || (error as { code?: string }).code !== undefined) return undefined;
    throw error;
  }
}

/** A push that was under way when ingest was lost may be stored or not, as one without an answer. */
function outcomeOf(answer: { status: number; text: string } | undefined): Push['outcome'] {
  if (answer === undefined || answer.text.startsWith('ingest is not available')) return 'unknown';
  return answer.status === 204 ? 'acknowledged' : 'refused';
}

/** Gives every line of the test a time of its own. */
export type NextNs = () => bigint;

export interface ClientOptions {
  readonly baseUrl: string;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly nextNs: NextNs;
  /** After all times given out, before any moment the clock may show. */
  readonly deleteThroughNs: bigint;
  /** Older than the retention. */
  readonly expiredNs: NextNs;
}

export class ChaosClient {
  readonly #options: ClientOptions;
  #groups: Group[];
  readonly #expired: Group;
  readonly #sent: Push[] = [];

  constructor(options: ClientOptions) {
    this.#options = options;
    const { ledger } = options;
    this.#groups = [ledger.group(), ledger.group(), ledger.group()];
    this.#expired = ledger.group('expired');
  }

  /** Goes on until the gateway answers no more or `stop` says so. */
  async run(stop: () => boolean): Promise<void> {
    const { random } = this.#options;
    while (!stop()) {
      const chance = random.below(100);
      const answered =
        chance < 78
          ? await this.#pushNew()
          : chance < 90
            ? await this.#pushAgain()
            : chance < 94
              ? await this.#deleteGroup()
              : await this.#ask();
      if (!answered) return;
    }
  }

  async #pushNew(): Promise<boolean> {
    const { ledger, random, nextNs, expiredNs } = this.#options;
    this.#groups = this.#groups.map((group) =>
      group.state !== 'live' || (ledger.pushes.get(group)?.length ?? 0) >= pushesPerGroup
        ? ledger.group()
        : group,
    );
    const chosen = this.#groups.filter(() => random.below(2) === 0);
    if (random.below(10) === 0) chosen.push(this.#expired);
    const push = ledger.push(chosen.length > 0 ? chosen : this.#groups.slice(0, 1), (group, number) =>
      Array.from({ length: 1 + random.below(linesMax) }, (_, i): TimedLine => {
        const line = `push=${number} group=${group.name} i=${i} `;
        const padding = 'abcdefghij'.repeat(random.below(lineBytesMax) / 10);
        return { timestampNs: group.state === 'expired' ? expiredNs() : nextNs(), line: line + padding };
      }),
    );
    this.#sent.push(push);
    if (this.#sent.length > rememberedMax) this.#sent.shift();
    return this.#send(push, true);
  }

  /** As a client does that got no answer, or a refusal: the same once more. */
  async #pushAgain(): Promise<boolean> {
    const again = this.#sent.filter(({ lines }) => [...lines.keys()].every(({ state }) => state === 'live'));
    return again.length === 0 || this.#send(this.#options.random.of(again), false);
  }

  async #send(push: Push, isFirst: boolean): Promise<boolean> {
    const { ledger, baseUrl, random } = this.#options;
    const { body, headers } = random.of([asProtobuf, asJson, asGzip])(push);
    const answer = await request(`${baseUrl}/loki/api/v1/push`, { method: 'POST', body, headers });
    const outcome = outcomeOf(answer);
    const told = answer === undefined ? 'no answer' : `${answer.status} ${answer.text.trim()}`;
    ledger.answered(push, outcome, { isFirst, answer: told });
    if (answer !== undefined && ![204, 429, 500, 503].includes(answer.status))
      throw new Error(`a push was answered ${answer.status}: ${answer.text}`);
    return answer !== undefined;
  }

  async #deleteGroup(): Promise<boolean> {
    const { ledger, baseUrl, random, deleteThroughNs } = this.#options;
    const candidates = [...ledger.pushes.keys()].filter(
      (group) => group.state === 'live' && this.#sent.some(({ lines }) => lines.has(group)),
    );
    if (candidates.length === 0) return true;
    const group = random.of(candidates);
    group.state = 'deleting';
    const query = new URLSearchParams({
      query: `{job="chaos", group="${group.name}"}`,
      start: '1',
      end: String(deleteThroughNs / 1_000_000_000n),
    });
    const answer = await request(`${baseUrl}/loki/api/v1/delete?${query}`, { method: 'POST' });
    group.history.push(answer === undefined ? 'no answer' : `${answer.status} ${answer.text.trim()}`);
    if (answer === undefined) return false;
    if (answer.status === 204) {
      group.state = 'deleted';
      ledger.counts.deleted++;
    } else if (answer.status < 500 && answer.status !== 429)
      throw new Error(`a deletion was answered ${answer.status}: ${answer.text}`);
    else group.state = 'live';
    return true;
  }

  async #ask(): Promise<boolean> {
    const { baseUrl, random } = this.#options;
    const path = random.of([
      '/loki/api/v1/query?query=sum(count_over_time({job="chaos"}[1h]))',
      '/loki/api/v1/query_range?query={job="chaos"}|="push=1"&limit=50',
      '/loki/api/v1/labels',
      '/metrics',
      '/ready',
    ]);
    const answer = await request(encodeURI(baseUrl + path));
    if (answer !== undefined && ![200, 429, 503, 504].includes(answer.status))
      throw new Error(`${path} was answered ${answer.status}: ${answer.text}`);
    return answer !== undefined;
  }
}

interface Body {
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

function asJson({ lines }: Push): Body {
  const streams = [...lines].map(([group, timed]) => ({
    stream: { job: 'chaos', group: group.name },
    values: timed.map(({ timestampNs, line }) => [String(timestampNs), line]),
  }));
  return { body: JSON.stringify({ streams }), headers: jsonHeaders };
}

const asGzip = (push: Push): Body => ({
  body: new Uint8Array(gzipSync(asJson(push).body)),
  headers: { ...jsonHeaders, 'content-encoding': 'gzip' },
});

const asProtobuf = ({ lines }: Push): Body => ({
  body: protobufBody(
    [...lines].map(([group, entries]) => ({ labels: `{job="chaos", group="${group.name}"}`, entries })),
  ),
  headers: protobufHeaders,
});
