// The first view: which services write and how much of it is errors, what is collected and what is not, disk and retention.

import { levelOf } from '../charts/levels.ts';
import { button, byId, element } from '../dom/element.ts';
import { countOf, formatBytes, formatClock, formatCount, formatSpan } from '../format.ts';
import { readAlerts } from '../gateway/alerts.ts';
import { queryInstant, type Sample } from '../gateway/queries.ts';
import { GatewayError, isStranger } from '../gateway/requests.ts';
import { type CollectorStatus, readStatus, type Status } from '../gateway/status.ts';
import { quoted } from '../query/query-scan.ts';
import type { PageStore } from '../state.ts';
import { boundsOf, describeRange } from '../time/time-range.ts';
import { alertList } from './alert-list.ts';

const refreshMs = 3000;
const servicesMax = 12;

export interface OverviewOptions {
  readonly onQuery: (query: string) => void;
  /** The gateway answers again after it did not. */
  readonly onBack: () => void;
}

/** Keeps the figures of the head up to date while the page is visible. */
export function overview(
  store: PageStore,
  { onQuery, onBack }: OverviewOptions,
): { show(): void; refresh(): Promise<void> } {
  const figures = byId('figures', HTMLElement);
  const panel = byId('overview', HTMLElement);
  const services = element('div', { class: 'services' });
  const alerts = element('div', { class: 'alerts' });
  const figuresAndCollectors = element('div', {});
  // On a phone the lines come first.
  const state = element(
    'details',
    { open: !window.matchMedia('(max-width: 48rem)').matches },
    element('summary', {}, 'What is collected, disk and retention'),
    figuresAndCollectors,
  );
  panel.prepend(element('div', {}, alerts, services), state);
  let before: Status | undefined;
  let shown = '';

  const refresh = async (): Promise<void> => {
    try {
      const status = await readStatus();
      figures.replaceChildren(...figuresOf(status, before));
      // Drawn anew only when something is another: a reader's selection and place stay.
      const drawn = JSON.stringify({ ...status, nowMs: 0 });
      if (drawn !== shown)
        figuresAndCollectors.replaceChildren(tiles(status, before), collectorTable(status.collectors));
      shown = drawn;
      before = status;
      store.set({ status });
      const { outcome } = store.get();
      if (outcome.kind === 'failed' && outcome.problem.kind === 'unreachable') onBack();
    } catch (error) {
      // Who may not see it is not asked to try for ever.
      if (error instanceof GatewayError && error.status === 403) window.clearInterval(timer);
      if (isStranger(error)) store.set({ visitor: { kind: 'stranger' } });
      before = undefined;
      figures.replaceChildren();
      store.set({ status: undefined });
    }
  };
  const refreshShown = (): void => {
    if (!document.hidden && store.get().visitor.kind !== 'stranger') void refresh();
  };
  const timer = window.setInterval(refreshShown, refreshMs);
  document.addEventListener('visibilitychange', refreshShown);

  let asking = new AbortController();
  const showServices = async (): Promise<void> => {
    asking.abort();
    asking = new AbortController();
    const { asked, display } = store.get();
    const { fromMs, toMs } = boundsOf(asked.range, Date.now());
    const seconds = Math.max(1, Math.round((toMs - fromMs) / 1000));
    const query = `sum by (service_name, detected_level) (count_over_time({service_name=~".+"}[${seconds}s]))`;
    try {
      const samples = await queryInstant(query, BigInt(Math.round(toMs)) * 1_000_000n, asking.signal);
      // Who may not see alerts, sees none.
      const active = await readAlerts(asking.signal).catch(() => []);
      alerts.replaceChildren(...alertList(active, display.zone));
      services.replaceChildren(serviceTable(samples, describeRange(asked.range, display.zone), onQuery));
    } catch {
      // The lines below say what is wrong.
      services.replaceChildren();
    }
  };
  const show = (): void => {
    if (panel.hidden) return;
    void showServices();
  };
  store.watch(({ asked }) => asked, show);
  return { show, refresh };
}

