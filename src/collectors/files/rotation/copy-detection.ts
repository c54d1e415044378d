// Whether one file is a copy of what another holds, told by samples of both.

import { fstatSync } from 'node:fs';
import { headBytesMax, readBytes, tailBytesMax, withFile } from '../checkpoint.ts';

interface Sample {
  readonly sizeBytes: number;
  readonly head: Buffer;
}

/** Keeps the beginnings it has read: for one look at a folder. */
export class CopyDetection {
  readonly #samples = new Map<string, Sample | undefined>();

  /** The file at `path` is not empty, and begins and ends as the one at `other` has it in the same places. */
  isCopy(path: string, other: string): boolean {
    const mine = this.#sample(path);
    const theirs = this.#sample(other);
    if (!mine || !theirs || mine.sizeBytes === 0 || mine.sizeBytes > theirs.sizeBytes) return false;
    if (!theirs.head.subarray(0, mine.head.length).equals(mine.head)) return false;
    const at = Math.max(0, mine.sizeBytes - tailBytesMax);
    const tail = (each: string): Buffer | undefined =>
      withFile(each, (fd) => readBytes(fd, at, mine.sizeBytes - at));
    const end = tail(path);
    return end !== undefined && tail(other)?.equals(end) === true;
  }

  #sample(path: string): Sample | undefined {
    if (!this.#samples.has(path)) {
      const sample = withFile(path, (fd) => ({
        sizeBytes: fstatSync(fd).size,
        head: readBytes(fd, 0, headBytesMax),
      }));
      this.#samples.set(path, sample);
    }
    return this.#samples.get(path);
  }
}
