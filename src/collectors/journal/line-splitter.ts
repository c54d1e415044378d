// Text chunks → lines, with a limit on the length of a line.

/** Makes less of a line that is too long, as it comes. */
export interface LineShortener {
  push(text: string): void;
  /** The line, without its newline. */
  end(): string;
}

export class LineSplitter {
  #rest = '';
  #long: LineShortener | undefined;
  readonly #charsMax: number;
  readonly #onTooLong: () => LineShortener;

  /** Of lines longer than `charsMax` comes what `onTooLong` makes of them, which is called once for each. */
  constructor(charsMax: number, onTooLong: () => LineShortener) {
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
    const [first, ...others] = lines as [string, ...string[]];
    const last = others.pop() as string;
    this.#keep(first);
    const whole = this.#long?.end() ?? this.#rest;
    this.#long = undefined;
    this.#rest = '';
    this.#keep(last);
    return [whole, ...others];
  }

  #keep(part: string): void {
    if (this.#long) {
      this.#long.push(part);
      return;
    }
    this.#rest += part;
    if (this.#rest.length <= this.#charsMax) return;
    this.#long = this.#onTooLong();
    this.#long.push(this.#rest);
    this.#rest = '';
  }
}
