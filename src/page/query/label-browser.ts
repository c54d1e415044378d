// The label browser: names, their values, and the selector they make.
import { button, element } from '../dom/element.ts';
import { readLabelNames, readLabelValues } from '../gateway/queries.ts';
import type { Span } from '../time/time-range.ts';
import { selectorOf } from './query-text.ts';

/** More values than this are not listed; a filter field finds the others. */
const shownMax = 300;
/** Fewer are seen at a glance. */
const filterableMin = 10;

export interface LabelBrowser {
  /** Reads the names of the range again. */
  open(): Promise<void>;
}

export interface LabelBrowserOptions {
  readonly panel: HTMLElement;
  readonly range: () => Span;
  /** A selector was put together. */
  readonly onSelector: (selector: string) => void;
  readonly onError: (message: string) => void;
}

export function labelBrowser(options: LabelBrowserOptions): LabelBrowser {
  const names = element('div', { class: 'chips', role: 'group', 'aria-label': 'Label names' });
  const values = element('div', { class: 'chips', role: 'group', 'aria-label': 'Values' });
  const filter = element('input', {
    type: 'search',
    placeholder: 'Find a value',
    'aria-label': 'Find a value',
  });
  const preview = element('code', { class: 'preview' }, '{}');
  const use = button('Use', () => options.onSelector(preview.textContent ?? ''), { class: 'primary' });
  const clear = button('Clear', () => {
    chosen.clear();
    showValues();
    showNames();
  });
  const foot = element('div', { class: 'row' }, preview, use, clear);
  options.panel.replaceChildren(names, filter, values, foot);

  const chosen = new Map<string, Set<string>>();
  let known: readonly string[] = [];
  let current: string | undefined;
  let currentValues: readonly string[] = [];

  const showNames = (): void => {
    const focused = names.contains(document.activeElement) ? current : undefined;
    names.replaceChildren(
      ...known.map((name) => {
        const count = chosen.get(name)?.size ?? 0;
        return button(count > 0 ? `${name} (${count})` : name, () => void choose(name), {
          'aria-pressed': String(name === current),
          'data-name': name,
        });
      }),
    );
    if (focused !== undefined)
      for (const item of names.children)
        if (item instanceof HTMLElement && item.dataset.name === focused) item.focus();
    const selector = selectorOf(chosen);
    preview.textContent = selector;
    use.disabled = selector === '{}';
  };
  const showValues = (): void => {
    const wanted = filter.value.toLowerCase();
    const found = currentValues.filter((value) => value.toLowerCase().includes(wanted));
    filter.hidden = currentValues.length < filterableMin;
    values.replaceChildren(
      ...found.slice(0, shownMax).map((value) => {
        const item = button(value === '' ? '""' : value, () => toggle(value, item), {
          'aria-pressed': String(chosen.get(current ?? '')?.has(value) ?? false),
        });
        return item;
      }),
      found.length > shownMax ? `and ${found.length - shownMax} more` : '',
    );
  };
  const toggle = (value: string, item: HTMLButtonElement): void => {
    if (current === undefined) return;
    const values = chosen.get(current) ?? new Set();
    chosen.set(current, values);
    if (!values.delete(value)) values.add(value);
    item.setAttribute('aria-pressed', String(values.has(value)));
    showNames();
  };
  const choose = async (name: string): Promise<void> => {
    current = name;
    try {
      currentValues = await readLabelValues(name, options.range());
    } catch (error) {
      currentValues = [];
      options.onError(error instanceof Error ? error.message : String(error));
    }
    filter.value = '';
    showNames();
    showValues();
  };
  filter.addEventListener('input', showValues);

  return {
    async open() {
      try {
        known = await readLabelNames(options.range());
      } catch (error) {
        options.onError(error instanceof Error ? error.message : String(error));
      }
      if (current === undefined && known[0] !== undefined)
        await choose(known.includes('service_name') ? 'service_name' : known[0]);
      showNames();
      showValues();
    },
  };
}
