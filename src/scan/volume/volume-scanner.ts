// One worker's part of a volume query: bytes of lines and structured metadata by labels and bucket. Units that carry
// statistics are not opened.
import { emptyLabels, type LabelPair, type Labels, labelsKey } from '../../model/labels.ts';
import { floorDiv, nsPerSecond } from '../../model/time.ts';
import type { ScanCounts, VolumePart, VolumeTask } from '../../store/scan-task.ts';
import type { EntryBatch, ScanRequest, ScanUnit, UnitStatistics } from '../../store/store.ts';
import type { MemoryShare } from '../query-memory.ts';
import { minuteFilter, minutesRequest } from '../ranges/minute-slots.ts';
import type { ScanSession, UnitScanner } from '../scan-unit-loop.ts';

const minuteNs = 60n * nsPerSecond;
const nsPerMinute = Number(minuteNs);
/** Memory of a group and of one of its buckets, roughly. */
const groupBytes = 500;
const bucketBytes = 50;

/** Bytes by bucket; a bucket is named by its number. */
interface Group {
  readonly labels: Labels;
  readonly bytes: Map<number, number>;
}

export class VolumeScanner implements UnitScanner<VolumePart> {
  readonly request: ScanRequest;
  readonly linesAfterFilter = 0;
  readonly #task: VolumeTask;
  readonly #memory: MemoryShare;
  readonly #groups = new Map<string, Group>();
  /** Groups of the last unit's stream: a stream has many units. */
  #streamId = -1;
  #streamGroups: readonly Group[] = [];

  constructor(task: VolumeTask, memory: MemoryShare) {
    this.#task = task;
    this.#memory = memory;
    this.request = {
      tenant: task.tenant,
      matchers: task.matchers,
      startNs: task.startNs,
      endNs: task.endNs,
      direction: 'any',
      lineFilters: [],
      needLines: false,
      needMetadata: true,
      sums: {
        ofStream: () => true,
        isOne: (firstNs, lastNs) => this.#bucketOf(firstNs) === this.#bucketOf(lastNs),
      },
    };
  }

  needs(): boolean {
    return true;
  }

  scanUnit(unit: ScanUnit, session: ScanSession): void {
    const groups = this.#groupsOf(unit);
    if (groups.length === 0) return;
    const { statistics, sums } = unit;
    if (sums !== undefined) {
      this.#add(groups, this.#bucketOf(unit.firstNs), sums.lineBytes + sums.metadataBytes);
      return;
    }
    const left = statistics && this.#addStatistics(unit, statistics, groups);
    if (left?.size === 0) return;
    const request = left ? minutesRequest(this.request, left) : this.request;
    session.scan(unit, request, (batch) => {
      this.#addEntries(batch, groups, left && minuteFilter(batch, left));
      return true;
    });
  }

  finish(counts: ScanCounts): { part: VolumePart; transfer: ArrayBuffer[] } {
    const groups = [...this.#groups.values()].map(({ labels, bytes }) => ({
      labels,
      buckets: Float64Array.from(bytes.keys()),
      bytes: Float64Array.from(bytes.values()),
    }));
    // A group crosses as two arrays; what it took here is about what it takes there.
    return {
      part: { kind: 'volume', groups, counts, memoryBytes: this.#memory.bytes },
      transfer: groups.flatMap(({ buckets, bytes }) => [buckets.buffer, bytes.buffer]),
    };
  }

  /**
   * The minutes that must be scanned: those that end where a bucket does, whose last moment belongs to the next one.
   * Undefined: all, statistics are too coarse to part the unit.
   */
  #addStatistics(
    unit: ScanUnit,
    statistics: UnitStatistics,
    groups: readonly Group[],
  ): ReadonlySet<number> | undefined {
    const { rows, minute, lineBytes, metadataBytes } = statistics;
    const first = this.#bucketOf(unit.firstNs);
    const one = first === this.#bucketOf(unit.lastNs);
    const minutesPerBucket = Number(this.#task.stepNs) / nsPerMinute;
    if (!one && !Number.isInteger(minutesPerBucket)) return undefined;
    const toScan = new Set<number>();
    for (let row = 0; row < rows; row++) {
      const m = minute[row] as number;
      if (!one && m % minutesPerBucket === 0) {
        toScan.add(m);
        continue;
      }
      const bucket = one ? first : Math.floor(m / minutesPerBucket);
      this.#add(groups, bucket, (lineBytes[row] as number) + (metadataBytes[row] as number));
    }
    return toScan;
  }

  #addEntries(
    batch: EntryBatch,
    groups: readonly Group[],
    isWanted: ((offsetNs: number) => boolean) | undefined,
  ): void {
    const { selected, selectedCount, lineStarts, lineEnds, metadataStarts, metadataEnds } = batch;
    for (let s = 0; s < selectedCount; s++) {
      const i = selected[s] as number;
      if (isWanted?.(batch.offsetsNs[i] as number) === false) continue;
      const line = (lineEnds[i] as number) - (lineStarts[i] as number);
      const metadata = (metadataEnds[i] as number) - (metadataStarts[i] as number);
      const bucket =
        this.#task.stepNs === 0n ? 0 : this.#bucketOf(batch.baseNs + BigInt(batch.offsetsNs[i] as number));
      this.#add(groups, bucket, line + metadata);
    }
  }

  #add(groups: readonly Group[], bucket: number, bytes: number): void {
    for (const group of groups) {
      const held = group.bytes.get(bucket);
      if (held === undefined) this.#memory.grow(bucketBytes);
      group.bytes.set(bucket, (held ?? 0) + bytes);
    }
  }

  /** Bucket k holds k·step ≤ time < (k + 1)·step. */
  #bucketOf(timestampNs: bigint): number {
    const { stepNs } = this.#task;
    return stepNs === 0n ? 0 : Number(floorDiv(timestampNs, stepNs));
  }

  #groupsOf({ stream }: ScanUnit): readonly Group[] {
    if (stream.id !== this.#streamId) {
      this.#streamId = stream.id;
      this.#streamGroups = groupLabels(stream.labels, this.#task).map((labels) => this.#group(labels));
    }
    return this.#streamGroups;
  }

  #group(labels: Labels): Group {
    const key = labelsKey(labels);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { labels, bytes: new Map() };
      this.#groups.set(key, group);
      this.#memory.grow(groupBytes);
    }
    return group;
  }
}

/** The label sets a stream counts under. */
function groupLabels(labels: Labels, { by, aggregateBy }: VolumeTask): readonly Labels[] {
  const shown = by.length === 0 ? labels : labels.filter(([name]) => by.includes(name));
  if (aggregateBy === 'series') return [shown.length === 0 ? emptyLabels : shown];
  return shown.map(([name]): Labels => [[name, ''] satisfies LabelPair]);
}
