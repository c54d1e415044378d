// The last gate before the store: active streams and the rate of each stream. Refusals here are for conditions that
// pass, so they answer 429, while the other streams of the push are stored.

import { formatDataSize } from '../../go/data-size.ts';
import { formatGoTime } from '../../go/rfc3339.ts';
import type { Labels } from '../../model/labels.ts';
import type { StreamId } from '../../store/store.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import type { PushStream } from '../entries/push-stream.ts';
import type { IngestLimits } from './limits.ts';
import { TokenBucket } from './rate-limiter.ts';
import type { Refusals } from './refusals.ts';

/** The part of the store's writer that admission needs. */
export interface StreamRegistry {
  stream(tenant: string, labels: Labels): StreamId;
  isActive(tenant: string, labels: Labels): boolean;
  activeStreams(tenant: string): number;
}

export interface StreamAdmission {
  /** Text of a 429; '' when every stream was let in. */
  readonly message: string;
}

/** Refused entries that a message lists. */
const listedMax = 10;
/** Streams that a message speaks of. */
const streamsListedMax = 10;
/** For so long an id is used without asking the store for it again; then the stream is an active one, too. */
const idTrustedMs = 60_000;

/** True: its id may be used without asking the store. */
export const isTrusted = ({ id, idAskedMs }: PushStream, nowMs: number): boolean =>
  id !== undefined && nowMs - idAskedMs <= idTrustedMs;

interface TargetTotals {
  entries: number;
  bytes: number;
}

/** Streams looked at between two yields: each may be a new one. */
const streamsPerTurn = 256;

/**
 * Looks at every target that has entries left, removes the entries of refused ones and fills `columns.streams`. Yields
 * after a bounded number of streams.
 */
export function* admitStreams(
  columns: PushColumns,
  limits: IngestLimits,
  registry: StreamRegistry,
  nowMs: number,
  refusals: Refusals,
): Generator<undefined, StreamAdmission> {
  const { targets } = columns;
  const totals = totalsOf(columns);
  const refused = new Set<number>();
  const messages: string[] = [];
  columns.streams = [];
  for (let target = 0; target < targets.length; target++) {
    if (target % streamsPerTurn === streamsPerTurn - 1) yield;
    const stream = targets[target] as PushStream;
    const { entries, bytes } = totals[target] as TargetTotals;
    columns.streams.push(0);
    if (entries === 0) continue;
    const isSurplus = target === columns.surplusTarget;
    const trusted = isTrusted(stream, nowMs);
    const isKnown = !isSurplus && (trusted || registry.isActive(stream.tenant, stream.labels));
    const message =
      isKnown || !(isSurplus || isFull(stream.tenant, limits, registry))
        ? rateRefusal(stream, bytes, limits, nowMs)
        : streamLimitRefusal(stream);
    if (message === undefined) {
      if (!trusted || stream.id === undefined) {
        stream.id = registry.stream(stream.tenant, stream.labels);
        stream.idAskedMs = nowMs;
      }
      columns.streams[target] = stream.id;
      continue;
    }
    refused.add(target);
    refusals.discard(message.reason, entries, bytes);
    if (messages.length < streamsListedMax) {
      messages.push(message.list ? listed(columns, target, entries, message.text) : message.text);
    }
  }
  if (refused.size > 0) removeTargets(columns, refused);
  return { message: messages.join('\n') };
}

interface Refused {
  readonly reason: 'stream_limit' | 'per_stream_rate_limit';
  readonly text: string;
  /** True: the text is a reason said of each entry. */
  readonly list: boolean;
}

const isFull = (tenant: string, limits: IngestLimits, registry: StreamRegistry): boolean =>
  limits.maxGlobalStreamsPerUser > 0 && registry.activeStreams(tenant) >= limits.maxGlobalStreamsPerUser;

const streamLimitRefusal = ({ tenant, text }: PushStream): Refused => ({
  reason: 'stream_limit',
  text: `maximum active stream limit exceeded when trying to create stream ${text}, reduce the number of active streams (reduce labels or reduce label values), or contact your Loki administrator to see if the limit can be increased, user: '${tenant}'`,
  list: false,
});

function rateRefusal(
  stream: PushStream,
  bytes: number,
  limits: IngestLimits,
  nowMs: number,
): Refused | undefined {
  const { text } = stream;
  const rate = limits.perStreamRateLimitBytes;
  if (rate <= 0) return undefined;
  const burst = limits.perStreamRateLimitBurstBytes;
  if (stream.rate === undefined || stream.rate.ratePerSecond !== rate || stream.rate.burst !== burst) {
    stream.rate = new TokenBucket({ ratePerSecond: rate, burst, nowMs });
  }
  if (stream.rate.take(bytes, nowMs)) return undefined;
  return {
    reason: 'per_stream_rate_limit',
    text: `Per stream rate limit exceeded (limit: ${formatDataSize(rate)}/sec) while attempting to ingest for stream '${text}' totaling ${formatDataSize(bytes)}, consider splitting a stream via additional labels or contact your Loki administrator to see if the limit can be increased`,
    list: true,
  };
}

function totalsOf(columns: PushColumns): TargetTotals[] {
  const totals = columns.targets.map(() => ({ entries: 0, bytes: 0 }));
  const { stream, lineStart, lineEnd } = columns;
  for (let at = 0; at < columns.count; at++) {
    const total = totals[stream[at] as number] as TargetTotals;
    total.entries++;
    total.bytes += (lineEnd[at] as number) - (lineStart[at] as number);
  }
  return totals;
}

function removeTargets(columns: PushColumns, refused: ReadonlySet<number>): void {
  let kept = 0;
  for (let at = 0; at < columns.count; at++) {
    if (refused.has(columns.stream[at] as number)) continue;
    if (kept !== at) columns.move(at, kept);
    kept++;
  }
  columns.count = kept;
}

function listed(columns: PushColumns, target: number, entries: number, reason: string): string {
  const lines: string[] = [];
  for (let at = 0; at < columns.count && lines.length < listedMax; at++) {
    if (columns.stream[at] !== target) continue;
    const time = formatGoTime(columns.seconds[at] as number, columns.nanos[at] as number);
    lines.push(`entry with timestamp ${time} ignored, reason: '${reason}',`);
  }
  const { tenant, text } = columns.targets[target] as PushStream;
  lines.push(`user '${tenant}', total ignored: ${entries} out of ${entries} for stream: ${text}`);
  return lines.join('\n');
}
