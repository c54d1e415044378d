// The texts of a few pieces, by their hashes.

const hashesMax = 4_096;

export class TextHashes {
  readonly #hashes = new Set<number>();

  add(bytes: Buffer, start: number, end: number): void {
    if (this.#hashes.size < hashesMax) this.#hashes.add(hashOf(bytes, start, end));
  }

  has(bytes: Buffer, start: number, end: number): boolean {
    return this.#hashes.has(hashOf(bytes, start, end));
  }

  clear(): void {
    if (this.#hashes.size > 0) this.#hashes.clear();
  }
}

/** FNV-1a. */
function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  return hash;
}
