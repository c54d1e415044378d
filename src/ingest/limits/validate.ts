// Which entries of a decoded push may be stored: labels, ages and sizes, in Loki's order and words. What passes is
// moved together in the columns, with its level filled in.

import { formatRfc3339 } from '../../go/rfc3339.ts';
import { entryPartBytesMax } from '../../store/store.ts';
import { fillLineLevels } from '../entries/line-levels.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import type { DiscardReason, PushStream } from '../entries/push-stream.ts';
import { type IngestLimits, lineBytesMax } from './limits.ts';
import { metadataBounds } from './metadata-bounds.ts';
import type { Refusals } from './refusals.ts';

/** What passed, for rates and metrics. */
export interface ValidatedTotals {
  readonly entries: number;
  readonly lineBytes: number;
  readonly metadataBytes: number;
  /** Unix seconds of the newest entry; -Infinity when there is none. */
  readonly newestSeconds: number;
}

/** Times that int64 nanoseconds can hold; older ones are too old whatever the limits. */
const oldestSeconds = -9_223_372_036;

/** Makes an entry fit instead of having it refused. */
export interface EntryMender {
  /** Changes entry `at` of the columns so that `reason` holds no more; false: it cannot. */
  mend(at: number, reason: DiscardReason): boolean;
}

/** Validates `columns` in place. `nowMs` is Unix time. What `mender` cannot mend is refused. */
export function validate(
  columns: PushColumns,
  limits: IngestLimits,
  nowMs: number,
  refusals: Refusals,
  mender?: EntryMender,
): ValidatedTotals {
  const { targets, seconds, lineStart, lineEnd, stream } = columns;
  const nowSeconds = nowMs / 1000;
  const oldest = limits.rejectOldSamples
    ? Math.max(oldestSeconds, nowSeconds - limits.rejectOldSamplesMaxAgeMs / 1000)
    : oldestSeconds;
  const newest = nowSeconds + limits.creationGracePeriodMs / 1000;
  const lineMax = lineBytesMax(limits);
  const bounds = metadataBounds(limits);
  const pairsMax = limits.allowStructuredMetadata ? bounds.pairsMax : 0;
  const check = new SlowChecks({
    columns,
    limits,
    refusals,
    oldestSeconds: oldest,
    newestSeconds: newest,
    mender,
  });
  let kept = 0;
  let lineBytes = 0;
  let metadataBytes = 0;
  let newestSeconds = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < columns.count; at++) {
    const target = targets[stream[at] as number] as PushStream;
    const time = seconds[at] as number;
    const length = (lineEnd[at] as number) - (lineStart[at] as number);
    const metadataFits =
      (columns.metadataPairs[at] as number) <= pairsMax &&
      (columns.metadataSizeBytes[at] as number) <= bounds.sizeBytesMax &&
      (columns.metadataEnd[at] as number) - (columns.metadataStart[at] as number) <= entryPartBytesMax;
    const unusual =
      target.refusal !== undefined || time < oldest || time > newest || length > lineMax || !metadataFits;
    if (unusual && !check.passes(at, target)) continue;
    if (kept !== at) columns.move(at, kept);
    // Read again: a check may have cut the line or set another time.
    lineBytes += (lineEnd[kept] as number) - (lineStart[kept] as number);
    metadataBytes += columns.metadataSizeBytes[kept] as number;
    newestSeconds = Math.max(newestSeconds, seconds[kept] as number);
    kept++;
  }
  columns.count = kept;
  fillLineLevels(columns, limits.discoverLoggerLevels);
  return { entries: kept, lineBytes, metadataBytes, newestSeconds };
}

interface SlowCheckOptions {
  readonly columns: PushColumns;
  readonly limits: IngestLimits;
  readonly refusals: Refusals;
  /** Of the times that are accepted. */
  readonly oldestSeconds: number;
  readonly newestSeconds: number;
  readonly mender: EntryMender | undefined;
}

interface Fault {
  readonly reason: DiscardReason;
  readonly message: () => string;
}

/** Mending one fault may bring another to light; more than this is a mender that does not. */
const mendedMax = 10;

class SlowChecks {
  readonly #options: SlowCheckOptions;

  constructor(options: SlowCheckOptions) {
    this.#options = options;
  }

