// The gateway's state: a line of figures in the head, and a panel with collectors and retention.
import { element } from './element.ts';
import { formatBytes, formatClock, formatCount, formatSpan } from './format.ts';
import { readStatus, type Status } from './gateway.ts';

const refreshMs = 3000;

export interface StatusPanel {
  /** Asks at once. */
  refresh(): Promise<void>;
}

export interface StatusPanelOptions {
  readonly figures: HTMLElement;
  readonly panel: HTMLElement;
  readonly onStatus: (status: Status) => void;
}

/** Keeps asking while the page is visible. */
export function statusPanel({ figures, panel, onStatus }: StatusPanelOptions): StatusPanel {
  const dynamic = element('div', {});
  panel.prepend(dynamic);
  let before: Status | undefined;

  const refresh = async (): Promise<void> => {
    let status: Status;
    try {
      status = await readStatus();
    } catch (error) {
      before = undefined;
      figures.replaceChildren(
        element(
          'span',
          { class: 'bad' },
          `No status: ${error instanceof Error ? error.message : 'unreachable'}`,
        ),
      );
      return;
    }
    figures.replaceChildren(...figuresOf(status, before));
    dynamic.replaceChildren(tiles(status, before), collectorTable(status));
    before = status;
    onStatus(status);
  };
  window.setInterval(() => {
    if (!document.hidden) void refresh();
  }, refreshMs);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void refresh();
  });
  return { refresh };
}

interface Rates {
  readonly lines: number;
  readonly bytes: number;
}

/** Per second since the status before; undefined on the first and after a restart. */
function ratesOf(now: Status, before: Status | undefined): Rates | undefined {
  const seconds = before === undefined ? 0 : (now.nowMs - before.nowMs) / 1000;
  if (before === undefined || seconds <= 0 || now.startedMs !== before.startedMs) return undefined;
  return {
    lines: (now.ingest.lines - before.ingest.lines) / seconds,
    bytes: (now.ingest.bytes - before.ingest.bytes) / seconds,
  };
}

function figuresOf(status: Status, before: Status | undefined): readonly HTMLElement[] {
  const rates = ratesOf(status, before);
  const troubled = status.collectors.filter(({ state }) => state === 'failed' || state === 'waiting');
  return [
    status.notReady === null ? undefined : element('span', { class: 'bad' }, status.notReady),
    element('span', {}, rates === undefined ? '… lines/s' : `${formatCount(rates.lines)} lines/s`),
    status.store === null ? undefined : element('span', {}, `${formatBytes(status.store.fileBytes)} on disk`),
    ...troubled.map(({ name, state }) => element('span', { class: 'bad' }, `${name} ${state}`)),
  ].filter((item) => item !== undefined);
}

type Tile = readonly [title: string, value: string, more: string];

function storeTiles({
  fileBytes,
  rawBytes,
  streams,
  entries,
}: NonNullable<Status['store']>): readonly Tile[] {
  const ratio = rawBytes === 0 ? '' : `${formatBytes(rawBytes)} of lines in blocks`;
  return [
    ['On disk', formatBytes(fileBytes), ratio],
    ['Streams', formatCount(streams), `${formatCount(entries)} lines in blocks`],
  ];
}

function tiles(status: Status, before: Status | undefined): HTMLElement {
  const { store, retention, ingest, nowMs } = status;
  const rates = ratesOf(status, before);
  const kept =
    retention.periodMs === 0
      ? ['for ever', 'no retention']
      : [
          formatSpan(retention.periodMs),
          retention.nextRunMs === null
            ? ''
            : `next run ${formatClock(new Date(retention.nextRunMs))}${
                retention.lastRunMs === null ? '' : `, last ${formatClock(new Date(retention.lastRunMs))}`
              }`,
        ];
  const rows: readonly Tile[] = [
    [
      'Ingest',
      rates === undefined ? '…' : `${formatCount(rates.lines)} lines/s`,
      rates === undefined ? '' : `${formatBytes(Math.max(0, rates.bytes))}/s`,
    ],
    [
      'Since start',
      `${formatCount(ingest.lines)} lines`,
      ingest.discarded > 0 ? `${formatCount(ingest.discarded)} refused` : 'none refused',
    ],
    ...(store === null ? [] : storeTiles(store)),
    ['Kept', kept[0] ?? '', kept[1] ?? ''],
    ['Running for', formatSpan(nowMs - status.startedMs), `version ${status.version}`],
  ];
  return element(
    'dl',
    { class: 'tiles' },
    ...rows.map(([title, value, more]) =>
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

function collectorTable({ collectors }: Status): HTMLElement {
  const rows = collectors.map(({ name, state, hint, targets, entries }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      element('td', {}, element('span', { class: `state state-${state}` }, state)),
      element('td', { class: 'number' }, String(targets)),
      element('td', { class: 'number' }, formatCount(entries)),
      element('td', { class: 'hint' }, hint),
    ),
  );
  const head = ['Collector', 'State', 'Sources', 'Lines', ''].map((text, index) =>
    element('th', { scope: 'col', class: index === 2 || index === 3 ? 'number' : undefined }, text),
  );
  return element(
    'table',
    { class: 'collectors' },
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
}
