// The row that Tab and the arrow keys come to: one of the list at a time.
import type { LogRow } from './log-row.ts';
import type { VirtualList } from './virtual-list.ts';

const pageRows = 20;

export class RowFocus {
  readonly #list: VirtualList<LogRow>;
  #current: LogRow | undefined;

  constructor(list: VirtualList<LogRow>) {
    this.#list = list;
  }

  get current(): LogRow | undefined {
    return this.#current;
  }

  headOf(row: LogRow): HTMLElement | undefined {
    const head = this.#list.elementOf(row)?.querySelector('.head');
    return head instanceof HTMLElement ? head : undefined;
  }

  choose(row: LogRow | undefined): void {
    if (this.#current !== undefined) this.headOf(this.#current)?.setAttribute('tabindex', '-1');
    this.#current = row;
    if (row !== undefined) this.headOf(row)?.setAttribute('tabindex', '0');
  }

  focusAt(index: number): void {
    const row = this.#list.rows[index];
    if (row === undefined) return;
    this.choose(row);
    this.#list.reveal(index, 'nearest');
    this.headOf(row)?.focus({ preventScroll: true });
  }
}

/** Where a key leads from the row at `index`; -1: out of the list; undefined: it is no key for that. */
export function indexAfter(key: string, index: number, last: number): number | undefined {
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return Math.min(last, index + 1);
    case 'ArrowUp':
    case 'k':
      return index - 1;
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'PageDown':
      return Math.min(last, index + pageRows);
    case 'PageUp':
      return Math.max(0, index - pageRows);
    default:
      return undefined;
  }
}
