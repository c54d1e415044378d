// A disk that is slow, full or broken and a clock that is wrong, for one process: faults.c, compiled for the test.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('./faults.c', import.meta.url));

/** Linux. */
export const errors = { none: 0, EIO: 5, ENOSPC: 28 } as const;

export interface FaultState {
  /** Of writes to the store's files. */
  readonly write: keyof typeof errors;
  /** Of syncs, after the data has been written. */
  readonly sync: keyof typeof errors;
  /** Every n-th call fails. */
  readonly oneIn: number;
  readonly delayMs: number;
}

const noFaults: FaultState = { write: 'none', sync: 'none', oneIn: 1, delayMs: 0 };

export class Faults {
  /** For the process: `LD_PRELOAD` and what it reads. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #file: number;
  #state = noFaults;
  #clockOffsetMs = 0;

  /** Compiles into `folder`; throws with the compiler's words. `name`: part of the paths that are touched. */
  constructor(folder: string, name: string) {
    const library = join(folder, 'faults.so');
    const { status, stderr, error } = spawnSync('cc', [
      '-shared',
      '-fPIC',
      '-O1',
      '-o',
      library,
      source,
      '-ldl',
    ]);
    if (error) throw error;
    if (status !== 0) throw new Error(`cc: ${stderr}`);
    const file = join(folder, 'faults');
    writeFileSync(file, Buffer.alloc(24));
    this.#file = openSync(file, 'r+');
    this.environment = { LD_PRELOAD: library, FAULTS_FILE: file, FAULTS_NAME: name };
    this.#write();
  }

  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  /** What is not named is without fault. */
  set(state: Partial<FaultState>): void {
    this.#state = { ...noFaults, ...state };
    this.#write();
  }

  setClock(offsetMs: number): void {
    this.#clockOffsetMs = offsetMs;
    this.#write();
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(): void {
    const { write, sync, oneIn, delayMs } = this.#state;
    const bytes = Buffer.alloc(24);
    bytes.writeInt32LE(errors[write], 0);
    bytes.writeInt32LE(errors[sync], 4);
    bytes.writeInt32LE(oneIn, 8);
    bytes.writeInt32LE(delayMs * 1000, 12);
    bytes.writeBigInt64LE(BigInt(this.#clockOffsetMs), 16);
    writeSync(this.#file, bytes, 0, bytes.length, 0);
  }
}
