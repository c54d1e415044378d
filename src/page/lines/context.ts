// What the same stream wrote before and after a line, more of it on demand.
import { button, element } from '../dom/element.ts';
import { formatTime } from '../format.ts';
import { type Entry, entryKey } from '../gateway/entry.ts';
import { queryLines } from '../gateway/queries.ts';
import { problemOf } from '../problem.ts';
import { streamSelector } from '../query/query-text.ts';
import { lineText } from './log-row.ts';

const linesAtOnce = 10;
/** How far away a neighbour may be. */
const spanNs = 7n * 86_400_000_000_000n;

/** Oldest first, as it was written. */
export function contextView(entry: Entry): HTMLElement {
  const query = streamSelector(entry.stream);
  const list = element('ol', { class: 'context', 'aria-label': 'Lines around it' }, drawn(entry, true));
  const note = element('p', { class: 'quiet', role: 'status' });
  const ends = { before: entry, after: entry };
  const known = new Set([entryKey(entry)]);

  const more = async (side: 'before' | 'after', control: HTMLButtonElement): Promise<void> => {
    const atNs = BigInt(ends[side].timestampNs);
    const span =
      side === 'before'
        ? { startNs: atNs - spanNs, endNs: atNs + 1n }
        : { startNs: atNs, endNs: atNs + spanNs };
    // One more than is shown, since the end itself comes again.
    const request = { query, ...span, limit: linesAtOnce + 1 };
    control.disabled = true;
    try {
      const found = await queryLines(request, undefined, side === 'before' ? 'backward' : 'forward');
      const fresh = found.filter((other) => !known.has(entryKey(other)));
      for (const other of fresh) known.add(entryKey(other));
      const oldestFirst = [...fresh].reverse();
      const lines = oldestFirst.map((other) => drawn(other, false));
      if (side === 'before') list.prepend(...lines);
      else list.append(...lines);
      ends[side] = (side === 'before' ? oldestFirst[0] : oldestFirst.at(-1)) ?? ends[side];
      control.disabled = found.length <= linesAtOnce;
      note.textContent = '';
    } catch (error) {
      control.disabled = false;
      note.textContent = problemOf(error).text;
    }
  };
  const before = button('Earlier', () => void more('before', before));
  const after = button('Later', () => void more('after', after));
  void more('before', before).then(() => more('after', after));
  return element(
    'div',
    {},
    element('p', { class: 'row' }, before),
    list,
    element('p', { class: 'row' }, after),
    note,
  );
}

const drawn = (entry: Entry, chosen: boolean): HTMLElement =>
  element(
    'li',
    chosen ? { class: 'chosen', 'aria-current': 'true' } : {},
    element('time', {}, formatTime(entry.timestampNs, 'local').slice(11)),
    lineText(entry.line, () => []),
  );
