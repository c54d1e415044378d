// Multiline: lines that belong together become one entry, lines joined by '\n'.

import { compileRegex, trustedPattern } from '../../regex/regex.ts';
import type { MultilineSettings } from '../settings.ts';

export interface MultilineOptions {
  /** True for the first line of an entry. */
  readonly isFirst: (line: string) => boolean;
  readonly linesMax: number;
  /** An entry longer than this many UTF-16 units is let go, so that a pattern that never matches costs no memory. */
  readonly charsMax: number;
}

const entryCharsMax = 1024 * 1024;

/** Throws when the pattern is no RE2: configuration checks it first. */
export function multilineOptions(settings: MultilineSettings | undefined): MultilineOptions | undefined {
  if (!settings) return undefined;
  const firstLine = compileRegex(settings.firstLine, trustedPattern);
  return {
    isFirst: (line) => firstLine.test(line),
    linesMax: settings.linesMax,
    charsMax: entryCharsMax,
  };
}

/** A line, or several that belong together. `position` is the source's position after the last of them. */
export interface JoinedLine<P> {
  readonly line: string;
  readonly timestampNs: bigint;
  readonly position: P;
  /** What the lines lack of what was written. */
  readonly truncatedBytes: number;
}

/** Joins lines of one stream. At most one entry is held; it is the caller's to flush it when time is up. */
export class MultilineJoiner<P> {
  readonly #options: MultilineOptions;
  #lines: string[] = [];
  #chars = 0;
  #timestampNs = 0n;
  #truncatedBytes = 0;
  #position: P | undefined;

  constructor(options: MultilineOptions) {
    this.#options = options;
  }

  get holds(): boolean {
    return this.#lines.length > 0;
  }

  /** Time of the first line held; undefined when there is none. */
  get heldNs(): bigint | undefined {
    return this.holds ? this.#timestampNs : undefined;
  }

  /** Takes a line; gives the entry before it when that is complete now. */
  push(next: JoinedLine<P>): JoinedLine<P> | undefined {
    const { isFirst, linesMax, charsMax } = this.#options;
    const starts =
      this.#lines.length === 0 ||
      this.#lines.length >= linesMax ||
      this.#chars + next.line.length > charsMax ||
      isFirst(next.line);
    const complete = starts ? this.flush() : undefined;
    if (this.#lines.length === 0) this.#timestampNs = next.timestampNs;
    this.#lines.push(next.line);
    this.#chars += next.line.length + 1;
    this.#position = next.position;
    this.#truncatedBytes += next.truncatedBytes;
    return complete;
  }

  /** The entry held, complete or not; undefined when there is none. */
  flush(): JoinedLine<P> | undefined {
    if (this.#lines.length === 0) return undefined;
    const entry = {
      line: this.#lines.join('\n'),
      timestampNs: this.#timestampNs,
      position: this.#position as P,
      truncatedBytes: this.#truncatedBytes,
    };
    this.discard();
    return entry;
  }

  /** Forgets what is held: its lines will be read again. */
  discard(): void {
    this.#lines = [];
    this.#chars = 0;
    this.#truncatedBytes = 0;
  }
}
