// One tail: subscribe, send the history, then what is live, with neither gap nor double between them.
//
//   subscribe ──► live frames are held ──► history query ──► history frames ──► held frames ──► live frames
//
// The subscription is made before the history is read, so an entry is in the history, or comes live, or both. Those
// in both are known by their text: history entries are remembered until no live frame can hold one any more.
import type { LogQuery } from '../../logql/ast.ts';
import { nsPerMs } from '../../model/time.ts';
import type { TailHandle } from '../../tail/tail-hub.ts';
import { freeBytes } from '../../threads/free-memory.ts';
import { legacyStream, type ResultStream } from '../loki/legacy-query.ts';
import { categorizeLabelsFlag } from '../parameters/answer-form.ts';
import type { Gateway } from '../server/api.ts';
import { errorAnswer } from '../server/http-error.ts';
import type { TailSink } from './tail-sink.ts';

export interface TailSessionOptions {
  readonly tenant: string;
  readonly query: LogQuery;
  readonly categorizeLabels: boolean;
  /** Frames in the form of before 1.0. */
  readonly legacy: boolean;
  readonly limit: number;
  readonly startNs: bigint;
  readonly delayMs: number;
}

/** Entries may be stamped this far ahead of our clock and still belong to the history. */
const aheadNs = 3_600_000n * nsPerMs;
/** A committed entry's frame comes within this time; after it the history is forgotten. */
const framesLateMs = 10_000;
/** Entries in one frame of history. */
const historyFrameEntries = 1000;

interface Frame {
  readonly streams: readonly ResultStream[];
  readonly dropped_entries?: readonly unknown[];
  readonly encodingFlags?: readonly string[];
}

export class TailSession {
  readonly #gateway: Gateway;
  readonly #sink: TailSink;
  readonly #options: TailSessionOptions;
  readonly #abort = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  #subscription: TailHandle | undefined;
  /** Live frames that came before the history was sent; undefined afterwards. */
  #held: Uint8Array[] | undefined = [];
  /** Entries of the history, while a live frame may repeat them. */
  #sent: Set<string> | undefined;
  #paused = false;
  /** When something was taken last that had waited. */
  #takenMs = performance.now();

  constructor(gateway: Gateway, sink: TailSink, options: TailSessionOptions) {
    this.#gateway = gateway;
    this.#sink = sink;
    this.#options = options;
  }

