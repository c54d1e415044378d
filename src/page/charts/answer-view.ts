// What a metric query gave: series over the range as a chart, or samples of one moment as a table.
import { button, byId, element } from '../dom/element.ts';
import type { PageStore } from '../state.ts';
import { showSamples } from './samples-table.ts';
import { showSeries } from './series-chart.ts';

export interface AnswerActions {
  readonly onSpan: (fromMs: number, toMs: number) => void;
  /** The newest values only, or those of the whole range. */
  readonly onInstant: (instant: boolean) => void;
}

/** Returns what draws it again, in other colours. */
export function answerView(store: PageStore, { onSpan, onInstant }: AnswerActions): () => void {
  const section = byId('series', HTMLElement);
  let takeAway: (() => void) | undefined;
  const show = (): void => {
    const { outcome, display } = store.get();
    takeAway?.();
    takeAway = undefined;
    if (outcome.kind === 'series' && outcome.series.length > 0) {
      const { series, request } = outcome;
      const controls = [momentChoice(false, onInstant)];
      takeAway = showSeries(section, { query: request.query, series, zone: display.zone, onSpan, controls });
    }
    if (outcome.kind === 'samples' && outcome.samples.length > 0)
      takeAway = showSamples(section, outcome, [momentChoice(true, onInstant)]);
  };
  store.watch(
    ({ outcome }) => (outcome.kind === 'series' || outcome.kind === 'samples' ? outcome : undefined),
    show,
  );
  store.watch(({ display }) => display.zone, show);
  return show;
}

const momentChoice = (instant: boolean, onInstant: AnswerActions['onInstant']): HTMLElement =>
  element(
    'span',
    { class: 'choice', role: 'group', 'aria-label': 'Values' },
    button('over time', () => onInstant(false), { 'aria-pressed': String(!instant) }),
    button('newest', () => onInstant(true), {
      'aria-pressed': String(instant),
      title: 'An instant query at the end of the range, as a table',
    }),
  );