  /** True when the entry may be stored; counts the refusal otherwise. May cut the line, and mend the entry. */
  passes(at: number, target: PushStream): boolean {
    const { mender, columns, refusals } = this.#options;
    const lengthSent = (columns.lineEnd[at] as number) - (columns.lineStart[at] as number);
    let fault = this.#fault(at, target);
    for (let mended = 0; fault !== undefined && mended < mendedMax; mended++) {
      if (mender?.mend(at, fault.reason) !== true) break;
      fault = this.#fault(at, target);
    }
    if (fault === undefined) return true;
    const { reason, message } = fault;
    refusals.entry(reason, lengthSent + (columns.metadataSizeBytes[at] as number), message);
    return false;
  }

  /** The first limit that the entry breaks. */
  #fault(at: number, stream: PushStream): Fault | undefined {
    const { refusal } = stream;
    const { columns, limits, mender, oldestSeconds, newestSeconds } = this.#options;
    if (refusal !== undefined) return { reason: refusal.reason, message: () => refusal.message };
    const seconds = columns.seconds[at] as number;
    if (seconds < oldestSeconds)
      return {
        reason: 'greater_than_max_sample_age',
        message: () =>
          `entry for stream '${stream.text}' has timestamp too old: ${formatRfc3339(seconds)}, oldest acceptable timestamp is: ${formatRfc3339(oldestSeconds)}`,
      };
    if (seconds > newestSeconds)
      return {
        reason: 'too_far_in_future',
        message: () => `entry for stream '${stream.text}' has timestamp too new: ${formatRfc3339(seconds)}`,
      };
    const length = (columns.lineEnd[at] as number) - (columns.lineStart[at] as number);
    const isTooLong = length > lineBytesMax(limits);
    if (isTooLong && (mender !== undefined || !limits.maxLineSizeTruncate))
      return {
        reason: 'line_too_long',
        message: () =>
          `max entry size '${lineBytesMax(limits)}' bytes exceeded for stream '${stream.text}' while adding an entry with length '${length}' bytes`,
      };
    if (isTooLong) cutLine(columns, at, limits);
    const size = {
      pairs: columns.metadataPairs[at] as number,
      size: columns.metadataSizeBytes[at] as number,
      encodedSize: (columns.metadataEnd[at] as number) - (columns.metadataStart[at] as number),
    };
    const fault = metadataFault(size, limits);
    return fault && { reason: fault.reason, message: () => `stream '${stream.text}' ${fault.message}` };
  }
}

/** Cuts the line at a character's edge to what is stored of it, and writes the limits' identifier over its end. */
export function cutLine(columns: PushColumns, at: number, limits: IngestLimits): void {
  const start = columns.lineStart[at] as number;
  const identifier = Buffer.from(limits.maxLineSizeTruncate ? limits.maxLineSizeTruncateIdentifier : '');
  let end = start + Math.max(0, lineBytesMax(limits) - identifier.length);
  while (end > start && ((columns.bytes[end] as number) & 0xc0) === 0x80) end--;
  columns.bytes.set(identifier, end);
  columns.lineEnd[at] = end + identifier.length;
}

/** Sizes in bytes. What was put in as detected_level counts in `encodedSize` alone. */
function metadataFault(
  {
    pairs,
    size,
    encodedSize,
  }: { readonly pairs: number; readonly size: number; readonly encodedSize: number },
  limits: IngestLimits,
):
  | {
      readonly reason:
        | 'disallowed_structured_metadata'
        | 'structured_metadata_too_large'
        | 'structured_metadata_too_many';
      readonly message: string;
    }
  | undefined {
  const contact = 'or contact your Loki administrator to';
  if (pairs > 0 && !limits.allowStructuredMetadata) {
    return {
      reason: 'disallowed_structured_metadata',
      message: `includes structured metadata, but this feature is disallowed. Please see \`limits_config.allow_structured_metadata\` ${contact} enable it`,
    };
  }
  const { sizeBytesMax: sizeMax, pairsMax } = metadataBounds(limits);
  const sizeBytes = encodedSize <= entryPartBytesMax ? size : encodedSize;
  if (sizeBytes > sizeMax) {
    return {
      reason: 'structured_metadata_too_large',
      message: `has structured metadata too large: '${sizeBytes}' bytes, limit: '${sizeMax}' bytes. Please see \`limits_config.max_structured_metadata_size\` ${contact} increase it`,
    };
  }
  if (pairs > pairsMax) {
    return {
      reason: 'structured_metadata_too_many',
      message: `has too many structured metadata labels: '${pairs}', limit: '${pairsMax}'. Please see \`limits_config.max_structured_metadata_entries_count\` ${contact} increase it`,
    };
  }
  return undefined;
}
