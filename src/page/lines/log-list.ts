// The list of lines: rows for the entries of the state, opening them, and moving through them by keys.
import { byId } from '../dom/element.ts';
import { type Entry, entryKey } from '../gateway/entry.ts';
import { filterTerms } from '../query/filter-terms.ts';
import type { Display, PageStore } from '../state.ts';
import { type LineActions, lineDetails } from './line-details.ts';
import { drawRow, type LogRow } from './log-row.ts';
import { type FindMarks, marksFinder } from './marks.ts';
import { VirtualList } from './virtual-list.ts';

export interface LogListOptions {
  readonly actions: LineActions;
  /** The LogQL whose terms are marked. */
  readonly query: () => string;
  readonly onNearEnd: () => void;
  /** The user goes back to the query. */
  readonly onLeave: () => void;
}

export interface LogList {
  focusFirst(): void;
}

export function logList(store: PageStore, options: LogListOptions): LogList {
  const list = byId('lines', HTMLOListElement);
  const rowsOf = new WeakMap<Entry, LogRow>();
  let display: Display = store.get().display;
  let marks: FindMarks = () => [];
  let markedQuery = '';
  let linked = '';
  /** The row that Tab and arrows come to. */
  let current: LogRow | undefined;

  const virtual = new VirtualList<LogRow>({
    list,
    draw(row) {
      const isLinked = linked !== '' && entryKey(row.entry) === linked;
      const drawn = drawRow(row, { display, marks, linked: isLinked });
      if (row === current) drawn.querySelector('.head')?.setAttribute('tabindex', '0');
      return drawn;
    },
    onNearEnd: options.onNearEnd,
  });

  const headOf = (row: LogRow): HTMLElement | undefined => {
    const head = virtual.elementOf(row)?.querySelector('.head');
    return head instanceof HTMLElement ? head : undefined;
  };
  const choose = (row: LogRow | undefined): void => {
    if (current !== undefined) headOf(current)?.setAttribute('tabindex', '-1');
    current = row;
    if (row !== undefined) headOf(row)?.setAttribute('tabindex', '0');
  };
  const focusAt = (index: number): void => {
    const row = virtual.rows[index];
    if (row === undefined) return;
    choose(row);
    virtual.reveal(index, 'nearest');
    headOf(row)?.focus({ preventScroll: true });
  };
  const toggle = (row: LogRow, open = !row.open): void => {
    if (open === row.open) return;
    row.open = open;
    const drawn = virtual.elementOf(row);
    headOf(row)?.setAttribute('aria-expanded', String(open));
    if (!open) row.details?.remove();
    row.details = open ? lineDetails(row.entry, options.actions) : undefined;
    if (row.details !== undefined) drawn?.append(row.details);
  };
  const rowAt = (
    target: EventTarget | null,
  ): { readonly row: LogRow; readonly inHead: boolean } | undefined => {
    const at = target instanceof Element ? target : undefined;
    const item = at?.closest('.line');
    const row = item ? virtual.rowOf(item) : undefined;
    return row && { row, inHead: at?.closest('.head') !== null };
  };

  list.addEventListener('click', ({ target }) => {
    const found = rowAt(target);
    // A text that was just selected is to be copied, not closed.
    if (found === undefined || !found.inHead || document.getSelection()?.isCollapsed === false) return;
    choose(found.row);
    toggle(found.row);
  });

  list.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const found = rowAt(event.target);
    const row = found?.row ?? current;
    if (row === undefined) return;
    const handled = onKey(event.key, row, found?.inHead ?? true);
    if (handled) event.preventDefault();
  });

  const onKey = (key: string, row: LogRow, inHead: boolean): boolean => {
    const index = virtual.indexOf(row);
    if (key === 'Escape') {
      if (row.open) {
        toggle(row, false);
        focusAt(index);
      } else options.onLeave();
      return true;
    }
    if (!inHead) return false;
    if (key === 'Enter' || key === ' ') toggle(row);
    else if (key === 'ArrowDown' || key === 'j') focusAt(index + 1);
    else if (key === 'ArrowUp' || key === 'k') {
      if (index > 0) focusAt(index - 1);
      else options.onLeave();
    } else if (key === 'Home') focusAt(0);
    else if (key === 'End') focusAt(virtual.rows.length - 1);
    else if (key === 'PageDown') focusAt(Math.min(virtual.rows.length - 1, index + 20));
    else if (key === 'PageUp') focusAt(Math.max(0, index - 20));
    else if (key === 'c') options.actions.onCopy(row.entry.line, 'line');
    else return false;
    return true;
  };

  let oldestFirst = display.oldestFirst;
  const show = (entries: readonly Entry[]): void => {
    const query = options.query();
    if (query !== markedQuery) {
      markedQuery = query;
      marks = marksFinder(filterTerms(query));
    }
    const rows = entries.map((entry) => {
      const known = rowsOf.get(entry);
      if (known !== undefined) return known;
      const row: LogRow = { entry, heightPx: 0, open: false, details: undefined };
      rowsOf.set(entry, row);
      return row;
    });
    if (oldestFirst) rows.reverse();
    const { live } = store.get().asked;
    const atEnd =
      oldestFirst && live && window.innerHeight + window.scrollY >= document.body.scrollHeight - 40;
    if (current === undefined || !rows.includes(current)) choose(rows[0]);
    virtual.setRows(rows, true);
    if (current !== undefined) choose(current);
    if (atEnd) window.scrollTo({ top: document.body.scrollHeight, behavior: 'instant' });
    showLinked();
  };
  const showLinked = (): void => {
    const { line } = store.get().asked;
    if (line === linked) return;
    linked = line;
    const index = virtual.rows.findIndex(({ entry }) => entryKey(entry) === line);
    const row = virtual.rows[index];
    if (row === undefined) return;
    toggle(row, true);
    virtual.redraw();
    virtual.reveal(index, 'center');
    choose(row);
  };

  store.watch(({ entries }) => entries, show);
  store.watch(
    (state) => state.display,
    (next) => {
      display = next;
      list.classList.toggle('nowrap', !next.wrap);
      list.classList.toggle('comfortable', !next.compact);
      list.style.setProperty('--columns', String(next.columns.length));
      if (next.oldestFirst !== oldestFirst) {
        oldestFirst = next.oldestFirst;
        show(store.get().entries);
      }
      virtual.redraw();
    },
  );

  return { focusFirst: () => focusAt(current === undefined ? 0 : Math.max(0, virtual.indexOf(current))) };
}
