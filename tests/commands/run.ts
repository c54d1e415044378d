// The built program as a child, its streams as pipes: no terminal anywhere.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = join(dirname(fileURLToPath(import.meta.url)), '../../dist/main.js');

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
}

export function startCommand(arguments_: readonly string[], options: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, [program, ...arguments_], {
    env: { PATH: process.env.PATH, TZ: 'UTC', SKALD_COLLECTORS: 'none', ...options.environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs to the end. */
export async function runCommandLine(
  arguments_: readonly string[],
  options: RunOptions = {},
): Promise<{ readonly code: number; readonly out: string; readonly notes: string }> {
  const child = startCommand(arguments_, options);
  const out: Buffer[] = [];
  const notes: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => notes.push(chunk));
  child.stdin?.end(options.input);
  const [code] = (await once(child, 'close')) as [number];
  return { code, out: Buffer.concat(out).toString(), notes: Buffer.concat(notes).toString() };
}
