// Committed batches against subscriptions: each stream is matched once per subscription, its entries then go through
// the subscription's pipeline.
import type { TailStream } from '../ingest/client/ingest-protocol.ts';
import type { Labels } from '../model/labels.ts';
import { decodeMetadata } from '../model/structured-metadata.ts';
import type { PipelineInput, StreamPipeline } from '../pipeline/pipeline.ts';
import { RegexWorkError } from '../regex/work-limit.ts';
import type { CommitReader, CommittedBatch, StreamEntries } from '../store/commits.ts';
import type { StreamId } from '../store/store.ts';
import type { Subscription } from './subscription.ts';
import type { TailEntry } from './tail-frame.ts';

interface KnownStream {
  readonly tenant: string;
  readonly labels: Labels;
  /** Pipelines of the subscriptions that take this stream; made again when the subscriptions change. */
  targets: readonly (readonly [Subscription, StreamPipeline])[] | undefined;
}

export class TailMatcher {
  readonly #commits: CommitReader;
  readonly #onFailed: (id: number, reason: string) => void;
  readonly #streams = new Map<StreamId, KnownStream>();
  readonly #subscriptions = new Map<number, Subscription>();

  /** `onFailed`: a subscription's query cannot be applied to an entry; the subscription is removed. */
  constructor(commits: CommitReader, onFailed: (id: number, reason: string) => void) {
    this.#commits = commits;
    this.#onFailed = onFailed;
  }

  get tenants(): readonly string[] {
    return [...new Set([...this.#subscriptions.values()].map(({ tenant }) => tenant))];
  }

  subscription(id: number): Subscription | undefined {
    return this.#subscriptions.get(id);
  }

  add(subscription: Subscription): void {
    this.#subscriptions.set(subscription.id, subscription);
    this.#forgetTargets();
  }

  remove(id: number): void {
    this.#subscriptions.get(id)?.close();
    this.#subscriptions.delete(id);
    if (this.#subscriptions.size === 0) this.#streams.clear();
    this.#forgetTargets();
  }

  name(streams: readonly TailStream[]): void {
    for (const { id, tenant, labels } of streams)
      this.#streams.set(id, { tenant, labels, targets: undefined });
  }

  /** Streams that have gone from the store. */
  forget(ids: readonly StreamId[]): void {
    for (const id of ids) this.#streams.delete(id);
  }

  /** Hands the entries of a batch to the subscriptions. False when the batch was read too late and is lost. */
  batch(batch: CommittedBatch): boolean {
    const found = new Map<Subscription, TailEntry[]>();
    const failed = new Map<Subscription, string>();
    const whole = this.#commits.read(batch, (stream, entries) => {
      for (const [subscription, pipeline] of this.#targets(stream)) {
        let list = found.get(subscription);
        if (list === undefined) {
          list = [];
          found.set(subscription, list);
        }
        try {
          runPipeline(entries, pipeline, list);
        } catch (error) {
          if (!(error instanceof RegexWorkError)) throw error;
          failed.set(subscription, error.message);
        }
      }
      return true;
    });
    if (whole) for (const [subscription, entries] of found) subscription.add(entries);
    for (const [{ id }, reason] of failed) {
      this.remove(id);
      this.#onFailed(id, reason);
    }
    return whole;
  }

  #targets(id: StreamId): readonly (readonly [Subscription, StreamPipeline])[] {
    const stream = this.#streams.get(id);
    if (stream === undefined) return [];
    if (stream.targets === undefined) {
      const targets: [Subscription, StreamPipeline][] = [];
      for (const subscription of this.#subscriptions.values()) {
        if (subscription.tenant !== stream.tenant) continue;
        const pipeline = subscription.pipelineFor(stream.labels);
        if (pipeline !== undefined) targets.push([subscription, pipeline]);
      }
      stream.targets = targets;
    }
    return stream.targets;
  }

  #forgetTargets(): void {
    for (const stream of this.#streams.values()) stream.targets = undefined;
  }
}

function runPipeline(entries: StreamEntries, pipeline: StreamPipeline, out: TailEntry[]): void {
  const { bytes, metadataBytes } = entries;
  const input: PipelineInput = {
    timestampNs: 0n,
    bytes: Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength),
    lineStart: 0,
    lineEnd: 0,
    structuredMetadata: [],
    level: 0,
  };
  for (let i = 0; i < entries.count; i++) {
    input.timestampNs = entries.baseNs + BigInt(entries.offsetsNs[i] as number);
    input.lineStart = entries.lineStarts[i] as number;
    input.lineEnd = entries.lineEnds[i] as number;
    const start = entries.metadataStarts[i] as number;
    input.structuredMetadata = decodeMetadata(metadataBytes, start, entries.metadataEnds[i] as number);
    input.level = entries.level[i] as number;
    const output = pipeline.process(input);
    if (output === undefined) continue;
    out.push({ timestampNs: input.timestampNs, line: output.line, labels: output.labels });
  }
}
