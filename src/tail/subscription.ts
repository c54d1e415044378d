// One tail in the tail worker: its query, and the entries that wait for a frame.
import type { LogQuery } from '../logql/ast.ts';
import { type CompiledMatcher, compileMatchers, matchesLabels } from '../logql/matchers.ts';
import type { Labels } from '../model/labels.ts';
import { compileLogPipeline } from '../pipeline/log-pipeline.ts';
import type { LogPipeline, StreamPipeline } from '../pipeline/pipeline.ts';
import { type DroppedEntry, renderFrame, type TailEntry } from './tail-frame.ts';
import { framesUnderWayMax, type TailSubscriptionRequest } from './tail-protocol.ts';

/** What may wait for a slow client; beyond it the oldest entries are dropped. */
export const waitingEntriesMax = 10_000;
const waitingBytesMax = 4 << 20;
/** One frame holds at most so much, so that a client sees something soon. */
const frameEntriesMax = 1000;
const frameBytesMax = 512 * 1024;
/** Dropped entries named in a frame; further ones are only counted. */
const droppedListedMax = 100;
/** Frames follow each other by this much; after a quiet time the first one goes at once. */
export const frameIntervalMs = 100;

export interface SubscriptionEvents {
  readonly frame: (id: number, frame: Uint8Array<ArrayBuffer>) => void;
  readonly dropped: (tenant: string, entries: number) => void;
  /** Unix ms or any other clock that does not jump. */
  readonly nowMs: () => number;
  /** Calls back after a while; the answer cancels. */
  readonly after: (ms: number, run: () => void) => () => void;
}

interface Waiting extends TailEntry {
  readonly dueMs: number;
  readonly bytes: number;
}

export class Subscription {
  readonly id: number;
  readonly tenant: string;
  readonly #request: TailSubscriptionRequest;
  readonly #matchers: readonly CompiledMatcher[];
  readonly #pipeline: LogPipeline;
  readonly #events: SubscriptionEvents;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #dropped: DroppedEntry[] = [];
  #underWay = 0;
  #sentMs = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  /** Throws ParseError for a stage that is wrong in itself. */
  constructor(request: TailSubscriptionRequest, events: SubscriptionEvents) {
    this.id = request.id;
    this.tenant = request.tenant;
    this.#request = request;
    this.#events = events;
    const { matchers, stages }: LogQuery = request.query;
    this.#matchers = compileMatchers(matchers);
    this.#pipeline = compileLogPipeline(stages);
  }

  /** The pipeline for a stream, or undefined when the selector does not take it. */
  pipelineFor(labels: Labels): StreamPipeline | undefined {
    return matchesLabels(this.#matchers, labels) ? this.#pipeline.forStream(labels) : undefined;
  }

  /** Takes entries that passed the pipeline; sends a frame at once when it was quiet. */
  add(entries: readonly TailEntry[]): void {
    if (entries.length === 0) return;
    const dueMs = this.#events.nowMs() + this.#request.delayMs;
    for (const entry of entries) {
      const bytes = entry.line.length + 64;
      this.#waiting.push({ ...entry, dueMs, bytes });
      this.#waitingBytes += bytes;
    }
    this.#dropOldest();
    this.#schedule();
  }

  /** The main thread took a frame. */
  taken(): void {
    this.#underWay--;
    this.#schedule();
  }

  close(): void {
    this.#cancelTimer?.();
    this.#waiting = [];
  }

  #dropOldest(): void {
    let surplus = 0;
    let bytes = this.#waitingBytes;
    while (this.#waiting.length - surplus > waitingEntriesMax || bytes > waitingBytesMax) {
      bytes -= (this.#waiting[surplus] as Waiting).bytes;
      surplus++;
    }
    if (surplus === 0) return;
    for (const { timestampNs, labels } of this.#waiting.splice(0, surplus)) {
      if (this.#dropped.length < droppedListedMax) this.#dropped.push({ timestampNs, labels: labels.stream });
    }
    this.#waitingBytes = bytes;
    this.#events.dropped(this.tenant, surplus);
  }

  #schedule(): void {
    if (this.#cancelTimer !== undefined || this.#waiting.length === 0) return;
    if (this.#underWay >= framesUnderWayMax) return;
    const nowMs = this.#events.nowMs();
    const dueMs = Math.max((this.#waiting[0] as Waiting).dueMs, this.#sentMs + frameIntervalMs);
    if (dueMs <= nowMs) {
      this.#send(nowMs);
      return;
    }
    this.#cancelTimer = this.#events.after(dueMs - nowMs, () => {
      this.#cancelTimer = undefined;
      this.#send(this.#events.nowMs());
    });
  }

  #send(nowMs: number): void {
    let due = 0;
    let bytes = 0;
    // Entries wait in order of arrival, so those that are due come first.
    while (due < this.#waiting.length && due < frameEntriesMax && bytes < frameBytesMax) {
      const entry = this.#waiting[due] as Waiting;
      if (entry.dueMs > nowMs) break;
      bytes += entry.bytes;
      due++;
    }
    if (due > 0) {
      const entries = this.#waiting.splice(0, due);
      this.#waitingBytes -= bytes;
      entries.sort((a, b) => (a.timestampNs < b.timestampNs ? -1 : a.timestampNs > b.timestampNs ? 1 : 0));
      this.#underWay++;
      const full = due === frameEntriesMax || bytes >= frameBytesMax;
      // A full frame is followed by the next one without a pause.
      this.#sentMs = full ? Number.NEGATIVE_INFINITY : nowMs;
      this.#events.frame(this.id, renderFrame(entries, this.#dropped, this.#request.categorizeLabels));
      this.#dropped = [];
    }
    this.#schedule();
  }
}
