// Which entries of a decoded push may be stored: labels, ages and sizes, in Loki's order and words. What passes is
// moved together in the columns, with its level filled in.
import { entryPartBytesMax } from '../store/store.ts';
import { type IngestLimits, lineBytesMax } from './limits.ts';
import { fillLineLevels } from './line-levels.ts';
import type { PushColumns } from './push-columns.ts';
import type { PushStream } from './push-stream.ts';
import type { Refusals } from './refusals.ts';
import { formatRfc3339 } from './rfc3339.ts';

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

/** Validates `columns` in place. `nowMs` is Unix time. */
export function validate(
  columns: PushColumns,
  limits: IngestLimits,
  nowMs: number,
  refusals: Refusals,
): ValidatedTotals {
  const { targets, seconds, lineStart, lineEnd, stream } = columns;
  const nowSeconds = nowMs / 1000;
  const oldest = limits.rejectOldSamples
    ? Math.max(oldestSeconds, nowSeconds - limits.rejectOldSamplesMaxAgeMs / 1000)
    : oldestSeconds;
  const newest = nowSeconds + limits.creationGracePeriodMs / 1000;
  const lineMax = lineBytesMax(limits);
  const check = new SlowChecks(columns, limits, refusals, oldest);
  let kept = 0;
  let lineBytes = 0;
  let metadataBytes = 0;
  let newestSeconds = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < columns.count; at++) {
    const target = targets[stream[at] as number] as PushStream;
    const time = seconds[at] as number;
    const length = (lineEnd[at] as number) - (lineStart[at] as number);
    const hasMetadata = columns.metadataEnd[at] !== columns.metadataStart[at];
    const unusual =
      target.refusal !== undefined || time < oldest || time > newest || length > lineMax || hasMetadata;
    if (unusual && !check.passes(at, target, time < oldest, time > newest, length > lineMax)) continue;
    if (kept !== at) columns.move(at, kept);
    // Read again: a check may have cut the line.
    lineBytes += (lineEnd[kept] as number) - (lineStart[kept] as number);
    metadataBytes += columns.metadataSizeBytes[kept] as number;
    if (time > newestSeconds) newestSeconds = time;
    kept++;
  }
  columns.count = kept;
  fillLineLevels(columns);
  return { entries: kept, lineBytes, metadataBytes, newestSeconds };
}

class SlowChecks {
  readonly #columns: PushColumns;
  readonly #limits: IngestLimits;
  readonly #refusals: Refusals;
  readonly #oldestSeconds: number;

  constructor(columns: PushColumns, limits: IngestLimits, refusals: Refusals, oldestSeconds: number) {
    this.#columns = columns;
    this.#limits = limits;
    this.#refusals = refusals;
    this.#oldestSeconds = oldestSeconds;
  }

  /** True when the entry may be stored; counts the refusal otherwise. May cut the line. */
  passes(at: number, target: PushStream, tooOld: boolean, tooNew: boolean, tooLong: boolean): boolean {
    const columns = this.#columns;
    const limits = this.#limits;
    const refusals = this.#refusals;
    const length = (columns.lineEnd[at] as number) - (columns.lineStart[at] as number);
    const metadataSize = columns.metadataSizeBytes[at] as number;
    const metadataPairs = columns.metadataPairs[at] as number;
    const bytes = length + metadataSize;
    const { refusal, text } = target;
    if (refusal !== undefined) {
      refusals.entry(refusal.reason, bytes, () => refusal.message);
      return false;
    }
    const seconds = columns.seconds[at] as number;
    if (tooOld) {
      refusals.entry('greater_than_max_sample_age', bytes, () => {
        const oldest = formatRfc3339(this.#oldestSeconds);
        return `entry for stream '${text}' has timestamp too old: ${formatRfc3339(seconds)}, oldest acceptable timestamp is: ${oldest}`;
      });
      return false;
    }
    if (tooNew) {
      refusals.entry(
        'too_far_in_future',
        bytes,
        () => `entry for stream '${text}' has timestamp too new: ${formatRfc3339(seconds)}`,
      );
      return false;
    }
    if (tooLong && !limits.maxLineSizeTruncate) {
      refusals.entry(
        'line_too_long',
        bytes,
        () =>
          `max entry size '${lineBytesMax(limits)}' bytes exceeded for stream '${text}' while adding an entry with length '${length}' bytes`,
      );
      return false;
    }
    if (tooLong) this.#truncate(at);
    const encodedSize = (columns.metadataEnd[at] as number) - (columns.metadataStart[at] as number);
    const fault = metadataFault({ pairs: metadataPairs, size: metadataSize, encodedSize }, limits);
    if (fault === undefined) return true;
    refusals.entry(fault.reason, bytes, () => `stream '${text}' ${fault.message}`);
    return false;
  }

  /** Cuts the line at a character's edge and writes the identifier over its end. */
  #truncate(at: number): void {
    const columns = this.#columns;
    const start = columns.lineStart[at] as number;
    const identifier = Buffer.from(this.#limits.maxLineSizeTruncateIdentifier);
    let end = start + Math.max(0, lineBytesMax(this.#limits) - identifier.length);
    while (end > start && ((columns.bytes[end] as number) & 0xc0) === 0x80) end--;
    columns.bytes.set(identifier, end);
    columns.lineEnd[at] = end + identifier.length;
  }
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
  const isWithinStore = encodedSize <= entryPartBytesMax;
  const sizeMax = isWithinStore ? limits.maxStructuredMetadataSizeBytes : entryPartBytesMax;
  const sizeBytes = isWithinStore ? size : encodedSize;
  if (sizeMax > 0 && sizeBytes > sizeMax) {
    return {
      reason: 'structured_metadata_too_large',
      message: `has structured metadata too large: '${sizeBytes}' bytes, limit: '${sizeMax}' bytes. Please see \`limits_config.max_structured_metadata_size\` ${contact} increase it`,
    };
  }
  const pairsMax = limits.maxStructuredMetadataEntriesCount;
  if (pairsMax > 0 && pairs > pairsMax) {
    return {
      reason: 'structured_metadata_too_many',
      message: `has too many structured metadata labels: '${pairs}', limit: '${pairsMax}'. Please see \`limits_config.max_structured_metadata_entries_count\` ${contact} increase it`,
    };
  }
  return undefined;
}
