// A real systemd-journald for tests, the machine's or one of a namespace, where no systemd runs.

import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { runProgram } from './require-component.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export class Journald {
  readonly #directory = mkdtempSync('/tmp/skald.');
  readonly #namespace: string;
  readonly #sockets: string;
  #held: Socket | undefined;

  /** '': the machine's own, of which there can be one. */
  constructor(namespace = '') {
    this.#namespace = namespace;
    this.#sockets = `/run/systemd/journal${namespace === '' ? '' : `.${namespace}`}`;
  }

  /** Starts it, or starts it again on the same journal. */
  up(): void {
    runProgram(script('journald-up.sh'), this.#arguments);
    if (this.#namespace === '') return;
    // A namespace's journald leaves when it is idle, but for this connection. It shuts its own half of it at once.
    const socket = connect({ path: `${this.#sockets}/stdout`, allowHalfOpen: true });
    this.#held = socket.on('error', () => {});
  }

  down(): void {
    this.#held?.destroy();
    runProgram(script('journald-down.sh'), this.#arguments);
  }

  /** Begins new journal files. */
  rotate(): void {
    process.kill(this.#pid, 'SIGUSR2');
  }

  restart(): void {
    this.#held?.destroy();
    // Which ends the last one first.
    this.up();
  }

  /** One entry a line. */
  log(tag: string, lines: readonly string[]): void {
    runProgram(
      'logger',
      ['-u', `${this.#sockets}/dev-log`, '-t', tag, '-p', 'user.info'],
      `${lines.join('\n')}\n`,
    );
  }

  /** What journalctl prints of this journal. */
  journalctl(...options: string[]): string {
    return runProgram('journalctl', [
      ...(this.#namespace === '' ? [] : [`--namespace=${this.#namespace}`]),
      ...options,
    ]);
  }

  get #arguments(): string[] {
    return this.#namespace === '' ? [this.#directory] : [this.#directory, this.#namespace];
  }

  get #pid(): number {
    return Number(readFileSync(`${this.#directory}/journald.pid`, 'utf8'));
  }
}

const run = randomBytes(4).toString('hex');

/** An identifier that no earlier run has used: one that was killed leaves its journal behind. */
export const runTag = (letter: string, test: number): string => `${letter}${run}-${test}`;

/** Runs one of the Python writers beside this file, with text for its standard input. */
export const runWriter = (name: string, input: string): string =>
  runProgram('python3', [script(name)], input);
