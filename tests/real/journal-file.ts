// A real journal file of any content, written by systemd-journal-remote as long as it is held open.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { findProgram } from './require-component.ts';

export interface JournalFixture {
  readonly message: string;
  readonly realtimeUs: bigint;
  readonly monotonicUs: bigint;
  /** 32 hexadecimal digits. */
  readonly bootId: string;
  readonly fields?: Readonly<Record<string, string>>;
}

export class JournalFile {
  readonly #writer: ChildProcess;

  /** `path` ends in `.journal`. */
  constructor(path: string) {
    const program = findProgram('systemd-journal-remote') ?? 'systemd-journal-remote';
    this.#writer = spawn(program, ['-o', path, '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  }

  write(entries: readonly JournalFixture[]): void {
    const text = entries.map(({ message, realtimeUs, monotonicUs, bootId, fields = {} }) => {
      const lines = Object.entries({ MESSAGE: message, ...fields }).map(
        ([name, value]) => `${name}=${value}\n`,
      );
      return `__REALTIME_TIMESTAMP=${realtimeUs}\n__MONOTONIC_TIMESTAMP=${monotonicUs}\n_BOOT_ID=${bootId}\n${lines.join('')}\n`;
    });
    this.#writer.stdin?.write(text.join(''));
  }

  /** Resolves when all is in the file. */
  async close(): Promise<void> {
    this.#writer.stdin?.end();
    if (this.#writer.exitCode === null) await once(this.#writer, 'exit');
  }
}
