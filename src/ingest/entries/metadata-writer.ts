// Writes the structured metadata of one entry after the other, sorted by name, in the form of
// model/structured-metadata.ts, and takes out the level that it tells of.

import { levelLabels, levelOfSeverityNumber, levelOfWord } from '../../formats/level-words.ts';
import { type LevelCode, levelCode, levelNone } from '../../model/entry.ts';
import { PushError } from '../limits/push-error.ts';
import type { EntryMetadata } from './entry-metadata.ts';
import { detectedLevel, detectedLevelPlace, severityNumberPlace } from './metadata-names.ts';

/** Memory kept from push to push. */
const keptBytesMax = 4 << 20;

/** Level of an entry as far as labels and metadata tell. */
export interface DecidedLevel {
  /** False: ask the line. */
  readonly decided: boolean;
  readonly code: LevelCode;
  /** A level that is no word of Loki's, kept as written; '' when `code` says it. */
  readonly text: string;
}
export const undecidedLevel: DecidedLevel = { decided: false, code: levelNone, text: '' };

const decided = new Map<LevelCode, DecidedLevel>();

/** The same object each time. */
export function decidedLevel(code: LevelCode): DecidedLevel {
  let level = decided.get(code);
  if (!level) {
    level = { decided: true, code, text: '' };
    decided.set(code, level);
  }
  return level;
}

/** A level as written in a label or in metadata. */
export function levelAsWritten(value: string): DecidedLevel {
  const code = levelOfWord(value);
  if (code !== levelNone) return decidedLevel(code);
  const exact = levelCode(value);
  return exact === levelNone ? { decided: true, code: levelNone, text: value } : decidedLevel(exact);
}

export class MetadataWriter {
  /** Encoded metadata of all entries since `reset`. */
  bytes = Buffer.allocUnsafeSlow(1 << 14);
  /** Where the next entry's metadata begins. */
  end = 0;
  /**
   * Of the entry finished last: pairs and bytes of names and values, without detected_level. An entry that has more
   * than it may have has them counted and nothing written.
   */
  pairs = 0;
  sizeBytes = 0;
  level: DecidedLevel = undecidedLevel;
  readonly #entry: EntryMetadata;

  readonly #bytesMax: number;

  /** `bytesMax`: of the metadata of all entries between two resets. */
  constructor(entry: EntryMetadata, bytesMax: number) {
    this.#entry = entry;
    this.#bytesMax = bytesMax;
  }

  /** Forgets what was written; the memory is reused. */
  reset(): void {
    this.end = 0;
    if (this.bytes.length > keptBytesMax) this.bytes = Buffer.allocUnsafeSlow(1 << 14);
  }

  /**
   * Writes the collected entry's metadata to `bytes[start, this.end)` and returns `start`. `labelLevel` is what the
   * stream's labels say; with `discover` off only an existing detected_level becomes a level.
   */
  finish(labelLevel: DecidedLevel, discover: boolean): number {
    const start = this.end;
    this.pairs = 0;
    this.sizeBytes = 0;
    if (this.#entry.isEmpty && labelLevel.text === '') {
      this.level = discover ? labelLevel : undecidedLevel;
      return start;
    }
    const order = this.#entry.sorted();
    if (this.#entry.isOverfull) {
      this.pairs = this.#entry.countedPairs;
      this.sizeBytes = this.#entry.countedBytes;
      this.level = undecidedLevel;
      return start;
    }
    this.level = this.#decide(order, labelLevel, discover);
    this.#write(order);
    return start;
  }

  /** Level by metadata and labels; removes detected_level from `order` where the level is a code. */
  #decide(order: number[], labelLevel: DecidedLevel, discover: boolean): DecidedLevel {
    let levelPair = -1;
    let place = levelLabels.length;
    let severityPair = -1;
    for (let i = 0; i < order.length; i++) {
      const pair = order[i] as number;
      const name = this.#entry.name(pair);
      if (name.levelPlace === -1) continue;
      if (name.levelPlace === detectedLevelPlace) {
        order.splice(i, 1);
        const value = this.#entry.value(pair);
        if (discover) return levelAsWritten(value);
        const code = levelCode(value);
        return { decided: true, code, text: code === levelNone ? value : '' };
      }
      if (name.levelPlace === severityNumberPlace) severityPair = pair;
      else if (name.levelPlace < place) {
        place = name.levelPlace;
        levelPair = pair;
      }
    }
    if (!discover) return undecidedLevel;
    if (labelLevel.decided) return labelLevel;
    if (levelPair >= 0) return levelAsWritten(this.#entry.value(levelPair));
    if (severityPair >= 0) {
      return { decided: true, code: levelOfSeverityNumber(this.#entry.value(severityPair)), text: '' };
    }
    return undecidedLevel;
  }

  #write(order: readonly number[]): void {
    const entry = this.#entry;
    let bound = this.level.text.length * 3 + detectedLevel.bytes.length + 10;
    for (const pair of order) bound += entry.name(pair).bytes.length + entry.valueBytes(pair) + 10;
    this.#grow(bound);
    let pending = this.level.text !== '';
    for (const pair of order) {
      const name = entry.name(pair);
      if (pending && name.text > detectedLevel.text) {
        this.#writeLevelText();
        pending = false;
      }
      const length = entry.valueBytes(pair);
      this.#writePart(name.bytes);
      this.#writeLength(length);
      this.end = entry.copyValue(pair, this.bytes, this.end);
      this.pairs++;
      this.sizeBytes += name.bytes.length + length;
    }
    if (pending) this.#writeLevelText();
  }

  #writeLevelText(): void {
    this.#writePart(detectedLevel.bytes);
    this.#writePart(Buffer.from(this.level.text));
  }

  #writePart(source: Buffer): void {
    this.#writeLength(source.length);
    const out = this.bytes;
    let at = this.end;
    for (let i = 0; i < source.length; i++) out[at++] = source[i] as number;
    this.end = at;
  }

  #writeLength(bytes: number): void {
    let length = bytes;
    while (length >= 0x80) {
      this.bytes[this.end++] = (length % 128) | 0x80;
      length = Math.floor(length / 128);
    }
    this.bytes[this.end++] = length;
  }

  #grow(more: number): void {
    if (this.end + more <= this.bytes.length) return;
    if (this.end + more > this.#bytesMax) {
      throw new PushError(
        413,
        `request body too large: structured metadata of all entries together exceeds ${this.#bytesMax} bytes`,
      );
    }
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.end + more));
    grown.set(this.bytes.subarray(0, this.end));
    this.bytes = grown;
  }
}
