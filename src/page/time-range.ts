// The time range: a span up to now, or two moments.
import { byId, element } from './element.ts';
import { formatClock, formatDay } from './format.ts';

const spans = [
  ['5m', 'Last 5 minutes', 300],
  ['15m', 'Last 15 minutes', 900],
  ['1h', 'Last hour', 3600],
  ['3h', 'Last 3 hours', 10_800],
  ['6h', 'Last 6 hours', 21_600],
  ['24h', 'Last 24 hours', 86_400],
  ['2d', 'Last 2 days', 172_800],
  ['7d', 'Last 7 days', 604_800],
  ['30d', 'Last 30 days', 2_592_000],
] as const;
const fallbackSpan = '1h';
const custom = 'custom';

export interface TimeRange {
  readonly startNs: bigint;
  readonly endNs: bigint;
}

export interface TimeRangeField {
  /** The range as of now. Undefined when the two moments are missing or the wrong way round. */
  range(): TimeRange | undefined;
  /** "1h", or two Unix times in ms: "1700000000000-1700003600000". */
  text(): string;
  /** Takes what `text` gives; anything else is the last hour. */
  set(text: string): void;
  /** "Last hour" */
  describe(): string;
}

const msToNs = (ms: number): bigint => BigInt(Math.round(ms)) * 1_000_000n;

export function timeRangeField(onChange: () => void): TimeRangeField {
  const select = byId('range', HTMLSelectElement);
  const fields = byId('custom', HTMLSpanElement);
  const from = byId('from', HTMLInputElement);
  const to = byId('to', HTMLInputElement);
  for (const [value, text] of spans) select.append(element('option', { value }, text));
  select.append(element('option', { value: custom }, 'From … to …'));
  select.value = fallbackSpan;

  const moments = (): { readonly fromMs: number; readonly toMs: number } => ({
    fromMs: new Date(from.value).getTime(),
    toMs: new Date(to.value).getTime(),
  });
  const showMoments = (fromMs: number, toMs: number): void => {
    from.value = localInput(fromMs);
    to.value = localInput(toMs);
  };
  const spanMs = (): number => (spans.find(([name]) => name === select.value)?.[2] ?? 3600) * 1000;

  let lastSpanMs = spanMs();
  select.addEventListener('change', () => {
    fields.hidden = select.value !== custom;
    if (select.value !== custom) {
      lastSpanMs = spanMs();
      return onChange();
    }
    if (from.value === '') showMoments(Date.now() - lastSpanMs, Date.now());
    return from.focus();
  });
  for (const field of [from, to]) field.addEventListener('change', onChange);

  return {
    range() {
      if (select.value !== custom) {
        const nowMs = Date.now();
        return { startNs: msToNs(nowMs - spanMs()), endNs: msToNs(nowMs) };
      }
      const { fromMs, toMs } = moments();
      return fromMs < toMs ? { startNs: msToNs(fromMs), endNs: msToNs(toMs) } : undefined;
    },
    text() {
      if (select.value !== custom) return select.value;
      const { fromMs, toMs } = moments();
      return `${fromMs}-${toMs}`;
    },
    set(text) {
      const moment = /^(\d{1,15})-(\d{1,15})$/.exec(text);
      if (moment !== null) showMoments(Number(moment[1]), Number(moment[2]));
      const known = spans.some(([name]) => name === text);
      select.value = moment !== null ? custom : known ? text : fallbackSpan;
      fields.hidden = moment === null;
    },
    describe: () => select.selectedOptions[0]?.textContent ?? '',
  };
}

function localInput(ms: number): string {
  const at = new Date(ms);
  return `${formatDay(at)}T${formatClock(at)}`;
}
