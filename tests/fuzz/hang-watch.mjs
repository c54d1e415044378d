// A thread that sees when the fuzzing thread no longer comes back, prints the input it is at, and ends the process.
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const { control, input, name, hangMs } = workerData;
const words = new Int32Array(control);
let seen = -1;
setInterval(() => {
  const count = Atomics.load(words, 0);
  if (count !== seen || Atomics.load(words, 2) === 0) {
    seen = count;
    return;
  }
  const bytes = Buffer.from(Buffer.from(input, 0, Atomics.load(words, 1)));
  writeSync(2, `fuzz ${name}: no end after ${hangMs} ms: base64 ${bytes.toString('base64')}\n`);
  process.kill(process.pid, 'SIGKILL');
}, hangMs);
