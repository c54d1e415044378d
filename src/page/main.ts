// The page: fields and buttons wired to queries, the list of lines, the live tail and the status.
import { readAddress, writeAddress } from './address.ts';
import { byId, element } from './element.ts';
import { formatCount } from './format.ts';
import { type Entry, queryRange, type RangeQuery, useTenant } from './gateway.ts';
import { barSeconds, showHistogram, volumeQuery } from './histogram.ts';
import { labelBrowser } from './label-browser.ts';
import { type LiveTail, liveTail } from './live-tail.ts';
import type { LineFilter } from './log-line.ts';
import { logList } from './log-list.ts';
import { withLabelFilter, withMatcher, withSelector } from './query-text.ts';
import { showSeries } from './series-chart.ts';
import { copyText, curlCommand, grafanaLink } from './share.ts';
import { statusPanel } from './status-panel.ts';
import { remember, remembered, themeButton } from './theme.ts';
import { timeRangeField } from './time-range.ts';

const everything = '{service_name=~".+"}';
const limits = ['100', '500', '1000', '5000'] as const;
/** Lines kept in the list while it is live. */
const liveLinesMax = 1000;
const liveHistoryLimit = 100;

const queryField = byId('query', HTMLInputElement);
const tenantField = byId('tenant', HTMLInputElement);
const limitField = byId('limit', HTMLSelectElement);
const liveButton = byId('live', HTMLButtonElement);
const olderButton = byId('older', HTMLButtonElement);
const message = byId('message', HTMLParagraphElement);
const figure = byId('histogram', HTMLElement);
const seriesSection = byId('series', HTMLElement);
const labelsPanel = byId('labels', HTMLElement);
const statusSection = byId('status', HTMLElement);

const range = timeRangeField(() => void run());
const list = logList(byId('lines', HTMLOListElement), { onFilter, onCopy: copy }, () => queryField.focus());
for (const value of limits) limitField.append(element('option', { value }, `${value} lines`));
themeButton(byId('theme', HTMLButtonElement));

const browser = labelBrowser({
  panel: labelsPanel,
  range: () => range.range(),
  onSelector(selector) {
    queryField.value = withSelector(queryField.value, selector);
    void run();
  },
  onError: (text) => say(text, true),
});

function say(text: string, bad = false): void {
  message.classList.toggle('bad', bad);
  message.replaceChildren(text);
}

function request(): RangeQuery | undefined {
  const span = range.range();
  if (span === undefined) return undefined;
  const stepSeconds = barSeconds(Number((span.endNs - span.startNs) / 1_000_000_000n));
  return { query: queryField.value.trim(), limit: Number(limitField.value), stepSeconds, ...span };
}

let running = new AbortController();
let shown: { readonly request: RangeQuery; oldest: Entry | undefined } | undefined;

async function run(): Promise<void> {
  stopLive();
  running.abort();
  running = new AbortController();
  const { signal } = running;
  if (queryField.value.trim() === '') queryField.value = everything;
  const asked = request();
  useTenant(tenantField.value.trim());
  writeAddress({
    query: queryField.value,
    range: range.text(),
    limit: limitField.value,
    tenant: tenantField.value.trim(),
  });
  if (asked === undefined) return say('The range must begin before it ends.', true);
  say('Asking …');
  document.body.classList.add('busy');
  try {
    const startMs = performance.now();
    const answer = await queryRange(asked, signal);
    const took = `${Math.round(performance.now() - startMs)} ms`;
    if (answer.kind === 'series') {
      showSeries(seriesSection, answer.series);
      showLines(asked, []);
      figure.hidden = true;
      say(`${answer.series.length} series in ${took}`);
      return;
    }
    showSeries(seriesSection, []);
    showLines(asked, answer.entries);
    say(
      answer.entries.length === 0
        ? `No lines in ${took}. A wider range or another selector may have some.`
        : `${formatCount(answer.entries.length)} lines in ${took}${atLimit(asked, answer.entries) ? ', more in the range' : ''}`,
    );
    await volume(asked, signal);
  } catch (error) {
    if (signal.aborted) return;
    say(error instanceof Error ? error.message : String(error), true);
  } finally {
    if (!signal.aborted) document.body.classList.remove('busy');
  }
}

const atLimit = ({ limit }: RangeQuery, entries: readonly Entry[]): boolean => entries.length >= limit;

function showLines(asked: RangeQuery, entries: readonly Entry[]): void {
  shown = { request: asked, oldest: entries.at(-1) };
  list.show(entries);
  olderButton.hidden = !atLimit(asked, entries);
}

async function volume(asked: RangeQuery, signal: AbortSignal): Promise<void> {
  const step = asked.stepSeconds;
  const stepNs = BigInt(step) * 1_000_000_000n;
  // Bars end at multiples of the step and count what is after their beginning.
  const firstNs = (asked.startNs / stepNs + 1n) * stepNs;
  const lastNs = ((asked.endNs - 1n) / stepNs + 1n) * stepNs;
  const answer = await queryRange(
    { query: volumeQuery(asked.query, step), startNs: firstNs, endNs: lastNs, limit: 1, stepSeconds: step },
    signal,
  );
  if (answer.kind !== 'series') return;
  const data = {
    series: answer.series,
    stepSeconds: step,
    firstSeconds: Number(firstNs / 1_000_000_000n),
    lastSeconds: Number(lastNs / 1_000_000_000n),
  };
  showHistogram(figure, data, (fromMs, toMs) => {
    range.set(`${fromMs}-${toMs}`);
    void run();
  });
}

