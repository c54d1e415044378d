// What is in the shared segments, by stream: kept by a reader and extended as commits are published.
import { noteSharedMemoryLetGo } from '../../threads/collect-at-rest.ts';
import {
  publishedBytes,
  readSliceHeader,
  type SegmentRef,
  type SegmentSnapshot,
  type SliceHeader,
  type SliceMemory,
  segmentControl,
  segmentHeaderBytes,
  sliceBytes,
  sliceMemory,
} from '../threads/segment.ts';

export interface SegmentSlice extends SliceHeader {
  readonly segment: number;
  readonly bytes: number;
}

class IndexedSegment {
  readonly ref: SegmentRef;
  readonly memory: SliceMemory;
  readonly byStream = new Map<number, SegmentSlice[]>();
  readonly #control: Int32Array;
  #scannedTo = segmentHeaderBytes;

  constructor(ref: SegmentRef) {
    this.ref = ref;
    this.memory = sliceMemory(ref.buffer);
    this.#control = segmentControl(ref.buffer);
  }

  /** End of the slices taken in. */
  get publishedBytes(): number {
    return this.#scannedTo;
  }

  isAlive(): boolean {
    return publishedBytes(this.#control, this.ref.number) >= 0;
  }

  /** Takes in new slices. False when the memory was freed. */
  refresh(): boolean {
    const end = publishedBytes(this.#control, this.ref.number);
    for (let at = this.#scannedTo; at < end; ) {
      const bytes = sliceBytes(this.memory, at);
      if (bytes <= 0) break;
      const slice: SegmentSlice = { ...readSliceHeader(this.memory, at), segment: this.ref.number, bytes };
      const slices = this.byStream.get(slice.stream);
      if (slices === undefined) this.byStream.set(slice.stream, [slice]);
      else slices.push(slice);
      at += bytes;
    }
    this.#scannedTo = Math.max(this.#scannedTo, end);
    return end >= 0 && this.isAlive();
  }
}

/** How often freed segments are looked for, while nobody asks. */
const freedCheckMs = 2000;

export class SegmentIndex {
  readonly #segments = new Map<number, IndexedSegment>();
  /** Runs while there are segments: without questions nothing else would let go of those that were freed. */
  #freedCheck: NodeJS.Timeout | undefined;

  /**
   * The segments of a snapshot that hold commits after `flushedThrough`, oldest first. Undefined when one was freed
   * although the caller's transaction does not see its flush yet: begin a new one.
   */
  unsealed(snapshot: SegmentSnapshot, flushedThrough: number): readonly IndexedSegment[] | undefined {
    const segments: IndexedSegment[] = [];
    for (const ref of snapshot.segments) {
      if (ref.firstSeq <= flushedThrough) continue;
      const segment = this.#segment(ref);
      if (!segment.refresh()) return undefined;
      segments.push(segment);
    }
    this.#dropFreed();
    return segments;
  }

  /** For reading a slice of a plan; undefined when the snapshot has no such segment. */
  find(snapshot: SegmentSnapshot, number: number): IndexedSegment | undefined {
    const known = this.#segments.get(number);
    if (known !== undefined) return known;
    const ref = snapshot.segments.find((segment) => segment.number === number);
    return ref === undefined ? undefined : this.#segment(ref);
  }

  #segment(ref: SegmentRef): IndexedSegment {
    const known = this.#segments.get(ref.number);
    if (known !== undefined) return known;
    const segment = new IndexedSegment(ref);
    this.#segments.set(ref.number, segment);
    this.#freedCheck ??= setInterval(() => this.#dropFreed(), freedCheckMs).unref();
    return segment;
  }

  #dropFreed(): void {
    for (const [number, segment] of this.#segments) {
      if (segment.isAlive()) continue;
      this.#segments.delete(number);
      noteSharedMemoryLetGo();
    }
    if (this.#segments.size === 0) this.close();
  }

  /** Looks for freed segments no more; the next question begins again. */
  close(): void {
    clearInterval(this.#freedCheck);
    this.#freedCheck = undefined;
  }
}

export type { IndexedSegment };
