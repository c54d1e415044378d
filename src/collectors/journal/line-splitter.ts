// Text chunks → lines, with a limit on the length of a line.

export class LineSplitter {
  #rest = '';
  #skipping = false;
  readonly #charsMax: number;
  readonly #onTooLong: () => void;

  /** Lines longer than `charsMax` are left out; `onTooLong` is called once for each. */
  constructor(charsMax: number, onTooLong: () => void) {
    this.#charsMax = charsMax;
    this.#onTooLong = onTooLong;
  }

  /** The lines that are whole now, without their newlines. */
  push(chunk: string): string[] {
    const lines = chunk.split('\n');
    if (lines.length === 1) {
      this.#keep(chunk);
      return [];
    }
    const skippedFirst = this.#skipping;
    lines[0] = this.#rest + lines[0];
    this.#rest = '';
    this.#skipping = false;
    this.#keep(lines.pop() as string);
    if (skippedFirst) lines.shift();
    return lines;
  }

  #keep(part: string): void {
    if (this.#skipping) return;
    this.#rest += part;
    if (this.#rest.length <= this.#charsMax) return;
    this.#rest = '';
    this.#skipping = true;
    this.#onTooLong();
  }
}
