// Streams of pushes under what they are called. Whoever invents streams that are refused has none of them remembered for
// long, and drives out none of those that are stored.
import { LRUCache } from 'lru-cache';
import type { PushStream } from './push-stream.ts';

/** Streams of the store that are remembered; a forgotten one costs a parse and a lookup. */
const storedMax = 50_000;
/** Characters of the texts they are remembered by. */
const storedTextLengthMax = 16 << 20;
/** Others: streams that were refused, and those that the store has not been asked about yet. */
const unstoredMax = 1_024;
const unstoredTextLengthMax = 1 << 20;

const textLength = (_stream: PushStream, text: string): number => text.length;

export class StreamCache {
  readonly #stored = new LRUCache<string, PushStream>({
    max: storedMax,
    maxSize: storedTextLengthMax,
    sizeCalculation: textLength,
  });
  /** A stream begins here, and when others take its place it moves on if it has been stored meanwhile. */
  readonly #unstored = new LRUCache<string, PushStream>({
    max: unstoredMax,
    maxSize: unstoredTextLengthMax,
    sizeCalculation: textLength,
    dispose: (stream, text, reason) => {
      if (reason === 'evict' && stream.id !== undefined) this.#stored.set(text, stream);
    },
  });

  get(text: string): PushStream | undefined {
    return this.#stored.get(text) ?? this.#unstored.get(text);
  }

  set(text: string, stream: PushStream): void {
    this.#unstored.set(text, stream);
  }
}
