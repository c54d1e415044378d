// State in one place: values are replaced, never changed, and views are told when the part that they show is another one.

export interface Store<S> {
  get(): S;
  set(part: Partial<S>): void;
  /** Runs now, and whenever what `select` gives is no longer the same. */
  watch<T>(select: (state: S) => T, show: (part: T) => void): void;
}

export function createStore<S extends object>(initial: S): Store<S> {
  let state = initial;
  const watchers = new Set<() => void>();
  return {
    get: () => state,
    set(part) {
      state = { ...state, ...part };
      for (const tell of watchers) tell();
    },
    watch(select, show) {
      let shown = select(state);
      watchers.add(() => {
        const now = select(state);
        if (Object.is(now, shown)) return;
        shown = now;
        show(now);
      });
      show(shown);
    },
  };
}
