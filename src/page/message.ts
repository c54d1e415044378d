// The line that says what came of a question: how much, how long it took, how words were read, what is wrong and what helps.
import { logqlOf } from './conversation/asked-query.ts';
import { button, byId, element } from './dom/element.ts';
import { countOf, formatCount } from './format.ts';
import type { Outcome, PageState, PageStore } from './state.ts';

export interface MessageActions {
  /** The LogQL that words stand for goes into the field. */
  readonly onLogql: (query: string) => void;
  readonly onPause: (paused: boolean) => void;
  readonly onWider: () => void;
}

export interface Message {
  /** In place of what is said, until the next answer. */
  say(text: string): void;
}

export function messageLine(store: PageStore, actions: MessageActions): Message {
  const line = byId('message', HTMLElement);
  const readAs = byId('read-as', HTMLElement);
  const controls = byId('message-controls', HTMLElement);
  const show = ({ outcome, entries, asked }: PageState): void => {
    document.body.classList.toggle('busy', outcome.kind === 'asking');
    const failed = outcome.kind === 'failed';
    line.classList.toggle('bad', failed && outcome.problem.kind !== 'tenant');
    // Said once, not at every frame of a live tail.
    const text = textOf(outcome, entries.length);
    if (line.textContent !== text) line.textContent = text;
    controls.replaceChildren(...controlsOf(outcome, entries.length, actions));
    const logql = logqlOf(asked);
    const words = asked.query.trim() !== '' && logql !== asked.query.trim() && !asked.query.includes('#');
    readAs.hidden = !words;
    if (words)
      readAs.replaceChildren(
        'Read as ',
        element('code', {}, logql),
        ' ',
        button('Edit as LogQL', () => actions.onLogql(logql), { class: 'plain' }),
      );
  };
  store.watch(
    (state) => state.outcome,
    () => show(store.get()),
  );
  store.watch(
    (state) => state.entries.length,
    () => show(store.get()),
  );
  store.watch(
    (state) => state.asked.query,
    () => show(store.get()),
  );
  return {
    say(text) {
      line.classList.remove('bad');
      line.textContent = text;
    },
  };
}

function textOf(outcome: Outcome, shown: number): string {
  switch (outcome.kind) {
    case 'nothing':
      return '';
    case 'asking':
      return 'Asking …';
    case 'lines': {
      const took = `in ${Math.round(outcome.tookMs)} ms`;
      const warnings = outcome.warnings.map((warning) => `\n${warning}`).join('');
      if (shown === 0)
        return `No lines ${took}. A longer range, fewer filters or another selector may have some.${warnings}`;
      return `${countOf(shown, 'line')} ${took}${outcome.more ? ', more in the range' : ''}${warnings}`;
    }
    case 'series': {
      const warnings = outcome.warnings.map((warning) => `\n${warning}`).join('');
      const count = outcome.series.length;
      if (count === 0) return `No series: nothing in the range matches.${warnings}`;
      return `${count} series in ${Math.round(outcome.tookMs)} ms${warnings}`;
    }
    case 'samples': {
      const warnings = outcome.warnings.map((warning) => `\n${warning}`).join('');
      const count = outcome.samples.length;
      if (count === 0) return `No values: nothing before the end of the range matches.${warnings}`;
      return `${countOf(count, 'value')} in ${Math.round(outcome.tookMs)} ms${warnings}`;
    }
    case 'live': {
      const { connected, received, dropped, perSecond, paused, waiting } = outcome;
      const state = paused ? 'Paused' : connected ? 'Live' : 'Live: connecting …';
      const parts = [
        `${state}: ${countOf(received, 'line')}`,
        `${formatCount(perSecond)}/s`,
        ...(waiting > 0 ? [`${formatCount(waiting)} waiting`] : []),
        ...(dropped > 0 ? [`${formatCount(dropped)} left out: more than this page can take`] : []),
      ];
      return parts.join(', ');
    }
    case 'stopped':
      return `Stopped after ${countOf(outcome.received, 'line')}.`;
    case 'failed': {
      const { text, advice } = outcome.problem;
      return advice === '' ? text : `${text.replace(/[.\s]*$/, '')}. ${advice}`;
    }
  }
}

function controlsOf(outcome: Outcome, shown: number, actions: MessageActions): readonly HTMLElement[] {
  if (outcome.kind === 'live') {
    const { paused, waiting } = outcome;
    const text = paused ? (waiting > 0 ? `Go on: ${formatCount(waiting)} new` : 'Go on') : 'Pause';
    return [button(text, () => actions.onPause(!paused), { 'aria-pressed': String(paused) })];
  }
  if (outcome.kind === 'lines' && shown === 0) return [button('Twice the range', actions.onWider)];
  return [];
}
