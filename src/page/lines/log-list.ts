// The list of lines: rows for the entries of the state, opening them, and moving through them by keys.
import { byId } from '../dom/element.ts';
import { type Entry, entryKey } from '../gateway/entry.ts';
import { filterTerms } from '../query/filter-terms.ts';
import type { PageStore } from '../state.ts';
import { type LineActions, lineDetails } from './line-details.ts';
import { drawRow, type LogRow } from './log-row.ts';
import { type CompilePattern, type FindMarks, marksFinder, needPatterns } from './marks.ts';
import { indexAfter, RowFocus } from './row-focus.ts';
import { VirtualList } from './virtual-list.ts';

/** Who is this near to the end of the page follows what comes. */
const nearEndPx = 40;

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
  const marking = lineMarks(() => virtual.redraw());
  let { display } = store.get();
  let linked = '';

  const virtual = new VirtualList<LogRow>({
    list,
    draw(row) {
      const isLinked = linked !== '' && entryKey(row.entry) === linked;
      const drawn = drawRow(row, { display, marks: marking.find, linked: isLinked });
      if (row === focus.current) drawn.querySelector('.head')?.setAttribute('tabindex', '0');
      return drawn;
    },
    onNearEnd: options.onNearEnd,
  });
  const focus = new RowFocus(virtual);
  const toggle = (row: LogRow, open = !row.open): void => {
    if (open === row.open) return;
    row.open = open;
    focus.headOf(row)?.setAttribute('aria-expanded', String(open));
    if (!open) row.details?.remove();
    row.details = open ? lineDetails(row.entry, options.actions) : undefined;
    if (row.details !== undefined) virtual.elementOf(row)?.append(row.details);
  };
  openByPointer(list, virtual, focus, toggle);
  moveByKeys(list, virtual, focus, { toggle, onLeave: options.onLeave, onCopy: options.actions.onCopy });

  const show = (entries: readonly Entry[]): void => {
    marking.of(options.query());
    const rows = entries.map((entry) => {
      const row = rowsOf.get(entry) ?? { entry, heightPx: 0, open: false, details: undefined };
      rowsOf.set(entry, row);
      return row;
    });
    if (display.oldestFirst) rows.reverse();
    const atEnd =
      display.oldestFirst &&
      store.get().asked.live &&
      window.innerHeight + window.scrollY >= document.body.scrollHeight - nearEndPx;
    if (focus.current === undefined || !rows.includes(focus.current)) focus.choose(rows[0]);
    virtual.setRows(rows, true);
    focus.choose(focus.current);
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
    focus.choose(row);
  };
  store.watch(({ entries }) => entries, show);
  store.watch(
    (state) => state.display,
    (next) => {
      const turned = next.oldestFirst !== display.oldestFirst;
      display = next;
      list.classList.toggle('nowrap', !next.wrap);
      list.classList.toggle('comfortable', !next.compact);
      if (turned) show(store.get().entries);
      virtual.redraw();
    },
  );
  return {
    focusFirst: () =>
      focus.focusAt(focus.current === undefined ? 0 : Math.max(0, virtual.indexOf(focus.current))),
  };
}

/** The marks of a query; `onMore` when an expression that had to be loaded first finds more. */
function lineMarks(onMore: () => void): { find: FindMarks; of(query: string): void } {
  let compile: CompilePattern | undefined;
  let marked: string | undefined;
  const marking = {
    find: (() => []) as FindMarks,
    of(query: string): void {
      if (query === marked) return;
      marked = query;
      const terms = filterTerms(query);
      marking.find = marksFinder(terms, compile);
      if (compile === undefined && needPatterns(terms)) void load(query);
    },
  };
  const load = async (query: string): Promise<void> => {
    // Where it does not come, lines are shown without these marks.
    compile = await import('./pattern-marks.ts').then(
      ({ compilePattern }) => compilePattern,
      () => undefined,
    );
    if (compile === undefined || marked !== query) return;
    marking.find = marksFinder(filterTerms(query), compile);
    onMore();
  };
  return marking;
}

type Toggle = (row: LogRow, open?: boolean) => void;

function openByPointer(
  list: HTMLElement,
  virtual: VirtualList<LogRow>,
  focus: RowFocus,
  toggle: Toggle,
): void {
  list.addEventListener('click', ({ target }) => {
    const found = rowAt(virtual, target);
    // A text that was just selected is to be copied, not closed.
    if (found === undefined || !found.inHead || document.getSelection()?.isCollapsed === false) return;
    focus.choose(found.row);
    toggle(found.row);
  });
}

interface KeyActions {
  readonly toggle: Toggle;
  readonly onLeave: () => void;
  readonly onCopy: LineActions['onCopy'];
}

function moveByKeys(
  list: HTMLElement,
  virtual: VirtualList<LogRow>,
  focus: RowFocus,
  { toggle, onLeave, onCopy }: KeyActions,
): void {
  const onKey = (key: string, row: LogRow, inHead: boolean): boolean => {
    const index = virtual.indexOf(row);
    if (key === 'Escape') {
      if (row.open) {
        toggle(row, false);
        focus.focusAt(index);
      } else onLeave();
      return true;
    }
    if (!inHead) return false;
    const next = indexAfter(key, index, virtual.rows.length - 1);
    if (next === -1) onLeave();
    else if (next !== undefined) focus.focusAt(next);
    else if (key === 'Enter' || key === ' ') toggle(row);
    else if (key === 'c') onCopy(row.entry.line, 'line');
    else return false;
    return true;
  };
  list.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const found = rowAt(virtual, event.target);
    const row = found?.row ?? focus.current;
    if (row !== undefined && onKey(event.key, row, found?.inHead ?? true)) event.preventDefault();
  });
}

function rowAt(
  virtual: VirtualList<LogRow>,
  target: EventTarget | null,
): { readonly row: LogRow; readonly inHead: boolean } | undefined {
  const at = target instanceof Element ? target : undefined;
  const item = at?.closest('.line');
  const row = item ? virtual.rowOf(item) : undefined;
  return row && { row, inHead: at?.closest('.head') !== null };
}
