// The gateway in figures: what comes in, what is stored, how long it is kept and what that will take.
import { element } from '../dom/element.ts';
import { countOf, formatBytes, formatClock, formatCount, formatSpan } from '../format.ts';
import type { Status } from '../gateway/status.ts';
import { forecastText } from './disk-forecast.ts';

/** `before`: the status of a few seconds ago. */
export function headFigures(status: Status, before: Status | undefined): readonly HTMLElement[] {
  const rates = ratesOf(status, before);
  const troubled = status.collectors.filter(({ state }) => state === 'failed' || state === 'waiting');
  return [
    status.notReady === null ? undefined : element('span', { class: 'bad' }, status.notReady),
    rates === undefined ? undefined : element('span', {}, `${formatCount(rates.lines)} lines/s`),
    status.store === null ? undefined : element('span', {}, `${formatBytes(status.store.fileBytes)} on disk`),
    ...troubled.map(({ name, state }) => element('span', { class: 'bad' }, `${name} ${state}`)),
  ].filter((item) => item !== undefined);
}

type Tile = readonly [title: string, value: string, more: string];

export function gatewayTiles(status: Status, before: Status | undefined): HTMLElement {
  const { store, ingest, nowMs } = status;
  const rates = ratesOf(status, before);
  const tiles: readonly Tile[] = [
    [
      'Ingest',
      rates === undefined ? '…' : `${formatCount(rates.lines)} lines/s`,
      rates === undefined ? '' : `${formatBytes(rates.bytes)}/s`,
    ],
    [
      'Since start',
      countOf(ingest.lines, 'line'),
      ingest.discarded > 0 ? `${formatCount(ingest.discarded)} refused` : 'none refused',
    ],
    ['Running for', formatSpan(nowMs - status.startedMs), `version ${status.version}`],
    ...(store === null ? [] : storeTiles(store)),
    retentionTile(status),
    ['Disk ahead', ...forecastText(status)],
  ];
  return element(
    'dl',
    { class: 'tiles' },
    ...tiles.map(([title, value, more]) =>
      element(
        'div',
        {},
        element('dt', {}, title),
        element('dd', {}, value),
        element('dd', { class: 'more' }, more),
      ),
    ),
  );
}

interface Rates {
  readonly lines: number;
  readonly bytes: number;
}

/** Per second since the status before; undefined on the first and after a restart. */
function ratesOf(now: Status, before: Status | undefined): Rates | undefined {
  const seconds = before === undefined ? 0 : (now.nowMs - before.nowMs) / 1000;
  if (before === undefined || seconds <= 0 || now.startedMs !== before.startedMs) return undefined;
  const rate = (of: (ingest: Status['ingest']) => number): number =>
    Math.max(0, of(now.ingest) - of(before.ingest)) / seconds;
  return { lines: rate(({ lines }) => lines), bytes: rate(({ bytes }) => bytes) };
}

function storeTiles({
  fileBytes,
  rawBytes,
  streams,
  unsealedBytes,
}: NonNullable<Status['store']>): readonly Tile[] {
  const packed = rawBytes === 0 ? '' : `${formatBytes(rawBytes)} of lines packed`;
  const waiting = unsealedBytes === 0 ? '' : `${formatBytes(unsealedBytes)} safe, to be packed`;
  return [
    ['On disk', formatBytes(fileBytes), [packed, waiting].filter((text) => text !== '').join(', ')],
    ['Streams', formatCount(streams), 'sets of labels'],
  ];
}

function retentionTile({ retention }: Status): Tile {
  const { periodMs, nextRunMs, lastRunMs } = retention;
  if (periodMs === 0) return ['Kept', 'for ever', 'no retention is set'];
  const next = nextRunMs === null ? '' : `next run ${formatClock(nextRunMs, 'local')}`;
  const last = lastRunMs === null ? '' : `, last ${formatClock(lastRunMs, 'local')}`;
  return ['Kept', formatSpan(periodMs), next + last];
}
