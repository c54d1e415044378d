// One process with a folder and a socket of its own, into which `logger` writes.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const startTimeoutMs = 60_000;
const saidCharsMax = 4_000;

/** Also when it could not be started. */
const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

export class LogDaemon {
  readonly folder = mkdtempSync('/tmp/skald.');
  /** What `logger -u` takes. */
  readonly socket = `${this.folder}/log.sock`;
  #process: ChildProcess | undefined;

  /** Resolves when its socket is there; rejects with what it said when it ends before, or takes too long. */
  async start(
    program: string,
    options: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const child = spawn(program, options, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#process = child;
    let said = '';
    child.on('error', (error) => {
      said += error.message;
    });
    child.stderr.on('data', (text: Buffer) => {
      said = (said + text.toString()).slice(-saidCharsMax);
    });
    const endMs = performance.now() + startTimeoutMs;
    while (!existsSync(this.socket)) {
      if (performance.now() > endMs || hasEnded(child)) throw new Error(`${program} has no socket: ${said}`);
      await delay(50);
    }
  }

  async remove(): Promise<void> {
    const child = this.#process;
    if (child !== undefined && !hasEnded(child)) {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
