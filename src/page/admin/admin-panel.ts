// For operators: deletions, how long lines are kept, who may do what. Each part fills itself, or says why it does not.
import { byId, element } from '../dom/element.ts';
import { filled } from '../dom/filled.ts';
import { GatewayError } from '../gateway/requests.ts';
import type { PageStore } from '../state.ts';
import { sessionOf } from '../visitor/account.ts';
import { accessView } from './access-view.ts';
import { deletionsView } from './deletions-view.ts';
import { retentionView } from './retention-view.ts';

export function adminPanel(store: PageStore): { show(): void } {
  const panel = byId('admin', HTMLElement);
  const deletions = deletionsView(store);
  const retention = element('div', {});
  const access = element('div', {});
  const accessPart = element(
    'section',
    { class: 'wide' },
    element('h2', {}, 'Users, tokens, tenants'),
    access,
  );
  panel.replaceChildren(
    element('section', {}, element('h2', {}, 'Delete lines'), deletions.view),
    element('section', {}, element('h2', {}, 'How long lines are kept'), retention),
    accessPart,
  );
  let asking = new AbortController();
  const show = (): void => {
    if (panel.hidden) return;
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    void deletions.refresh(signal);
    void filled(retention, signal, () => retentionView(signal));
    accessPart.hidden = false;
    void filled(access, signal, async () => {
      try {
        return await accessView(sessionOf(store.get().visitor)?.authEnabled ?? false, signal);
      } catch (error) {
        // Who is bound to tenants has no business with all of them.
        if (error instanceof GatewayError && error.status === 403) accessPart.hidden = true;
        throw error;
      }
    });
  };
  store.watch(({ asked }) => asked, show);
  return { show };
}
