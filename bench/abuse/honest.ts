// The honest client beside an attack: small pushes and a query at a steady rate, whether the last ones were answered or
// not, from an address of its own.
import { Agent, request } from 'node:http';

/** A bearer token that may do everything, for gateways with credentials. */
export const honestToken = 'honest-client';

const fromAddress = '127.0.0.2';
const pushEveryMs = 50;
const queryEveryMs = 200;
/** A request that takes longer has failed. */
const timeoutMs = 15_000;
/** Beyond this many under way further ones count as failed: they would only wait behind the others. */
const underWayMax = 100;

export interface HonestFigures {
  readonly pushMs: number[];
  readonly queryMs: number[];
  /** Status or error with how often it came. */
  readonly failures: Map<string, number>;
}

export class HonestClient {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: underWayMax, localAddress: fromAddress });
  readonly #underWay = new Set<Promise<void>>();
  figures: HonestFigures = noFigures();

  constructor(port: number) {
    this.#port = port;
  }

  /** Resolves when the time is over and everything has been answered or has failed. */
  async run(seconds: number): Promise<HonestFigures> {
    this.figures = noFigures();
    const { pushMs, queryMs } = this.figures;
    const timers = [
      setInterval(() => this.#start(() => this.#push(), pushMs), pushEveryMs),
      setInterval(() => this.#start(() => this.#query(), queryMs), queryEveryMs),
    ];
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    for (const timer of timers) clearInterval(timer);
    await Promise.all(this.#underWay);
    return this.figures;
  }

  close(): void {
    this.#agent.destroy();
  }

  #start(send: () => Promise<string>, answeredMs: number[]): void {
    if (this.#underWay.size >= underWayMax) {
      this.#failed('too many under way');
      return;
    }
    const sentMs = performance.now();
    const done: Promise<void> = send().then((outcome) => {
      answeredMs.push(performance.now() - sentMs);
      if (outcome !== '200' && outcome !== '204') this.#failed(outcome);
      this.#underWay.delete(done);
    });
    this.#underWay.add(done);
  }

  #failed(outcome: string): void {
    const { failures } = this.figures;
    failures.set(outcome, (failures.get(outcome) ?? 0) + 1);
  }

  #push(): Promise<string> {
    const values = Array.from({ length: 10 }, (_, at) => [`${Date.now()}000000`, `an honest line ${at}`]);
    const body = JSON.stringify({ streams: [{ stream: { app: 'honest' }, values }] });
    return this.#request('/loki/api/v1/push', body);
  }

  #query(): Promise<string> {
    const query = encodeURIComponent('{app="honest"} |= "honest"');
    return this.#request(`/loki/api/v1/query_range?query=${query}&limit=100&since=5m`);
  }

  /** Resolves with the status, or with the error's code. */
  #request(path: string, body?: string): Promise<string> {
    return new Promise((resolve) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          path,
          method: body === undefined ? 'GET' : 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${honestToken}` },
          agent: this.#agent,
          signal: AbortSignal.timeout(timeoutMs),
        },
        (response) => response.resume().on('end', () => resolve(String(response.statusCode))),
      );
      sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      sent.end(body);
    });
  }
}

const noFigures = (): HonestFigures => ({ pushMs: [], queryMs: [], failures: new Map() });
