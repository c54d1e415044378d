// What the lines of a query are made of: their patterns, and the values of their labels and fields, each with how often.
import { everything, logqlOf } from '../conversation/asked-query.ts';
import { button, byId, element } from '../dom/element.ts';
import { filled, quiet } from '../dom/filled.ts';
import {
  type DetectedField,
  type Pattern,
  queryInstant,
  readDetectedFields,
  readLabelNames,
  readPatterns,
} from '../gateway/queries.ts';
import { quoted, withoutComments } from '../query/query-scan.ts';
import { selectorIn, withLabelFilter, withMatcher, withParser } from '../query/query-text.ts';
import type { PageStore } from '../state.ts';
import { spanOf } from '../time/time-range.ts';
import { countRows } from './count-rows.ts';

const patternsMax = 20;
const valuesMax = 20;

export interface ExplorePanelOptions {
  readonly onQuery: (query: string) => void;
}

export function explorePanel(store: PageStore, { onQuery }: ExplorePanelOptions): { show(): void } {
  const panel = byId('explore', HTMLElement);
  const patterns = element('div', {});
  const names = element('div', { class: 'chips', role: 'group', 'aria-label': 'Labels and fields' });
  const values = element('div', {});
  panel.replaceChildren(
    element('div', {}, element('h2', {}, 'Labels and fields'), names, values),
    element('div', {}, element('h2', {}, 'Patterns of these streams'), patterns),
  );
  let asking = new AbortController();

  const show = (): void => {
    if (panel.hidden) return;
    asking.abort();
    asking = new AbortController();
    values.replaceChildren(element('p', { class: 'quiet' }, 'Choose one to see its values.'));
    void showPatterns(asking.signal);
    void showNames(asking.signal);
  };

  const showPatterns = (signal: AbortSignal): Promise<void> =>
    filled(patterns, signal, async () => {
      const { query, span } = present();
      const found = await readPatterns(selectorIn(query) ?? everything, span, signal);
      if (found.length === 0) return [quiet('No patterns: there are few lines, or none.')];
      return [patternTable(found.slice(0, patternsMax), (filter) => onQuery(`${query} ${filter}`))];
    });

  const showNames = (signal: AbortSignal): Promise<void> =>
    filled(names, signal, async () => {
      const { query, span } = present();
      const [labels, fields] = await Promise.all([
        readLabelNames(span, signal),
        readDetectedFields(query, span, signal),
      ]);
      const known = new Set(labels);
      const own = fields.filter(({ label }) => !known.has(label));
      return [
        ...labels.map((name) => chip(name, undefined)),
        ...own.map((field) => chip(field.label, field)),
      ];
    });

  const chip = (name: string, field: DetectedField | undefined): HTMLButtonElement => {
    const item = button(
      name,
      () => {
        for (const other of names.children) other.setAttribute('aria-pressed', String(other === item));
        void showValues(name, field, asking.signal);
      },
      { 'aria-pressed': 'false', title: field === undefined ? 'Label of streams' : `Field: ${field.type}` },
    );
    return item;
  };

  const showValues = (name: string, field: DetectedField | undefined, signal: AbortSignal): Promise<void> =>
    filled(values, signal, async () => {
      const { query, span } = present();
      const parser = field?.parsers?.find((one) => one === 'json' || one === 'logfmt');
      const parsed = parser === undefined ? query : withParser(query, parser);
      const seconds = Math.max(1, Number((span.endNs - span.startNs) / 1_000_000_000n));
      const counted = `topk(${valuesMax}, sum by (${name}) (count_over_time(${parsed} [${seconds}s])))`;
      const samples = await queryInstant(counted, span.endNs, signal);
      const rows = samples.map(({ labels, value }) => ({ text: labels[name] ?? '', count: value }));
      const filter = (operator: '=' | '!=') => (value: string) =>
        onQuery(
          field === undefined
            ? withMatcher(query, name, operator, value)
            : withLabelFilter(parsed, name, operator, value),
        );
      return [countRows(name, rows, { onOnly: filter('='), onWithout: filter('!=') })];
    });

  const present = () => {
    const { asked } = store.get();
    return { query: withoutComments(logqlOf(asked)), span: spanOf(asked.range, Date.now()) };
  };

  store.watch(({ asked }) => asked, show);
  return { show };
}

function patternTable(patterns: readonly Pattern[], onFilter: (filter: string) => void): HTMLElement {
  const rows = patterns.map(({ pattern, level, count }) => ({ text: pattern, count, level }));
  return countRows('Pattern', rows, {
    onOnly: (pattern) => onFilter(`|> ${quoted(pattern)}`),
    onWithout: (pattern) => onFilter(`!> ${quoted(pattern)}`),
  });
}
