// The texts of a few pieces, by their hashes.

const hashesMax = 4_096;

export class TextHashes {
  /** Mostly the only one. */
  #first: number | undefined;
  readonly #others = new Set<number>();

  add(bytes: Buffer, start: number, end: number): void {
    const hash = hashOf(bytes, start, end);
    if (this.#first === undefined) this.#first = hash;
    else if (this.#others.size < hashesMax) this.#others.add(hash);
  }

  has(bytes: Buffer, start: number, end: number): boolean {
    if (this.#first === undefined) return false;
    const hash = hashOf(bytes, start, end);
    return hash === this.#first || this.#others.has(hash);
  }

  clear(): void {
    this.#first = undefined;
    if (this.#others.size > 0) this.#others.clear();
  }
}

const prime = 0x01000193;

/** FNV-1a by words of four bytes, whose high bits are brought down: multiplying moves nothing there. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5 ^ (end - start);
  const wordsEnd = end - ((end - start) & 3);
  for (let at = start; at < wordsEnd; at += 4) {
    const low = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const high = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
    hash = Math.imul(hash ^ low ^ (high << 16), prime);
    hash ^= hash >>> 15;
  }
  for (let at = wordsEnd; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), prime);
  return hash;
}
