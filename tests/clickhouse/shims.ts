// ClickHouse for tests: processes that each hold one engine behind its HTTP interface (shim.mjs).
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const shimFile = fileURLToPath(new URL('./shim.mjs', import.meta.url));

/** All rounds and cases, not the gate's share of them: `npm run test:clickhouse`. */
export const everything = process.env.SKALD_TEST_CLICKHOUSE === 'all';

export interface Fault {
  /** refuse: without doing it; cut: the socket, before or after doing it; fail after: an error after doing it. */
  readonly kind: 'refuse' | 'cut before' | 'cut after' | 'fail after';
  /** Text of the statements it befalls. */
  readonly match: string;
  readonly times: number;
  readonly code?: number;
  readonly message?: string;
}

export interface SentStatement {
  readonly sql: string;
  readonly bound: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
}

type ShimProcess = ChildProcessByStdio<Writable, Readable, null>;

async function startProcess(folder: string, port: number): Promise<{ process: ShimProcess; port: number }> {
  const child = spawn(process.execPath, [shimFile, folder, String(port)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) return { process: child, port: Number(line) };
  throw new Error('the engine has not started');
}

export class Shim {
  readonly url: string;
  #process: ShimProcess;
  readonly #folder: string;

  private constructor(port: number, process: ShimProcess, folder: string) {
    this.url = `http://127.0.0.1:${port}`;
    this.#process = process;
    this.#folder = folder;
  }

  static async start(): Promise<Shim> {
    const folder = mkdtempSync(join(tmpdir(), 'skald-clickhouse-'));
    const { process, port } = await startProcess(folder, 0);
    return new Shim(port, process, folder);
  }

  /** Kills the engine in the middle of whatever it does, and starts it again on what is on disk. */
  async killAndRestart(): Promise<void> {
    await this.#kill();
    this.#process = (await startProcess(this.#folder, Number(new URL(this.url).port))).process;
  }

  /** Faults that befall the statements to come. */
  async setFaults(faults: readonly Fault[]): Promise<void> {
    await this.#control({ faults });
  }

  async forgetStatements(): Promise<void> {
    await this.#control({ forget: true });
  }

  async statements(): Promise<readonly SentStatement[]> {
    return (await this.#control({})).statements;
  }

  /** What a statement answers, as text. */
  async sql(text: string): Promise<string> {
    const response = await fetch(this.url, { method: 'POST', body: text });
    const answer = await response.text();
    if (!response.ok) throw new Error(answer);
    return answer;
  }

  async stop(): Promise<void> {
    await this.#kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }

  async #control(change: object): Promise<{ statements: readonly SentStatement[] }> {
    const response = await fetch(`${this.url}/shim`, { method: 'POST', body: JSON.stringify(change) });
    return (await response.json()) as { statements: readonly SentStatement[] };
  }
}
