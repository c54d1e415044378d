// A log that is written and rotated at random, in small steps: between any two of them somebody may look.

import { join } from 'node:path';
import type { Random } from '../random.ts';

type Fs = typeof import('node:fs');

interface Step {
  readonly what: string;
  readonly does: () => void;
}

export interface RotatedLogOptions {
  readonly folder: string;
  /** Of the file; default: `app.log`. */
  readonly name?: string;
  /** Text of line n, without its newline; default: the number. */
  readonly line?: (n: number) => Buffer;
  readonly random: Random;
  /** Its own calls are not those that are told of. */
  readonly fs: Fs;
  readonly note: (what: string) => void;
  /** Whether all of the lines 1 to `last` are stored. */
  readonly isStored: (last: number) => boolean;
}

const newline = Buffer.from('\n');

/** Its lines are numbered, from 1. */
export class RotatedLog {
  readonly path: string;
  readonly #options: RotatedLogOptions;
  readonly #fs: Fs;
  readonly #random: Random;
  /** Rotated files are numbered as logrotate does it: the youngest is 1. Otherwise the oldest is. */
  readonly #shifts: boolean;
  readonly #steps: Step[] = [];
  /** Of each rotated file, the youngest first: how many lines had been written when its last was. */
  readonly #rotated: number[] = [];
  #rotations = 0;
  #written = 0;
  #fd: number;

  constructor(options: RotatedLogOptions) {
    this.#options = options;
    this.#fs = options.fs;
    this.#random = options.random;
    this.#shifts = options.random.below(2) === 0;
    this.path = join(options.folder, options.name ?? 'app.log');
    this.#fd = this.#fs.openSync(this.path, 'a');
  }

  get written(): number {
    return this.#written;
  }

  /** Takes the next step, if there is one. */
  step(when: string): void {
    const step = this.#steps.shift();
    if (!step) return;
    step.does();
    const { ino, size } = this.#fs.fstatSync(this.#fd);
    this.#options.note(`${step.what} ${when}: ${this.#written} lines written, ${size} bytes in inode ${ino}`);
  }

  /** Takes all steps that are left. */
  finish(): void {
    while (this.#steps.length > 0) this.step('');
  }

  close(): void {
    this.#fs.closeSync(this.#fd);
  }

  write(linesMax: number): void {
    const lines = this.#random.below(linesMax);
    this.#then(`${lines} lines`, () => {
      const written: Buffer[] = [];
      for (let left = lines; left > 0; left--) written.push(this.#nextLine());
      this.#fs.writeSync(this.#fd, Buffer.concat(written));
    });
  }

  writeInPieces(): void {
    let rest: Buffer = Buffer.alloc(0);
    this.#then('a piece of a line', () => {
      const line = this.#nextLine();
      const at = 1 + this.#random.below(Math.max(1, line.length - 2));
      rest = line.subarray(at);
      this.#fs.writeSync(this.#fd, line.subarray(0, at));
    });
    this.#then('the rest of the line', () => this.#fs.writeSync(this.#fd, rest));
  }

  /** Its writer goes on in the old file for a while. */
  rename(): void {
    const to = this.#rotatedPath();
    let fd = -1;
    this.#then(`rename to ${to}`, () => this.#fs.renameSync(this.path, to));
    if (this.#random.below(3) === 0) this.write(100);
    this.#then('create', () => {
      fd = this.#fs.openSync(this.path, 'a');
    });
    if (this.#random.below(3) === 0) this.write(100);
    this.#then('reopen', () => {
      this.#fs.closeSync(this.#fd);
      this.#fd = fd;
      this.#rotated.unshift(this.#written);
    });
    this.#begin();
  }

  /** Nothing is written between copy and cut: that would be lost to any reader. */
  copyAndCut(): void {
    const to = this.#rotatedPath();
    let copy = Buffer.alloc(0);
    let half = 0;
    this.#then(`create ${to}`, () => this.#fs.writeFileSync(to, ''));
    this.#then(`copy a part to ${to}`, () => {
      copy = this.#fs.readFileSync(this.path);
      half = this.#random.below(copy.length + 1);
      this.#fs.appendFileSync(to, copy.subarray(0, half));
    });
    this.#then(`copy the rest to ${to}`, () => this.#fs.appendFileSync(to, copy.subarray(half)));
    this.#then('cut', () => {
      this.#fs.truncateSync(this.path);
      this.#rotated.unshift(this.#written);
    });
    this.#begin();
  }

  #nextLine(): Buffer {
    const n = ++this.#written;
    return Buffer.concat([this.#options.line?.(n) ?? Buffer.from(String(n)), newline]);
  }

  #then(what: string, does: () => void): void {
    this.#steps.push({ what, does });
  }

  #begin(): void {
    if (this.#random.below(2) === 0) this.write(100);
  }

  #rotatedPath(): string {
    this.#removeOldest();
    this.#rotations++;
    if (!this.#shifts) return `${this.path}.${this.#rotations}`;
    for (let k = this.#rotations - 1; k >= 1; k--)
      this.#then(`shift ${k}`, () => this.#fs.renameSync(`${this.path}.${k}`, `${this.path}.${k + 1}`));
    return `${this.path}.1`;
  }

  /** Only one that was read; its inode is free for the next file. */
  #removeOldest(): void {
    // What is to be rotated before would make it another file.
    this.finish();
    const last = this.#rotated.at(-1);
    if (last === undefined || this.#random.below(2) === 0 || !this.#options.isStored(last)) return;
    const oldest = `${this.path}.${this.#shifts ? this.#rotated.length : this.#rotations - this.#rotated.length + 1}`;
    this.#rotated.pop();
    if (this.#shifts) this.#rotations--;
    this.#then(`remove ${oldest}`, () => this.#fs.rmSync(oldest));
  }
}
