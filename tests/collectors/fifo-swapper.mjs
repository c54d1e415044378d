// Swaps regular files and a FIFO at the same paths as fast as it can: fifo-swapper.mjs FOLDER ROUNDS. What is a file when
// it is looked at may be a FIFO when it is opened.
import { execFileSync } from 'node:child_process';
import { linkSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, rounds] = process.argv.slice(2);
const fifo = join(folder, 'fifo.tmp');
const next = join(folder, 'next.tmp');
execFileSync('mkfifo', [fifo]);
for (let round = 0; round < Number(rounds); round++) {
  for (let i = 0; i < 20; i++) {
    const path = join(folder, `f${i}.log`);
    // A new inode each time, so that it is opened anew.
    writeFileSync(next, `line ${round}\n`);
    renameSync(next, path);
    linkSync(fifo, next);
    renameSync(next, path);
  }
}
