// Who is signed in, in the head of the page, and the tenants that are theirs.
import { button, byId, element } from '../dom/element.ts';
import { signOut } from '../gateway/session.ts';
import type { PageStore, Visitor } from '../state.ts';

export const sessionOf = (visitor: Visitor) => (visitor.kind === 'known' ? visitor.session : undefined);

export function account(store: PageStore, say: (text: string) => void): void {
  const place = byId('account', HTMLElement);
  const tenantField = byId('tenant-field', HTMLElement);
  const tenants = byId('tenants', HTMLDataListElement);
  const leave = (): void => {
    void signOut().then(
      // Nothing of what was shown stays.
      () => location.reload(),
      () => say('The gateway did not answer: you are still signed in.'),
    );
  };
  store.watch(
    ({ visitor }) => sessionOf(visitor),
    (session) => {
      place.replaceChildren(
        ...(session === undefined || !session.signedIn
          ? []
          : [element('span', { class: 'quiet name' }, session.name), button('Sign out', leave)]),
      );
      if (session === undefined) return;
      byId('admin-toggle', HTMLElement).hidden = !session.scopes.includes('admin');
      tenantField.hidden = !session.authEnabled || session.tenants.length === 1;
      tenants.replaceChildren(...session.tenants.map((value) => element('option', { value })));
    },
  );
}
