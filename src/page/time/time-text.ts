// Times as people type them: `yesterday 14:00`, `2h ago`, `14:00 to 15:30`, `2026-11-30 08:15`.

/** A range as it is kept in links and asked for. */
export type TimeRange =
  /** Up to now: `1h`. */
  | { readonly kind: 'last'; readonly spanMs: number }
  | { readonly kind: 'between'; readonly fromMs: number; readonly toMs: number };

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const span = String.raw`(\d+(?:\.\d+)?)\s*(s|m|h|d|w)[a-z]*`;
const lastText = new RegExp(`^(?:(?:the )?(?:last|past)\\s+|now-|-)?${span}$`);
const agoText = new RegExp(`^(?:(?:now)?\\s*-\\s*${span}|${span}\\s+ago)$`);
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** A range of one or two moments. Undefined when it is not understood or begins after it ends. */
export function parseRange(text: string, nowMs: number, utc: boolean): TimeRange | undefined {
  const plain = text.trim().toLowerCase();
  const last = lastText.exec(plain);
  if (last !== null) return lastOf(spanMs(last[1], last[2]));
  if (/^(?:the )?last (?:hour|day|week|minute)$/.test(plain))
    return lastOf(unitMs[plain.replace(/^(?:the )?last /, '')[0] ?? ''] ?? 0);
  const day = dayRange(plain, nowMs, utc);
  if (day !== undefined) return day;
  const [from, to, ...more] = text.trim().split(/\s+(?:to|until|till|–|-)\s+|\s*\.\.\s*|\s*–\s*/i);
  if (from === undefined || more.length > 0) return undefined;
  const fromMs = parseMoment(from, nowMs, utc);
  if (fromMs === undefined) return undefined;
  // `yesterday 14:00 to 15:00`: the second is of the day of the first.
  const toMs = to === undefined ? nowMs : isClock(to) ? onDay(fromMs, to, utc) : parseMoment(to, nowMs, utc);
  return toMs === undefined || fromMs >= toMs ? undefined : { kind: 'between', fromMs, toMs };
}

const lastOf = (ms: number): TimeRange | undefined => (ms > 0 ? { kind: 'last', spanMs: ms } : undefined);

/** Whole days: `today`, `yesterday`, `2026-11-30`. */
function dayRange(plain: string, nowMs: number, utc: boolean): TimeRange | undefined {
  const isDay = plain === 'yesterday' || weekdays.includes(plain) || /^\d{4}-\d\d-\d\d$/.test(plain);
  const fromMs = isDay || plain === 'today' ? parseMoment(plain, nowMs, utc) : undefined;
  if (fromMs === undefined) return undefined;
  const at = new Date(fromMs);
  const toMs = utc
    ? fromMs + 86_400_000
    : new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1).getTime();
  return { kind: 'between', fromMs, toMs: plain === 'today' ? Math.max(nowMs, fromMs + 1) : toMs };
}

const spanMs = (count: string | undefined, unit: string | undefined): number =>
  Number(count) * (unitMs[unit ?? ''] ?? 0);

/** Unix ms. `utc`: clock times are UTC's, not the browser's. */
export function parseMoment(text: string, nowMs: number, utc: boolean): number | undefined {
  const plain = text.trim().toLowerCase();
  if (plain === 'now') return nowMs;
  const ago = agoText.exec(plain);
  if (ago !== null) return nowMs - spanMs(ago[1] ?? ago[3], ago[2] ?? ago[4]);
  if (/^\d{9,19}(?:\.\d+)?$/.test(plain)) return unixMs(plain);
  if (/^\d{4}-\d\d-\d\dt.*(?:z|[+-]\d\d:?\d\d)$/.test(plain)) return valid(Date.parse(text.trim()));
  const [, day = 'today', clock = '00:00'] =
    /^(?:(today|yesterday|[a-z]+day|\d{4}-\d\d-\d\d)(?:[ t]+|$))?(?:at )?(\d{1,2}:\d\d(?::\d\d(?:\.\d{1,3})?)?)?$/.exec(
      plain,
    ) ?? [undefined, ''];
  if (day === '' || plain === '') return undefined;
  const dayMs = dayStart(day, nowMs, utc);
  return dayMs === undefined ? undefined : onDay(dayMs, clock, utc);
}

const isClock = (text: string): boolean => /^\d{1,2}:\d\d/.test(text.trim());

/** Seconds, milliseconds, microseconds or nanoseconds, told by how many digits there are. */
function unixMs(digits: string): number {
  const whole = digits.split('.')[0] ?? '';
  const power = whole.length <= 11 ? 3 : whole.length <= 14 ? 0 : whole.length <= 17 ? -3 : -6;
  return Math.round(Number(digits) * 10 ** power);
}

function dayStart(day: string, nowMs: number, utc: boolean): number | undefined {
  const now = new Date(nowMs);
  const [year, month, date] = utc
    ? [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
    : [now.getFullYear(), now.getMonth(), now.getDate()];
  const at = (y: number, m: number, d: number): number =>
    utc ? Date.UTC(y, m, d) : new Date(y, m, d).getTime();
  if (day === 'today') return at(year, month, date);
  if (day === 'yesterday') return at(year, month, date - 1);
  const weekday = weekdays.indexOf(day);
  if (weekday >= 0) {
    const today = utc ? now.getUTCDay() : now.getDay();
    return at(year, month, date - ((today - weekday + 7) % 7 || 7));
  }
  const written = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day);
  if (written === null) return undefined;
  const [y, m, d] = written.slice(1).map(Number) as [number, number, number];
  const found = at(y, m - 1, d);
  const back = new Date(found);
  return (utc ? back.getUTCDate() : back.getDate()) === d ? found : undefined;
}

function onDay(dayMs: number, clock: string, utc: boolean): number | undefined {
  const [hours = 0, minutes = 0, seconds = 0] = clock.trim().split(':').map(Number);
  if (hours > 24 || minutes > 59 || seconds >= 60 || (hours === 24 && minutes + seconds > 0))
    return undefined;
  const at = new Date(dayMs);
  const ms = Math.round(seconds * 1000);
  return valid(
    utc
      ? Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), hours, minutes, 0, ms)
      : new Date(at.getFullYear(), at.getMonth(), at.getDate(), hours, minutes, 0, ms).getTime(),
  );
}

const valid = (ms: number): number | undefined => (Number.isFinite(ms) ? ms : undefined);
