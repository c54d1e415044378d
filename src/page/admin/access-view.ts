// Who may do what, and how much each tenant has sent.
import { element } from '../dom/element.ts';
import { quiet } from '../dom/filled.ts';
import { formatBytes, formatCount } from '../format.ts';
import { type Access, readAccess } from '../gateway/access.ts';

/** Tenants are only told of where they are kept apart. */
export async function accessView(authEnabled: boolean, signal: AbortSignal): Promise<readonly HTMLElement[]> {
  const { credentials, tenants } = await readAccess(signal);
  return [
    credentials.length === 0
      ? quiet('Anybody who reaches this gateway may do everything: auth.users and auth.tokens are empty.')
      : credentialTable(credentials),
    ...(authEnabled ? [tenantTable(tenants)] : []),
  ];
}

function credentialTable(credentials: Access['credentials']): HTMLElement {
  const rows = credentials.map(({ name, kind, scopes, tenants }) =>
    row(name, [kind, scopes.join(', '), tenants.length === 0 ? 'all' : tenants.join(', ')]),
  );
  return table('Users and tokens', ['Name', 'Kind', 'May', 'Tenants'], rows);
}

function tenantTable(tenants: Access['tenants']): HTMLElement {
  if (tenants.length === 0) return quiet('No lines have come since the start.');
  const rows = tenants.map(({ name, lines, bytes }) => row(name, [formatCount(lines), formatBytes(bytes)]));
  return table('Since the start', ['Tenant', 'Lines', 'Size'], rows);
}

const row = (name: string, cells: readonly string[]): HTMLElement =>
  element('tr', {}, element('th', { scope: 'row' }, name), ...cells.map((text) => element('td', {}, text)));

const table = (caption: string, titles: readonly string[], rows: readonly HTMLElement[]): HTMLElement =>
  element(
    'table',
    {},
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...titles.map((text) => element('th', { scope: 'col' }, text)))),
    element('tbody', {}, ...rows),
  );
