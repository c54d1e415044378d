// The page: its parts put together, each a view of the one state.

import { type Asked, limits, nothingAsked } from './address.ts';
import { adminPanel } from './admin/admin-panel.ts';
import { answerView } from './charts/answer-view.ts';
import { volumeView } from './charts/volume-view.ts';
import { everything, logqlOf } from './conversation/asked-query.ts';
import { conversation } from './conversation/conversation.ts';
import { rememberDisplay, rememberedDisplay, withColumn } from './display.ts';
import { byId, element } from './dom/element.ts';
import { createPanels } from './dom/panels.ts';
import { createStore } from './dom/store.ts';
import { explorePanel } from './explore/explore-panel.ts';
import { readDetectedFields, readLabelNames, readLabelValues } from './gateway/queries.ts';
import { isStranger } from './gateway/requests.ts';
import { readSession, type Session } from './gateway/session.ts';
import { columnTitles } from './lines/column-titles.ts';
import { downloadPanel } from './lines/download-panel.ts';
import type { LineFilter } from './lines/line-details.ts';
import { logList } from './lines/log-list.ts';
import { messageLine } from './message.ts';
import { overview } from './overview/overview.ts';
import { guide } from './query/guide.ts';
import { labelBrowser } from './query/label-browser.ts';
import { queriesPanel } from './query/queries-panel.ts';
import { queryEditor } from './query/query-editor.ts';
import { withLabelFilter, withMatcher, withParser, withSelector } from './query/query-text.ts';
import { pastQueries } from './query/saved-queries.ts';
import { refreshField } from './refresh-field.ts';
import { rulesPanel } from './rules/rules-panel.ts';
import { share } from './share.ts';
import { shortcuts } from './shortcuts.ts';
import type { Display, PageState } from './state.ts';
import { themeButton } from './theme.ts';
import { timePanel } from './time/time-panel.ts';
import { moved, spanOf, zoomedOut } from './time/time-range.ts';
import { viewPanel } from './view-panel.ts';
import { account } from './visitor/account.ts';
import { signInForm } from './visitor/sign-in.ts';

const store = createStore<PageState>({
  visitor: { kind: 'unasked' },
  asked: nothingAsked,
  display: rememberedDisplay(),
  outcome: { kind: 'nothing' },
  entries: [],
  histogram: undefined,
  status: undefined,
});
const talk = conversation(store);
const range = () => spanOf(store.get().asked.range, Date.now());
const between = (fromMs: number, toMs: number) => ask({ range: { kind: 'between', fromMs, toMs } });

const editor = queryEditor(byId('query', HTMLElement), {
  onRun: () => ask({ live: false }),
  onDown: () => list.focusFirst(),
  onHistory(step) {
    const past = pastQueries();
    const at = past.indexOf(editor.text().trim()) - step;
    editor.setText(past[Math.min(past.length - 1, Math.max(0, at))] ?? editor.text());
  },
  completion: {
    labelNames: () => readLabelNames(range()),
    labelValues: (name, matchers) => readLabelValues(name, range(), matchers === '' ? '' : `{${matchers}}`),
    fields: async (selector) =>
      (await readDetectedFields(selector === '' ? everything : selector, range())).map(({ label }) => label),
  },
});

/** Asks what the fields hold, with the change. */
function ask(change: Partial<Asked> = {}): void {
  const tenant = byId('tenant', HTMLInputElement).value.trim();
  talk.ask({ query: editor.text().trim(), tenant, ...change });
}

const message = messageLine(store, {
  onLogql(query) {
    editor.setText(query);
    editor.focus();
  },
  onPause: (paused) => talk.pause(paused),
  onWider: () => ask({ range: zoomedOut(store.get().asked.range, Date.now()) }),
});
account(store, message.say);
signInForm(store, welcome);
const sharing = share(store, message.say);
const setDisplay = (display: Display): void => {
  rememberDisplay(display);
  store.set({ display });
};

const list = logList(store, {
  actions: {
    onFilter: filter,
    onColumn: (name) => setDisplay(withColumn(store.get().display, name)),
    onCopy: sharing.copy,
    onCopyLink: sharing.copyLineLink,
  },
  query: () => logqlOf(store.get().asked),
  onNearEnd: () => {
    if (!store.get().display.oldestFirst) void older();
  },
  onLeave: () => editor.focus(),
});

function filter({ name, operator, value, from }: LineFilter): void {
  const query = logqlOf(store.get().asked);
  const isMatcher = from === 'stream' && (operator === '=' || operator === '!=');
  const parsed = from === 'json' || from === 'logfmt' ? withParser(query, from) : query;
  ask({
    query: isMatcher
      ? withMatcher(query, name, operator, value)
      : withLabelFilter(parsed, name, operator, value),
  });
}

let loading = false;
async function older(): Promise<void> {
  if (loading) return;
  loading = true;
  await talk.older();
  loading = false;
}

const panels = createPanels();
const panel = (name: string, onOpen?: () => void) =>
  panels({ toggle: `${name}-toggle`, panel: name, ...(onOpen !== undefined && { onOpen }) });

