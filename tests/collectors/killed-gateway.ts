// The built gateway under kill -9 at random moments, and what it has stored at the end.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { get } from '../gateway/client.ts';
import { type Server, startServer } from '../server.ts';

/** The whole of what a test writes comes in one answer. */
const entriesMax = 2_000_000;
const storedTimeoutMs = 180_000;
const hourMs = 3_600_000;

export class KilledGateway {
  readonly #config: string;
  readonly #random: () => number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'skald-kill-'));
  #server: Server | undefined;
  kills = 0;

  /** `config`: YAML. The moments of the kills follow from `seed`. */
  constructor(config: string, seed: number) {
    this.#config = `${config}\nlimits:\n  max_entries_limit_per_query: ${entriesMax}\n`;
    let state = seed;
    this.#random = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) / 2 ** 24;
    };
  }

  /** Starts on the data of the gateway before it. */
  async start(): Promise<void> {
    const file = join(this.#folder, 'skald.yaml');
    writeFileSync(file, this.#config);
    this.#server = await startServer({
      environment: { SKALD_COLLECTORS: 'auto' },
      arguments: ['--config.file', file],
      ...(this.#server && { dataDir: this.#server.dataDir }),
    });
  }

  /** Lets it run for a random time of up to `withinMs` after it is ready, kills it, calls `between`, starts it again. */
  async killWithin(withinMs: number, between: () => void | Promise<void> = () => {}): Promise<void> {
    await delay(this.#random() * withinMs);
    await this.#server?.stop('SIGKILL');
    this.kills++;
    await between();
    await this.start();
  }

  /** Number of entries of the last hour. */
  async #total(selector: string): Promise<number> {
    const { data } = await get<{ data: { result: { value: [number, string] }[] } }>(
      this.#baseUrl,
      '/loki/api/v1/query',
      { query: `sum(count_over_time(${selector}[1h]))`, time: String((Date.now() + 60_000) / 1000) },
    );
    return Number(data.result[0]?.value[1] ?? 0);
  }

  /** The newest line that can be read now: it is stored. Undefined when there is none. */
  async newest(selector: string): Promise<string | undefined> {
    const [line] = await this.#read(selector, 1);
    return line;
  }

  /** Lines as stored, once there are as many as `expected`; whatever is there when that takes too long. */
  async lines(selector: string, expected: number): Promise<string[]> {
    const endMs = performance.now() + storedTimeoutMs;
    while ((await this.#total(selector)) < expected && performance.now() < endMs) await delay(200);
    return this.#read(selector, entriesMax);
  }

  /** Newest first. */
  async #read(selector: string, limit: number): Promise<string[]> {
    const { data } = await get<{ data: { result: { values: [string, string][] }[] } }>(
      this.#baseUrl,
      '/loki/api/v1/query_range',
      {
        query: selector,
        start: String(BigInt(Date.now() - hourMs) * 1_000_000n),
        end: String(BigInt(Date.now() + hourMs) * 1_000_000n),
        limit: String(limit),
      },
    );
    return data.result.flatMap(({ values }) => values.map(([, line]) => line));
  }

  async remove(): Promise<void> {
    await this.#server?.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #baseUrl(): string {
    return this.#server?.baseUrl ?? '';
  }
}
