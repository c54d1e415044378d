// Structured metadata that many entries share, such as the attributes of a resource: gathered once, within the bounds of
// one entry, so that an entry costs what it may have and not what was sent.
import type { LabelPair } from '../../model/labels.ts';
import type { MetadataBounds } from '../limits/metadata-bounds.ts';
import type { EntryMetadata } from './entry-metadata.ts';
import { sanitizeName } from './sanitize-metadata.ts';

export class SharedMetadata {
  readonly #bounds: MetadataBounds;
  /** By the name as stored; of a repeated one the last value. */
  readonly #pairs = new Map<string, LabelPair>();
  #sizeBytes = 0;
  #unkept = 0;

  /** Starts with what `from` has. */
  constructor(bounds: MetadataBounds, from?: SharedMetadata) {
    this.#bounds = bounds;
    if (from === undefined) return;
    this.#sizeBytes = from.#sizeBytes;
    if (from.isOverfull) this.#unkept = from.#unkept + from.#pairs.size;
    else this.#pairs = new Map(from.#pairs);
  }

  /** True: an entry with this metadata is refused. */
  get isOverfull(): boolean {
    return this.#unkept > 0;
  }

  add(name: string, value: string): void {
    if (value === '') return;
    const sizeBytes = name.length + value.length;
    const { pairsMax, sizeBytesMax } = this.#bounds;
    if (this.isOverfull || sizeBytes > sizeBytesMax) {
      this.#unkept++;
      this.#sizeBytes += sizeBytes;
      return;
    }
    const stored = sanitizeName(name);
    const before = this.#pairs.get(stored);
    this.#pairs.set(stored, [name, value]);
    this.#sizeBytes += sizeBytes - (before === undefined ? 0 : before[0].length + before[1].length);
    // One that tells the level does not count.
    const level = this.#pairs.get('detected_level');
    const counted = this.#pairs.size - (level === undefined ? 0 : 1);
    const countedBytes = this.#sizeBytes - (level === undefined ? 0 : level[0].length + level[1].length);
    if (counted > pairsMax || countedBytes > sizeBytesMax) this.#unkept++;
  }

  /** Adds it to an entry. */
  addTo(entry: EntryMetadata): void {
    if (this.isOverfull) entry.overfill(this.#pairs.size + this.#unkept, this.#sizeBytes);
    else for (const [name, value] of this.#pairs.values()) entry.add(name, value);
  }
}
