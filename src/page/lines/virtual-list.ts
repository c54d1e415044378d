// A list of which only what is near the screen is in the document, so that 100,000 lines scroll as 100 do. Heights are
// measured when rows are drawn; what was not drawn yet is estimated. The page itself scrolls, not the list.

export interface VirtualRow {
  /** 0: not measured. */
  heightPx: number;
}

/** Drawn above and below the screen. */
const marginPx = 800;
const estimatePxAtFirst = 24;

export interface VirtualListOptions<R extends VirtualRow> {
  readonly list: HTMLElement;
  readonly draw: (row: R, index: number) => HTMLElement;
  /** The last row is near the screen. */
  readonly onNearEnd: () => void;
}

export class VirtualList<R extends VirtualRow> {
  readonly #options: VirtualListOptions<R>;
  readonly #list: HTMLElement;
  readonly #sizes: ResizeObserver;
  #rows: readonly R[] = [];
  /** Where each row begins, and where the last ends. */
  #tops = new Float64Array(1);
  #drawn = new Map<R, HTMLElement>();
  #rowsOf = new WeakMap<Element, R>();
  #estimatePx = estimatePxAtFirst;
  #widthPx = 0;
  #frame = 0;

  constructor(options: VirtualListOptions<R>) {
    this.#options = options;
    this.#list = options.list;
    this.#sizes = new ResizeObserver((sizes) => this.#onResize(sizes));
    this.#sizes.observe(this.#list);
    window.addEventListener('scroll', () => this.#soon(), { passive: true });
    window.addEventListener('resize', () => this.#soon());
  }

  get rows(): readonly R[] {
    return this.#rows;
  }

  /** In place of what was there. Rows that stay keep their place on the screen when `hold` is true. */
  setRows(rows: readonly R[], hold: boolean): void {
    const anchor = hold ? this.#anchor() : undefined;
    this.#rows = rows;
    this.#measureTops();
    this.#update(anchor);
  }

  /** Draws all rows again: how they look has changed, and so may their heights. */
  redraw(): void {
    const anchor = this.#anchor();
    for (const row of this.#rows) row.heightPx = 0;
    for (const drawn of this.#drawn.values()) this.#remove(drawn);
    this.#drawn.clear();
    this.#estimatePx = estimatePxAtFirst;
    this.#measureTops();
    this.#update(anchor);
  }

  /** Where the row is drawn now; undefined when it is far from the screen. */
  elementOf(row: R): HTMLElement | undefined {
    return this.#drawn.get(row);
  }

  rowOf(element: Element): R | undefined {
    return this.#rowsOf.get(element);
  }

  indexOf(row: R): number {
    return this.#rows.indexOf(row);
  }

  /** Brings the row on the screen and gives its element. */
  reveal(index: number, block: 'nearest' | 'center'): HTMLElement | undefined {
    const row = this.#rows[index];
    if (row === undefined) return undefined;
    if (!this.#drawn.has(row)) {
      const top = this.#list.getBoundingClientRect().top + window.scrollY + (this.#tops[index] ?? 0);
      window.scrollTo({ top: top - window.innerHeight / 2, behavior: 'instant' });
      this.#update();
    }
    const element = this.#drawn.get(row);
    element?.scrollIntoView({ block, behavior: 'instant' });
    this.#update();
    return element;
  }

  #soon(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#update();
    });
  }

  #onResize(sizes: readonly ResizeObserverEntry[]): void {
    const list = sizes.find(({ target }) => target === this.#list);
    if (list !== undefined && list.contentRect.width !== this.#widthPx) {
      this.#widthPx = list.contentRect.width;
      for (const row of this.#rows) if (!this.#drawn.has(row)) row.heightPx = 0;
    }
    this.#soon();
  }

  #measureTops(): void {
    const tops = new Float64Array(this.#rows.length + 1);
    let top = 0;
    for (const [index, row] of this.#rows.entries()) {
      tops[index] = top;
      top += row.heightPx === 0 ? this.#estimatePx : row.heightPx;
    }
    tops[this.#rows.length] = top;
    this.#tops = tops;
  }

  /** The first row whose end is below this place of the list. */
  #rowAt(px: number): number {
    let [low, high] = [0, Math.max(0, this.#rows.length - 1)];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#tops[middle + 1] ?? 0) > px) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The topmost row on the screen and where it is there; undefined while the list begins on the screen. */
  #anchor(): { readonly row: R; readonly topPx: number } | undefined {
    const listTop = this.#list.getBoundingClientRect().top;
    if (listTop >= 0) return undefined;
    const row = this.#rows[this.#rowAt(-listTop)];
    const element = row && this.#drawn.get(row);
    return row && element && { row, topPx: element.getBoundingClientRect().top };
  }

  #update(anchor = this.#anchor()): void {
    // Drawn rows may turn out higher or lower than estimated, which shows others: soon it stays the same.
    for (let round = 0; round < 4; round++) {
      this.#drawVisible();
      const changed = this.#measureDrawn();
      if (changed) this.#measureTops();
      this.#pad();
      this.#keep(anchor);
      if (!changed) break;
    }
    const listBottom = this.#list.getBoundingClientRect().bottom;
    if (this.#rows.length > 0 && listBottom < window.innerHeight + marginPx) this.#options.onNearEnd();
  }

  #keep(anchor: { readonly row: R; readonly topPx: number } | undefined): void {
    if (anchor === undefined) return;
    const drawn = this.#drawn.get(anchor.row);
    const listTop = this.#list.getBoundingClientRect().top;
    const index = drawn === undefined ? this.#rows.indexOf(anchor.row) : 0;
    if (index < 0) return;
    const topPx = drawn?.getBoundingClientRect().top ?? listTop + (this.#tops[index] ?? 0);
    if (Math.abs(topPx - anchor.topPx) > 0.5)
      window.scrollBy({ top: topPx - anchor.topPx, behavior: 'instant' });
  }

  #range(): readonly [first: number, end: number] {
    if (this.#rows.length === 0) return [0, 0];
    const top = -this.#list.getBoundingClientRect().top;
    return [this.#rowAt(top - marginPx), this.#rowAt(top + window.innerHeight + marginPx) + 1];
  }

  #drawVisible(): void {
    const [first, end] = this.#range();
    const wanted = new Set(this.#rows.slice(first, end));
    const focused = document.activeElement;
    for (const [row, element] of this.#drawn) {
      if (wanted.has(row)) continue;
      // The focus stays in the list, for keys to go on from.
      if (element.contains(focused)) this.#list.focus({ preventScroll: true });
      this.#remove(element);
      this.#drawn.delete(row);
    }
    let before: Element | null = null;
    for (let index = first; index < end; index++) {
      const row = this.#rows[index] as R;
      let element = this.#drawn.get(row);
      if (element === undefined) {
        element = this.#options.draw(row, index);
        this.#drawn.set(row, element);
        this.#rowsOf.set(element, row);
        this.#sizes.observe(element);
      }
      const follows: Element | null =
        before === null ? this.#list.firstElementChild : before.nextElementSibling;
      if (follows !== element) this.#list.insertBefore(element, follows);
      element.setAttribute('aria-setsize', String(this.#rows.length));
      element.setAttribute('aria-posinset', String(index + 1));
      before = element;
    }
    this.#pad();
  }

  #pad(): void {
    const [first = 0, end = 0] = this.#drawnRange();
    this.#list.style.paddingTop = `${this.#tops[first] ?? 0}px`;
    this.#list.style.paddingBottom = `${(this.#tops[this.#rows.length] ?? 0) - (this.#tops[end] ?? 0)}px`;
  }

  #drawnRange(): readonly number[] {
    const firstElement = this.#list.firstElementChild;
    const row = firstElement === null ? undefined : this.#rowsOf.get(firstElement);
    if (row === undefined) return [];
    const first = Number(firstElement?.getAttribute('aria-posinset')) - 1;
    return [first, first + this.#drawn.size];
  }

  /** True when a height was another one. */
  #measureDrawn(): boolean {
    let changed = false;
    let total = 0;
    for (const [row, element] of this.#drawn) {
      const { height } = element.getBoundingClientRect();
      total += height;
      if (height === 0 || Math.abs(height - row.heightPx) < 0.1) continue;
      row.heightPx = height;
      changed = true;
    }
    if (changed && this.#drawn.size > 0) this.#estimatePx = total / this.#drawn.size;
    return changed;
  }

  #remove(element: HTMLElement): void {
    this.#sizes.unobserve(element);
    element.remove();
  }
}
