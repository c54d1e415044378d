// Times as headers write them, in whatever order: `Nov 30 11:29:13`, `Nov  3 2026 11:29:13.306`, `2026 Nov 30
// 11:29:13`, `Nov 30 11:29:13 2026`, `30 Nov 11:29:13`, ISO 8601; Cisco's `*` and `.` before a clock that is not set or
// not in step. The parts are put in the order that the readers of times expect.

import { instantIn, isoTime, syslogTime } from '../../parse/timestamps.ts';
import type { HeaderContext } from './dialect.ts';

export interface HeaderTime {
  readonly ns: bigint;
  /** Offset just behind it. */
  readonly end: number;
}

const month = '(?<month>[A-Za-z]{3})';
const day = ' {1,2}(?<day>\\d{1,2})';
const clock = ' {1,2}(?<clock>\\d{1,2}:\\d\\d:\\d\\d)(?<fraction>[.,]\\d{1,9})?\\d*';
const zone = '(?<zone> ?[+-]\\d\\d:?\\d\\d| UTC| GMT|Z)?';

/** Year first, in the middle, last, or not at all; the day first. */
const orders = [
  new RegExp(`^(?<year>\\d{4}) {1,2}${month}${day}${clock}${zone}(?![\\w.])`),
  new RegExp(`^(?:[A-Z][a-z]{2} )?${month}${day}(?: {1,2}(?<year>\\d{4}))?${clock}${zone}(?![\\w.])`),
  new RegExp(`^(?<day>\\d{1,2})[ -]${month}(?:[ -](?<year>\\d{4}))?${clock}${zone}(?![\\w.])`),
];
const yearBehind = /^(?: [A-Z]{2,5})? (\d{4})(?=$|[\s:])/;
const timeCharsMax = 64;

/** Undefined when no time stands at `at`. */
export function headerTime(text: string, at: number, context: HeaderContext): HeaderTime | undefined {
  const start = text[at] === '*' || text[at] === '.' ? at + 1 : at;
  const iso = isoTime(text, start);
  if (iso) return { ns: iso.zoned ? iso.ns : instantIn(iso.ns, context.zone), end: iso.end };
  // What every order needs near its beginning, before an expression is asked.
  if (text[start + 2] !== ':' && !/^[A-Za-z\d]{1,4}[ -]/.test(text.slice(start, start + 5))) return undefined;
  const head = text.slice(start, start + timeCharsMax);
  for (const order of orders) {
    const match = order.exec(head);
    if (match?.groups) return ordered(match[0], match.groups, { head, start, context });
  }
  return undefined;
}

interface Place {
  readonly head: string;
  readonly start: number;
  readonly context: HeaderContext;
}

function ordered(
  whole: string,
  parts: { readonly [name: string]: string | undefined },
  { head, start, context }: Place,
): HeaderTime | undefined {
  const monthName = parts.month ?? '';
  const dayText = (parts.day ?? '').padStart(2, ' ');
  const clockText = (parts.clock ?? '').padStart(8, '0');
  const fractionText = parts.fraction ?? '';
  const late = parts.year === undefined ? yearBehind.exec(head.slice(whole.length)) : null;
  const year = parts.year ?? late?.[1];
  const end = start + whole.length + (late?.[0].length ?? 0);
  const eastern = (parts.zone ?? '').trim();
  const plain = syslogTime(`${monthName} ${dayText} ${clockText}`, context.nowNs);
  if (!plain) return undefined;
  const wallYear = year ?? String(new Date(plain.seconds * 1000).getUTCFullYear());
  const monthNumber = months.indexOf(monthName.toLowerCase()) + 1;
  const found = isoTime(
    `${wallYear}-${String(monthNumber).padStart(2, '0')}-${dayText.trim().padStart(2, '0')}T${clockText}` +
      `${fractionText}${zoneText(eastern)}`,
  );
  return found && { ns: found.zoned ? found.ns : instantIn(found.ns, context.zone), end };
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const zoneText = (written: string): string => (/^(UTC|GMT)$/.test(written) ? 'Z' : written);
