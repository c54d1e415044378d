// One rule: the query behind it, its values over the range of the page against its bound, and its alerts.

import { barSeconds } from '../charts/histogram-data.ts';
import { showSeries } from '../charts/series-chart.ts';
import { button, element } from '../dom/element.ts';
import { filled } from '../dom/filled.ts';
import { queryRange } from '../gateway/queries.ts';
import { type RulePlace, readTransitions } from '../gateway/rule-history.ts';
import type { Rule } from '../gateway/rules.ts';
import { alertList } from '../overview/alert-list.ts';
import { problemOf } from '../problem.ts';
import type { PageStore } from '../state.ts';
import { describeRange, spanOf } from '../time/time-range.ts';
import { conditionOf } from './condition.ts';
import { silenceForm } from './silence-list.ts';
import { transitionTable } from './transition-table.ts';

export interface RuleTimelineOptions {
  readonly store: PageStore;
  readonly onQuery: (query: string) => void;
  readonly onSpan: (fromMs: number, toMs: number) => void;
}

export interface RuleTimeline {
  readonly view: HTMLElement;
  close(): void;
}

/** Changes of state shown; older ones have a longer story than a page. */
const transitionsMax = 30;

/** `onSilence`: one of its alerts was silenced. */
export function ruleTimeline(
  rule: Rule,
  place: RulePlace,
  { store, onQuery, onSpan }: RuleTimelineOptions,
  onSilence: () => void,
): RuleTimeline {
  const stop = new AbortController();
  const chart = element('section', { class: 'series', 'aria-label': `Values of ${rule.name}` });
  const said = element('p', { class: 'quiet', role: 'status' }, 'Asking …');
  const condition = conditionOf(rule.query);
  const { asked, display } = store.get();
  const history = element('div', {});
  let takeAway = (): void => {};

  const draw = async (): Promise<void> => {
    const span = spanOf(asked.range, Date.now());
    const stepSeconds = barSeconds(Number((span.endNs - span.startNs) / 1_000_000_000n));
    const query = condition?.measured ?? rule.query;
    const found = await queryRange({ ...span, query, stepSeconds, limit: 1 }, stop.signal);
    if (found.kind !== 'series' || found.series.length === 0) {
      said.textContent = `No values in this time (${describeRange(asked.range, display.zone)}).`;
      return;
    }
    said.textContent = describeRange(asked.range, display.zone) + boundText(rule, condition);
    const bound = condition?.bound;
    takeAway = showSeries(chart, { query, series: found.series, zone: display.zone, onSpan, bound });
  };
  void draw().catch((error: unknown) => {
    if (!stop.signal.aborted) said.textContent = problemOf(error).text;
  });

  if (rule.type === 'alerting')
    void filled(history, stop.signal, async () => {
      const span = spanOf(asked.range, Date.now());
      const found = await readTransitions(place, span, transitionsMax, stop.signal);
      return found.length === 0 ? [] : [transitionTable(found, display.zone)];
    });

  const view = element(
    'div',
    { class: 'rule' },
    element('code', { class: 'expression' }, rule.query),
    element(
      'div',
      { class: 'row wrap' },
      button('Run this query', () => onQuery(rule.query), { class: 'primary' }),
      condition === undefined ? undefined : button('Without the bound', () => onQuery(condition.measured)),
    ),
    (rule.lastError ?? '') === '' ? undefined : element('p', { class: 'bad' }, rule.lastError),
    said,
    chart,
    ...(rule.type === 'alerting' ? alertList(rule.alerts ?? [], display.zone) : []),
    rule.type === 'alerting' ? silenceForm(store, rule.name, onSilence) : undefined,
    history,
  );
  return {
    view,
    close() {
      stop.abort();
      takeAway();
    },
  };
}

function boundText(rule: Rule, condition: ReturnType<typeof conditionOf>): string {
  if (rule.type === 'recording') return '';
  const holds = rule.duration > 0 ? ` for ${rule.duration} s` : '';
  return condition === undefined
    ? `: fires where there are values${holds}.`
    : `: fires ${condition.operator} ${condition.bound}${holds}.`;
}
