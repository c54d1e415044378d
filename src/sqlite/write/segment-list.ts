// The writer's segments: the one being filled, those waiting for blocks, and memory to use again.
import { noteSharedMemoryLetGo } from '../../threads/collect-at-rest.ts';
import {
  freeSegment,
  type SegmentRef,
  type SegmentSnapshot,
  SegmentWriter,
  segmentHeaderBytes,
  sliceBytes,
  sliceMemory,
  sliceStream,
} from '../threads/segment.ts';
import { freeUnheld } from '../threads/segment-hold.ts';

/** Memory of segments that are in blocks and that queries still hold; above it the oldest is taken from them. */
export const heldBytesMax = 48 * 1024 * 1024;

export interface SealedSegments {
  readonly segments: readonly SegmentRef[];
  readonly bytes: number;
}

export class SegmentList {
  readonly #segmentBytes: number;
  readonly #pooledMax: number;
  readonly #pool: SharedArrayBuffer[] = [];
  readonly #writers: SegmentWriter[] = [];
  /** In blocks, but held by queries; oldest first. */
  readonly #held: SharedArrayBuffer[] = [];
  #open: SegmentWriter | undefined;
  #nextNumber: number;
  #bytes = 0;

  constructor(options: {
    readonly segmentBytes: number;
    readonly pooledMax: number;
    readonly firstNumber: number;
  }) {
    this.#segmentBytes = options.segmentBytes;
    this.#pooledMax = options.pooledMax;
    this.#nextNumber = options.firstNumber;
  }

  /** Bytes of slices not yet in blocks. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#writers.length === 0;
  }

  /** Streams that have entries in the segments. */
  streams(): Set<number> {
    const streams = new Set<number>();
    for (const writer of this.#writers) {
      const memory = sliceMemory(writer.ref.buffer);
      const end = segmentHeaderBytes + writer.usedBytes;
      for (let at = segmentHeaderBytes; at < end; at += sliceBytes(memory, at))
        streams.add(sliceStream(memory, at));
    }
    return streams;
  }

  snapshot(): SegmentSnapshot {
    return { segments: this.#writers.map((writer) => writer.ref) };
  }

  /** Publishes the slices of one commit. `isNew`: the snapshot changed. */
  publish(
    slices: Uint8Array,
    seq: number,
  ): { readonly ref: SegmentRef; readonly at: number; readonly isNew: boolean } {
    let writer = this.#open;
    const isNew = writer === undefined || !writer.hasRoom(slices.length);
    if (writer === undefined || isNew) {
      const buffer = this.#memory(slices.length);
      writer = new SegmentWriter({ buffer, number: this.#nextNumber++, firstSeq: seq });
      this.#writers.push(writer);
      this.#open = writer;
    }
    const at = writer.publish(slices);
    this.#bytes += slices.length;
    return { ref: writer.ref, at, isNew };
  }

  /** All segments, and no more entries into them: the next commit opens a new one. */
  seal(): SealedSegments {
    this.#open = undefined;
    return { segments: this.snapshot().segments, bytes: this.#bytes };
  }

  /** Their entries are in blocks: drops them and keeps the memory, once nobody reads it. */
  release(sealed: SealedSegments): void {
    const gone = new Set(sealed.segments.map((segment) => segment.number));
    this.#held.push(...sealed.segments.map(({ buffer }) => buffer));
    this.#reclaim();
    const kept = this.#writers.filter((writer) => !gone.has(writer.ref.number));
    this.#writers.splice(0, this.#writers.length, ...kept);
    this.#bytes -= sealed.bytes;
  }

  /** Lets go of the memory that is kept to be used again. */
  giveBack(): void {
    this.#reclaim();
    if (this.#pool.splice(0).length > 0) noteSharedMemoryLetGo();
  }

  #memory(slicesBytes: number): SharedArrayBuffer {
    if (segmentHeaderBytes + slicesBytes > this.#segmentBytes)
      return new SharedArrayBuffer(segmentHeaderBytes + slicesBytes);
    if (this.#pool.length === 0) this.#reclaim();
    return this.#pool.pop() ?? new SharedArrayBuffer(this.#segmentBytes);
  }

  #reclaim(): void {
    const held = this.#held.splice(0).filter((buffer) => {
      if (!freeUnheld(buffer)) return true;
      if (buffer.byteLength === this.#segmentBytes && this.#pool.length < this.#pooledMax)
        this.#pool.push(buffer);
      else noteSharedMemoryLetGo();
      return false;
    });
    let bytes = held.reduce((sum, buffer) => sum + buffer.byteLength, 0);
    for (const buffer of held) {
      if (bytes <= heldBytesMax) this.#held.push(buffer);
      else {
        // Its readers notice and plan again. Never used again, as their count of holders is still to come down.
        freeSegment(buffer);
        noteSharedMemoryLetGo();
        bytes -= buffer.byteLength;
      }
    }
  }
}