  start(): void {
    this.#run().catch((error: unknown) => {
      if (this.#abort.signal.aborted) return;
      const { message, unexpected } = errorAnswer(error);
      if (unexpected) this.#gateway.logger.error({ error }, 'tail failed');
      this.#sink.fail(message);
    });
  }

  /** Lets go of everything; the connection is closed or closing. */
  end(): void {
    this.#abort.abort();
    for (const timer of this.#timers) clearInterval(timer);
    this.#subscription?.close();
    this.#held = undefined;
    this.#sent = undefined;
  }

  /** Ends the connection without a close frame: to the client it looks like a lost connection, so it comes back. */
  cut(): void {
    this.#sink.cut();
  }

  async #run(): Promise<void> {
    const { tenant, query, categorizeLabels, delayMs } = this.#options;
    const { tail, settings } = this.#gateway;
    this.#timers.push(setInterval(() => this.#ping(), settings.tail.pingIntervalMs));
    this.#subscription = await tail.subscribe(
      { tenant, query, categorizeLabels, delayMs },
      { onFrame: (frame) => this.#onFrame(frame), onEnd: (reason) => this.#sink.fail(reason) },
    );
    if (this.#abort.signal.aborted) return this.#subscription.close();
    // Frames may have come while the subscription was on its way.
    if (this.#paused) this.#subscription.pause();
    await this.#sendHistory();
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const frame of held) this.#sendLive(frame);
    this.#resumeWhenDrained();
    this.#timers.push(
      setTimeout(() => {
        this.#sent = undefined;
      }, delayMs + framesLateMs),
    );
    return undefined;
  }

  async #sendHistory(): Promise<void> {
    const { tenant, query, limit, startNs, categorizeLabels } = this.#options;
    if (limit === 0) return;
    const limits = this.#gateway.limitsOf(tenant);
    const entriesMax = limits.maxEntriesLimitPerQuery;
    const { resultJson } = await this.#gateway.queries.logs(
      {
        query,
        startNs,
        endNs: this.#gateway.clock.nowNs() + aheadNs,
        limit: entriesMax > 0 ? Math.min(limit, entriesMax) : limit,
        direction: 'backward',
        intervalNs: 0n,
        categorizeLabels,
      },
      {
        tenant,
        limits: {
          timeoutMs: limits.queryTimeoutMs,
          scanBytesMax: limits.maxQueryBytesRead,
          seriesMax: limits.maxQuerySeries,
          memoryBytesMax: limits.maxQueryMemoryBytes,
        },
        signal: this.#abort.signal,
        partialOnSeriesLimit: true,
      },
    );
    const entries = oldestFirst(JSON.parse(Buffer.from(resultJson).toString()) as readonly ResultStream[]);
    // Nothing to be repeated: live frames go out as they come.
    if (entries.length === 0) return;
    this.#sent = new Set(entries.map(({ stream, value }) => entryKey(stream, value)));
    for (let at = 0; at < entries.length; at += historyFrameEntries)
      this.#sendFrame({ streams: runs(entries.slice(at, at + historyFrameEntries)) });
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#held === undefined) {
      this.#sendLive(frame);
      return;
    }
    this.#held.push(frame);
    // The subscription's own queue is bounded, too: it drops and reports.
    if (this.#held.length >= this.#gateway.settings.tail.heldFramesMax) this.#pause();
  }

  #sendLive(frame: Uint8Array): void {
    if (this.#sent === undefined && !this.#options.legacy) {
      this.#send(frame);
      return;
    }
    const parsed = JSON.parse(Buffer.from(frame).toString()) as Frame;
    const sent = this.#sent;
    const streams =
      sent === undefined
        ? parsed.streams
        : parsed.streams
            .map(({ stream, values }) => ({
              stream,
              values: values.filter((value) => !sent.has(entryKey(stream, value))),
            }))
            .filter(({ values }) => values.length > 0);
    if (streams.length > 0 || parsed.dropped_entries !== undefined) this.#sendFrame({ ...parsed, streams });
  }

  #sendFrame(frame: Frame): void {
    const { legacy, categorizeLabels } = this.#options;
    const { streams, dropped_entries } = frame;
    const body = legacy
      ? { streams: streams.map(legacyStream), dropped_entries: dropped_entries ?? null }
      : {
          streams,
          ...(dropped_entries && { dropped_entries }),
          ...(categorizeLabels && { encodingFlags: [categorizeLabelsFlag] }),
        };
    this.#send(JSON.stringify(body));
  }

  #send(frame: Uint8Array | string): void {
    const sink = this.#sink;
    if (!sink.open) return;
    this.#gateway.metrics.tailBytes.inc(frame.length);
    if (sink.bufferedBytes === 0) this.#takenMs = performance.now();
    sink.send(frame, () => {
      if (typeof frame !== 'string') freeBytes(frame);
      this.#takenMs = performance.now();
      this.#resumeWhenDrained();
    });
    if (sink.bufferedBytes > this.#gateway.settings.tail.bufferedBytesMax) this.#pause();
  }

  #pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#subscription?.pause();
  }

  #resumeWhenDrained(): void {
    if (!this.#paused || this.#held !== undefined) return;
    if (this.#sink.bufferedBytes > this.#gateway.settings.tail.bufferedBytesMax / 2) return;
    this.#paused = false;
    this.#subscription?.resume();
  }

  #ping(): void {
    const { requestTimeoutMs } = this.#gateway.settings;
    // A client that takes nothing for this long is gone, or as good as; one that lives comes back.
    const isStalled = this.#sink.bufferedBytes > 0 && performance.now() - this.#takenMs > requestTimeoutMs;
    if (requestTimeoutMs > 0 && isStalled) {
      this.#sink.cut();
      return;
    }
    if (this.#sink.open) this.#sink.ping();
    this.#resumeWhenDrained();
  }
}

type Value = ResultStream['values'][number];
interface HistoryEntry {
  readonly stream: ResultStream['stream'];
  readonly value: Value;
}

/** Equal for an entry of the history and the same entry live: both are rendered from the same labels. */
function entryKey(stream: ResultStream['stream'], value: Value): string {
  const names = Object.keys(stream).sort();
  return JSON.stringify([value[0], value[1], names, names.map((name) => stream[name])]);
}

/** Entries of newest-first streams, oldest first over all of them; ties keep the order of arrival. */
function oldestFirst(streams: readonly ResultStream[]): readonly HistoryEntry[] {
  const entries = streams.flatMap(({ stream, values }) =>
    values.map((value) => ({ stream, value, timestampNs: BigInt(value[0]) })).reverse(),
  );
  return entries.sort((a, b) => (a.timestampNs < b.timestampNs ? -1 : a.timestampNs > b.timestampNs ? 1 : 0));
}

/** Neighbours of one stream under one head, order kept. */
function runs(entries: readonly HistoryEntry[]): readonly ResultStream[] {
  const streams: { stream: ResultStream['stream']; values: Value[] }[] = [];
  for (const { stream, value } of entries) {
    const last = streams.at(-1);
    if (last?.stream === stream) last.values.push(value);
    else streams.push({ stream, values: [value] });
  }
  return streams;
}
