// RFC 3339 times as Go reads and prints them.
import { splitNs } from '../model/time.ts';

const pattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Unix seconds and nanoseconds (further digits are cut), or undefined when it is no such time. */
export function parseRfc3339(text: string): { seconds: number; nanos: number } | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match.map(Number) as number[];
  const fields = [year, month, day, hour, minute, second] as [number, number, number, number, number, number];
  const ms = Date.UTC(2000, fields[1] - 1, fields[2], fields[3], fields[4], fields[5]);
  const date = new Date(ms);
  date.setUTCFullYear(fields[0], fields[1] - 1, fields[2]);
  const same =
    date.getUTCMonth() === fields[1] - 1 &&
    date.getUTCDate() === fields[2] &&
    date.getUTCHours() === fields[3] &&
    date.getUTCMinutes() === fields[4] &&
    date.getUTCSeconds() === fields[5];
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (!same || offsetHours > 24 || offsetMinutes > 59) return undefined;
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHours * 3600 + offsetMinutes * 60);
  return {
    seconds: date.getTime() / 1000 - offset,
    nanos: Number((match[7] ?? '').slice(0, 9).padEnd(9, '0')),
  };
}

/** `2026-11-24T03:44:19Z`: without fraction. */
export function formatRfc3339(seconds: number): string {
  return `${isoSeconds(seconds)}Z`;
}

/** `2026-11-24T03:44:19.5Z`: trailing zeros of the fraction are cut; seconds that no date can hold as a number. */
export function formatRfc3339Nano(seconds: number, nanos: number): string {
  return Math.abs(seconds) > dateSecondsMax ? String(seconds) : `${isoSeconds(seconds)}${fractionOf(nanos)}Z`;
}

/** The same of Unix nanoseconds. */
export function formatRfc3339OfNs(timestampNs: bigint): string {
  const { seconds, nanos } = splitNs(timestampNs);
  return formatRfc3339Nano(seconds, nanos);
}

/** `2026-11-24 03:50:18.721149184 +0000 UTC`: as Go prints a time; trailing zeros of the fraction are cut. */
export function formatGoTime(seconds: number, nanos: number): string {
  return `${isoSeconds(seconds).replace('T', ' ')}${fractionOf(nanos)} +0000 UTC`;
}

/** The furthest instants that Date can hold. */
const dateSecondsMax = 8.64e12;

const fractionOf = (nanos: number): string =>
  nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;

function isoSeconds(seconds: number): string {
  const iso = new Date(seconds * 1000).toISOString();
  return iso.slice(0, iso.indexOf('.'));
}