const gateway = overview(store, {
  onAlerts: () => rulesList.open(),
  onQuery(query) {
    overviewPanel.close();
    ask({ query });
  },
  onBack: () => ask(),
});
const overviewPanel = panel('overview', gateway.show);
const timeChoice = panel('time');
timePanel(store, (chosen) => {
  timeChoice.close();
  ask({ range: chosen });
});
const labels = labelBrowser({
  panel: byId('labels', HTMLElement),
  range,
  onSelector: (selector) => ask({ query: withSelector(logqlOf({ query: editor.text() }), selector) }),
  onError: message.say,
});
panel('labels', () => void labels.open());
const showQuery = (query: string): void => ask({ query });
const rulesList = panel('rules', rulesPanel({ store, onQuery: showQuery, onSpan: between }).show);
panel('admin', adminPanel(store).show);
panel('explore', explorePanel(store, { onQuery: (query) => ask({ query }) }).show);
const queries = queriesPanel({
  current: editor.text,
  onRun: (query) => ask({ query }),
  say: message.say,
});
panel('queries', queries.show);
panel('view');
viewPanel(store, setDisplay);
columnTitles(store, (name) => setDisplay(withColumn(store.get().display, name)));
panel('share');
panel('download');
downloadPanel(store);
const help = guide((query) => ask({ query }));

const limitField = byId('limit', HTMLSelectElement);
for (const value of limits) limitField.append(element('option', { value }, `${value} lines`));
limitField.addEventListener('change', () => ask({ limit: Number(limitField.value) }));

const liveButton = byId('live', HTMLButtonElement);
const toggleLive = (): void => {
  if (store.get().asked.live) talk.stop();
  else ask({ live: true, range: store.get().asked.range });
};
const zoomOut = (): void => ask({ range: zoomedOut(store.get().asked.range, Date.now()) });
const move = (direction: -1 | 1) => (): void =>
  ask({ range: moved(store.get().asked.range, direction, Date.now()) });
liveButton.addEventListener('click', toggleLive);
byId('zoom-out', HTMLButtonElement).addEventListener('click', zoomOut);
byId('earlier', HTMLButtonElement).addEventListener('click', move(-1));
byId('later', HTMLButtonElement).addEventListener('click', move(1));
byId('guide-open', HTMLButtonElement).addEventListener('click', help.open);
byId('older', HTMLButtonElement).addEventListener('click', () => void older());
byId('skip', HTMLAnchorElement).addEventListener('click', (event) => {
  event.preventDefault();
  editor.focus();
});
byId('ask', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  ask({ live: false });
});
refreshField(store, () => ask());
shortcuts({
  '/': editor.focus,
  '?': help.open,
  l: toggleLive,
  p: () => {
    const { outcome } = store.get();
    if (outcome.kind === 'live') talk.pause(!outcome.paused);
  },
  z: zoomOut,
  o: () => byId('overview-toggle', HTMLButtonElement).click(),
  r: () => byId('rules-toggle', HTMLButtonElement).click(),
});

const toTop = byId('to-top', HTMLButtonElement);
toTop.addEventListener('click', () => window.scrollTo({ top: 0 }));
window.addEventListener('scroll', () => {
  toTop.hidden = window.scrollY < window.innerHeight;
});

store.watch(
  ({ asked }) => asked,
  (asked) => {
    editor.setText(asked.query);
    limitField.value = String(asked.limit);
    byId('tenant', HTMLInputElement).value = asked.tenant;
    liveButton.setAttribute('aria-pressed', String(asked.live));
  },
);
store.watch(
  ({ outcome }) => outcome,
  (outcome) => {
    const problem = outcome.kind === 'failed' ? outcome.problem : undefined;
    editor.markError(problem?.at);
    byId('older', HTMLButtonElement).hidden = !(outcome.kind === 'lines' && outcome.more);
    if (problem?.kind === 'stranger') store.set({ visitor: { kind: 'stranger' } });
    if (problem?.kind === 'tenant') {
      byId('tenant-field', HTMLElement).hidden = false;
      byId('tenant', HTMLInputElement).focus();
    }
  },
);

const redrawAnswer = answerView(store, { onSpan: between, onInstant: (instant) => ask({ instant }) });
volumeView(store, { onSpan: between, onQuery: (query) => ask({ query }) });
themeButton(byId('theme', HTMLButtonElement), redrawAnswer);

window.addEventListener('popstate', () => talk.askAddress());
window.addEventListener('hashchange', () => {
  // Going back is told twice; a link that was pasted only here.
  if (history.state === null) talk.askAddress();
});
if (location.hash === '') overviewPanel.open();
void begin();

/** Who asks first: a stranger is asked to sign in before anything is refused. */
async function begin(): Promise<void> {
  try {
    welcome(await readSession());
  } catch (error) {
    if (isStranger(error)) store.set({ visitor: { kind: 'stranger' } });
    // What else is wrong is said of the lines.
    else talk.askAddress();
  }
}

function welcome(session: Session): void {
  const { tenants } = session;
  store.set({ visitor: { kind: 'known', session } });
  talk.askAddress(tenants.length > 1 ? tenants[0] : undefined);
  void gateway.refresh();
}
