// The thread that watches the fuzzing one.
import { Worker } from 'node:worker_threads';

/** After this the input is printed and the process ended. */
const endlessMs = 20_000;

export class HangWatch {
  readonly #control = new Int32Array(new SharedArrayBuffer(12));
  readonly #input: Buffer;
  readonly #worker: Worker;

  constructor(name: string, bytesMax: number) {
    const memory = new SharedArrayBuffer(bytesMax * 2);
    this.#input = Buffer.from(memory);
    this.#worker = new Worker(new URL('./hang-watch.mjs', import.meta.url), {
      workerData: { control: this.#control.buffer, input: memory, name, hangMs: endlessMs },
      execArgv: [],
    });
  }

  begin(input: Buffer): void {
    input.copy(this.#input);
    Atomics.store(this.#control, 1, Math.min(input.length, this.#input.length));
    Atomics.add(this.#control, 0, 1);
    Atomics.store(this.#control, 2, 1);
  }

  end(): void {
    Atomics.store(this.#control, 2, 0);
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
