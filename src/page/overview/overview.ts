// The first view: which services write and how much of it is errors, what is collected and what is not, disk and retention.
import { byId, element } from '../dom/element.ts';
import { readAlerts } from '../gateway/alerts.ts';
import { queryInstant } from '../gateway/queries.ts';
import { readStatus } from '../gateway/read-status.ts';
import { GatewayError, isStranger } from '../gateway/requests.ts';
import type { Status } from '../gateway/status.ts';
import type { PageStore } from '../state.ts';
import { boundsOf, describeRange } from '../time/time-range.ts';
import { alertList } from './alert-list.ts';
import { collectorTable } from './collector-table.ts';
import { gatewayTiles, headFigures } from './gateway-figures.ts';
import { serviceTable } from './service-table.ts';

const refreshMs = 3000;

export interface OverviewOptions {
  /** The rules behind the alerts are wanted. */
  readonly onAlerts: () => void;
  readonly onQuery: (query: string) => void;
  /** The gateway answers again after it did not. */
  readonly onBack: () => void;
}

/** Keeps the figures of the head up to date while the page is visible. */
export function overview(
  store: PageStore,
  { onAlerts, onQuery, onBack }: OverviewOptions,
): { show(): void; refresh(): Promise<void> } {
  const figures = byId('figures', HTMLElement);
  const panel = byId('overview', HTMLElement);
  const services = element('div', { class: 'services' });
  const alerts = element('div', { class: 'alerts' });
  const figuresAndCollectors = element('div', {});
  // On a phone the lines come first.
  const state = element(
    'details',
    { open: !window.matchMedia('(max-width: 48rem)').matches },
    element('summary', {}, 'What is collected, disk and retention'),
    figuresAndCollectors,
  );
  panel.prepend(alerts, services, state);
  let before: Status | undefined;
  let shown = '';

  const refresh = async (): Promise<void> => {
    try {
      const status = await readStatus();
      figures.replaceChildren(...headFigures(status, before));
      // Drawn anew only when something is another: a reader's selection and place stay.
      const drawn = JSON.stringify({ ...status, nowMs: 0 });
      if (drawn !== shown)
        figuresAndCollectors.replaceChildren(gatewayTiles(status, before), collectorTable(status.collectors));
      shown = drawn;
      before = status;
      store.set({ status });
      const { outcome } = store.get();
      if (outcome.kind === 'failed' && outcome.problem.kind === 'unreachable') onBack();
    } catch (error) {
      // Who may not see it is not asked to try for ever.
      if (error instanceof GatewayError && error.status === 403) window.clearInterval(timer);
      if (isStranger(error)) store.set({ visitor: { kind: 'stranger' } });
      before = undefined;
      figures.replaceChildren();
      store.set({ status: undefined });
    }
  };
  const refreshShown = (): void => {
    if (!document.hidden && store.get().visitor.kind !== 'stranger') void refresh();
  };
  const timer = window.setInterval(refreshShown, refreshMs);
  document.addEventListener('visibilitychange', refreshShown);

  let asking = new AbortController();
  const showServices = async (): Promise<void> => {
    asking.abort();
    asking = new AbortController();
    const { asked, display } = store.get();
    const { fromMs, toMs } = boundsOf(asked.range, Date.now());
    const seconds = Math.max(1, Math.round((toMs - fromMs) / 1000));
    const query = `sum by (service_name, detected_level) (count_over_time({service_name=~".+"}[${seconds}s]))`;
    try {
      const samples = await queryInstant(query, BigInt(Math.round(toMs)) * 1_000_000n, asking.signal);
      // Who may not see alerts, sees none.
      const active = await readAlerts(asking.signal).catch(() => []);
      alerts.replaceChildren(...alertList(active, display.zone, onAlerts));
      services.replaceChildren(serviceTable(samples, describeRange(asked.range, display.zone), onQuery));
    } catch {
      // The lines below say what is wrong.
      services.replaceChildren();
    }
  };
  const show = (): void => {
    if (panel.hidden) return;
    void showServices();
  };
  store.watch(({ asked }) => asked, show);
  return { show, refresh };
}