async function older(): Promise<void> {
  const oldest = shown?.oldest;
  if (shown === undefined || oldest === undefined) return;
  olderButton.disabled = true;
  try {
    // Lines of the very same nanosecond may be left: they are asked for again and what is shown is left out.
    const endNs = BigInt(oldest.timestampNs) + 1n;
    const answer = await queryRange({ ...shown.request, endNs }, running.signal);
    if (answer.kind !== 'lines') return;
    const fresh = answer.entries.filter(
      (entry) => entry.timestampNs !== oldest.timestampNs || entry.line !== oldest.line,
    );
    list.append(fresh);
    shown.oldest = fresh.at(-1) ?? oldest;
    olderButton.hidden = !atLimit(shown.request, answer.entries) || fresh.length === 0;
  } catch (error) {
    if (!running.signal.aborted) say(error instanceof Error ? error.message : String(error), true);
  } finally {
    olderButton.disabled = false;
  }
}

let live: LiveTail | undefined;

function stopLive(): void {
  live?.stop();
  live = undefined;
  liveButton.setAttribute('aria-pressed', 'false');
}

function startLive(): void {
  running.abort();
  document.body.classList.remove('busy');
  if (queryField.value.trim() === '') queryField.value = everything;
  figure.hidden = true;
  showSeries(seriesSection, []);
  list.show([]);
  olderButton.hidden = true;
  liveButton.setAttribute('aria-pressed', 'true');
  let count = 0;
  let dropped = 0;
  const state = (text: string): void =>
    say(`${text}: ${formatCount(count)} lines${dropped > 0 ? `, ${formatCount(dropped)} left out` : ''}`);
  live = liveTail(queryField.value.trim(), liveHistoryLimit, {
    onEntries(entries) {
      count += entries.length;
      list.prepend(entries, liveLinesMax);
      state('Live');
    },
    onDropped(entries) {
      dropped += entries;
    },
    onState: state,
    onEnd(reason) {
      stopLive();
      say(reason, true);
    },
  });
}

function onFilter({ name, operator, value, stream }: LineFilter): void {
  const add = stream ? withMatcher : withLabelFilter;
  queryField.value = add(queryField.value, name, operator, value);
  void run();
}

function copy(text: string, what: string): void {
  void copyText(text).then((copied) => {
    if (copied) return say(`The ${what} is in the clipboard.`);
    message.classList.remove('bad');
    message.replaceChildren(element('code', { class: 'to-copy' }, text));
    return undefined;
  });
}

byId('ask', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  void run();
});
limitField.addEventListener('change', () => void run());
olderButton.addEventListener('click', () => void older());
liveButton.addEventListener('click', () => {
  if (live === undefined) startLive();
  else {
    stopLive();
    say('Stopped.');
  }
});

const grafanaUrl = element('input', {
  type: 'url',
  value: remembered('skald-grafana') || 'http://localhost:3000',
});
const grafanaUid = element('input', { value: remembered('skald-grafana-uid') || 'skald' });
statusSection.append(
  element(
    'p',
    { class: 'row wrap' },
    element('label', {}, 'Grafana at ', grafanaUrl),
    element('label', {}, 'with this data source’s uid ', grafanaUid),
  ),
);
grafanaUrl.addEventListener('change', () => remember('skald-grafana', grafanaUrl.value));
grafanaUid.addEventListener('change', () => remember('skald-grafana-uid', grafanaUid.value));
byId('copy-grafana', HTMLButtonElement).addEventListener('click', () => {
  const address = { url: grafanaUrl.value, dataSourceUid: grafanaUid.value };
  copy(grafanaLink(address, queryField.value.trim(), range.text()), 'Grafana link');
});
byId('copy-curl', HTMLButtonElement).addEventListener('click', () => {
  const asked = request();
  if (asked !== undefined) copy(curlCommand(asked, tenantField.value.trim()), 'curl command');
});

function disclosure(id: string, panel: HTMLElement, onOpen: () => void): void {
  const toggle = byId(id, HTMLButtonElement);
  toggle.addEventListener('click', () => {
    panel.hidden = !panel.hidden;
    toggle.setAttribute('aria-expanded', String(!panel.hidden));
    if (!panel.hidden) onOpen();
  });
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    panel.hidden = true;
    toggle.setAttribute('aria-expanded', 'false');
    toggle.focus();
  });
}
disclosure('labels-toggle', labelsPanel, () => void browser.open());

const status = statusPanel({
  figures: byId('figures', HTMLElement),
  panel: statusSection,
  onStatus({ authEnabled }) {
    byId('tenant-field', HTMLLabelElement).hidden = !authEnabled;
  },
});
disclosure('status-toggle', statusSection, () => void status.refresh());

document.addEventListener('keydown', (event) => {
  const target = event.target instanceof Element ? event.target : document.body;
  const typing = target.closest('input, select, textarea') !== null;
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    queryField.focus();
    queryField.select();
  }
});
queryField.addEventListener('keydown', (event) => {
  if (event.key === 'ArrowDown') {
    event.preventDefault();
    list.focusFirst();
  } else if (event.key === 'Escape') queryField.blur();
});

const asked = readAddress();
queryField.value = asked.query ?? everything;
range.set(asked.range ?? '');
limitField.value = limits.find((limit) => limit === asked.limit) ?? limits[0];
tenantField.value = asked.tenant ?? '';
useTenant(tenantField.value);
void status.refresh().then(run);
