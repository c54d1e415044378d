// Asking again at an interval, while the page is visible and nothing is live.
import { byId, element } from './dom/element.ts';
import { remember, remembered } from './dom/remembered.ts';
import type { PageStore } from './state.ts';

const storedAs = 'skald-refresh';
const intervals = [
  ['', 'Refresh: off'],
  ['5', 'every 5 s'],
  ['15', 'every 15 s'],
  ['60', 'every minute'],
  ['300', 'every 5 min'],
] as const;

export function refreshField(store: PageStore, onRefresh: () => void): void {
  const field = byId('refresh', HTMLSelectElement);
  for (const [value, text] of intervals) field.append(element('option', { value }, text));
  field.value = intervals.find(([value]) => value === remembered(storedAs))?.[0] ?? '';
  let timer = 0;
  const start = (): void => {
    window.clearInterval(timer);
    if (field.value === '') return;
    timer = window.setInterval(() => {
      const { asked, outcome } = store.get();
      const idle = !asked.live && outcome.kind !== 'asking' && asked.range.kind === 'last';
      // Who reads further down, or has a line open, is not disturbed.
      const reading = window.scrollY > window.innerHeight || document.querySelector('.details') !== null;
      if (idle && !reading && !document.hidden) onRefresh();
    }, Number(field.value) * 1000);
  };
  field.addEventListener('change', () => {
    remember(storedAs, field.value);
    start();
  });
  start();
}