interface Service {
  readonly name: string;
  total: number;
  errors: number;
  warnings: number;
}

function servicesOf(samples: readonly Sample[]): readonly Service[] {
  const services = new Map<string, Service>();
  for (const { labels, value } of samples) {
    const name = labels.service_name ?? '';
    const service = services.get(name) ?? { name, total: 0, errors: 0, warnings: 0 };
    services.set(name, service);
    const level = levelOf(labels.detected_level);
    service.total += value;
    if (level === 'error' || level === 'critical') service.errors += value;
    if (level === 'warn') service.warnings += value;
  }
  return [...services.values()].sort((a, b) => b.total - a.total);
}

function serviceTable(
  samples: readonly Sample[],
  range: string,
  onQuery: (query: string) => void,
): HTMLElement {
  const services = servicesOf(samples);
  if (services.length === 0)
    return element(
      'p',
      {},
      'Nothing has been written in this time. A longer range may show more; below is what is collected, and how to change that.',
    );
  const most = services[0]?.total ?? 1;
  const rows = services.slice(0, servicesMax).map(({ name, total, errors, warnings }) => {
    const selector = `{service_name=${quoted(name)}}`;
    const ofLevel = (count: number, level: string, filter: string) =>
      element(
        'td',
        { class: 'number' },
        count === 0
          ? '–'
          : button(formatCount(count), () => onQuery(`${selector} | detected_level=~"${filter}"`), {
              class: `plain level-${level}`,
              'aria-label': `${countOf(count, level)} of ${name}`,
            }),
      );
    const bar = element('i', { class: 'bar' });
    bar.style.width = `${Math.max(1, (total / most) * 100)}%`;
    return element(
      'tr',
      {},
      element(
        'th',
        { scope: 'row' },
        button(name, () => onQuery(selector), { class: 'plain' }),
      ),
      element('td', { class: 'number' }, formatCount(total)),
      ofLevel(errors, 'error', 'error|critical|fatal'),
      ofLevel(warnings, 'warn', 'warn'),
      element('td', { class: 'bars-cell', 'aria-hidden': 'true' }, bar),
    );
  });
  const titles = ['Service', 'Lines', 'Errors', 'Warnings'];
  const head = titles.map((text, index) =>
    element('th', { scope: 'col', class: index > 0 ? 'number' : undefined }, text),
  );
  const others = services.length - servicesMax;
  return element(
    'div',
    {},
    element(
      'table',
      {},
      element(
        'caption',
        {},
        `${range}${others > 0 ? `: the ${servicesMax} largest of ${services.length} services` : ''}`,
      ),
      element('thead', {}, element('tr', {}, ...head, element('td', {}))),
      element('tbody', {}, ...rows),
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

function tiles(status: Status, before: Status | undefined): HTMLElement {
  const { store, ingest, nowMs } = status;
  const rates = ratesOf(status, before);
  const rows: readonly Tile[] = [
    [
      'Ingest',
      rates === undefined ? '…' : `${formatCount(rates.lines)} lines/s`,
      rates === undefined ? '' : `${formatBytes(Math.max(0, rates.bytes))}/s`,
    ],
    [
      'Since start',
      countOf(ingest.lines, 'line'),
      ingest.discarded > 0 ? `${formatCount(ingest.discarded)} refused` : 'none refused',
    ],
    ...(store === null ? [] : storeTiles(store)),
    retentionTile(status),
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

function collectorTable(collectors: readonly CollectorStatus[]): HTMLElement {
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
  const head = ['Collector', 'State', 'Sources', 'Lines', 'What and why'].map((text, index) =>
    element('th', { scope: 'col', class: index === 2 || index === 3 ? 'number' : undefined }, text),
  );
  return element(
    'table',
    { class: 'collectors' },
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
}
