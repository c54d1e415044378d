// How large the store will be, and whether the disk holds it: from what came since the start, packed as what is stored.
import { formatBytes, formatSpan } from '../format.ts';
import type { Status } from '../gateway/status.ts';

const dayMs = 86_400_000;
/** Less tells nothing of a day. */
const observedMsMin = 3_600_000;
const storedBytesMin = 10 * 2 ** 20;
/** Further ahead nobody knows. */
const aheadDaysMax = 3650;

export interface DiskForecast {
  /** On disk, of one day. */
  readonly bytesPerDay: number;
  /** When as much goes as comes; undefined: it grows for ever. */
  readonly bytesAtEnd: number | undefined;
  /** Until the disk is full; undefined: it holds what is to come. */
  readonly fullInMs: number | undefined;
}

/** Undefined while too little is known. */
export function diskForecast({
  nowMs,
  startedMs,
  ingest,
  store,
  disk,
  retention,
}: Status): DiskForecast | undefined {
  const observedMs = nowMs - startedMs;
  if (store === null || disk === null || observedMs < observedMsMin || store.rawBytes < storedBytesMin)
    return undefined;
  const packed = store.fileBytes / store.rawBytes;
  const bytesPerDay = (ingest.bytes / observedMs) * dayMs * packed;
  const days = retention.periodMs / dayMs;
  const bytesAtEnd = days === 0 ? undefined : Math.max(store.fileBytes, bytesPerDay * days);
  const room = disk.freeBytes + store.fileBytes;
  const fills = bytesPerDay > 0 && (bytesAtEnd === undefined || bytesAtEnd > room);
  const fullInDays = fills ? disk.freeBytes / bytesPerDay : Number.POSITIVE_INFINITY;
  return {
    bytesPerDay,
    bytesAtEnd,
    fullInMs: fullInDays < aheadDaysMax ? fullInDays * dayMs : undefined,
  };
}

/** Figure and explanation. */
export function forecastText(status: Status): readonly [value: string, more: string] {
  const free = status.disk === null ? '' : `${formatBytes(status.disk.freeBytes)} free`;
  const forecast = diskForecast(status);
  if (forecast === undefined) return [free === '' ? '…' : free, 'a forecast comes with an hour of logs'];
  const { bytesPerDay, bytesAtEnd, fullInMs } = forecast;
  const rate = `${formatBytes(bytesPerDay)} a day, ${free}`;
  if (fullInMs !== undefined) return [`full in ${formatSpan(fullInMs)}`, rate];
  if (bytesAtEnd === undefined) return [`+ ${formatBytes(bytesPerDay * 30)} in 30 d`, rate];
  return [formatBytes(bytesAtEnd), `when ${formatSpan(status.retention.periodMs)} are kept: ${rate}`];
}
