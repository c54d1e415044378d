// Choosing the time: presets, two moments, or typed words; local time or UTC.
import { button, byId, element } from '../dom/element.ts';
import { formatMoment } from '../format.ts';
import type { PageStore } from '../state.ts';
import { boundsOf, describeRange, presets } from './time-range.ts';
import { parseRange, type TimeRange } from './time-text.ts';

export function timePanel(store: PageStore, onRange: (range: TimeRange) => void): void {
  const panel = byId('time', HTMLElement);
  const typed = element('input', {
    id: 'time-text',
    placeholder: 'yesterday 14:00 to 15:30',
    'aria-describedby': 'time-hint',
    spellcheck: 'false',
    autocapitalize: 'off',
  });
  const hint = element('p', { id: 'time-hint', class: 'quiet' });
  const hintText =
    'Such as 90m · 2h ago · yesterday · monday 9:00 to 10:00 · 2026-11-30 14:00 · Unix times. One moment means: until now.';
  const take = (): void => {
    const range = parseRange(typed.value, Date.now(), store.get().display.zone === 'utc');
    typed.setAttribute('aria-invalid', String(range === undefined));
    hint.classList.toggle('bad', range === undefined);
    hint.textContent =
      range === undefined ? `That is no time that begins before it ends. ${hintText}` : hintText;
    if (range !== undefined) onRange(range);
  };
  typed.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    take();
  });
  const from = element('input', { type: 'datetime-local', step: 1 });
  const to = element('input', { type: 'datetime-local', step: 1 });
  const takeMoments = (): void => {
    const zone = store.get().display.zone === 'utc' ? 'Z' : '';
    const [fromMs, toMs] = [Date.parse(from.value + zone), Date.parse(to.value + zone)];
    if (fromMs < toMs) onRange({ kind: 'between', fromMs, toMs });
    else {
      hint.classList.add('bad');
      hint.textContent = 'The range must begin before it ends.';
    }
  };
  panel.replaceChildren(
    element(
      'div',
      { class: 'chips', role: 'group', 'aria-label': 'Ranges up to now' },
      ...presets.map(([, title, spanMs]) => button(title, () => onRange({ kind: 'last', spanMs }))),
    ),
    element(
      'div',
      { class: 'row wrap' },
      element('label', {}, 'Time in words ', typed),
      button('Take', take),
    ),
    hint,
    element(
      'div',
      { class: 'row wrap' },
      element('label', {}, 'From ', from),
      element('label', {}, 'to ', to),
      button('Show these', takeMoments),
    ),
  );
  hint.textContent = hintText;

  const toggle = byId('time-toggle', HTMLButtonElement);
  const show = (): void => {
    const { asked, display } = store.get();
    toggle.textContent = describeRange(asked.range, display.zone);
    const { fromMs, toMs } = boundsOf(asked.range, Date.now());
    from.value = formatMoment(fromMs, display.zone).replace(' ', 'T');
    to.value = formatMoment(toMs, display.zone).replace(' ', 'T');
  };
  store.watch(({ asked }) => asked.range, show);
  store.watch(({ display }) => display.zone, show);
}
