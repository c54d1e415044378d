// The bars above the lines; their legend keeps levels in the query.
import { logqlOf } from '../conversation/asked-query.ts';
import { byId } from '../dom/element.ts';
import { levelsIn, withLevels } from '../query/query-text.ts';
import type { PageStore } from '../state.ts';
import { showHistogram } from './histogram.ts';

export interface VolumeActions {
  readonly onSpan: (fromMs: number, toMs: number) => void;
  readonly onQuery: (query: string) => void;
}

export function volumeView(store: PageStore, { onSpan, onQuery }: VolumeActions): void {
  const figure = byId('histogram', HTMLElement);
  const chosen = () => levelsIn(logqlOf(store.get().asked));
  const show = (): void => {
    const { histogram, display } = store.get();
    const how = { zone: display.zone, chosen: chosen() };
    showHistogram(figure, histogram, how, {
      onSpan,
      onLevel(level) {
        const before = chosen() ?? [];
        const others = before.filter((other) => other !== level);
        const levels = before.includes(level) ? others : [...others, level];
        onQuery(withLevels(logqlOf(store.get().asked), levels));
      },
    });
  };
  store.watch(({ histogram }) => histogram, show);
  store.watch(({ display }) => display.zone, show);
}
