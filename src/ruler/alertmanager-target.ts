// An Alertmanager as a target of the outbox.
import type { StoredPost } from '../store/rule-store.ts';
import { deliver } from './http-delivery.ts';
import type { OutboxTarget } from './outbox-sender.ts';
import type { AlertmanagerTarget } from './settings.ts';

export const alertmanagerTarget = (
  { url, authorization, tls }: AlertmanagerTarget,
  timeoutMs: number,
): OutboxTarget => ({
  name: url,
  kind: 'alerts',
  itemsOf: ({ body }) => (JSON.parse(body.toString()) as readonly unknown[]).length,
  send: ({ body, tenant }: StoredPost, signal) =>
    deliver(
      {
        url: alertsUrl(url),
        body: body.toString(),
        timeoutMs,
        ...(tls !== undefined && { tls }),
        headers: {
          'Content-Type': 'application/json',
          'X-Scope-OrgID': tenant,
          ...(authorization !== '' && { Authorization: authorization }),
        },
      },
      signal,
    ),
});

/** The path of the URL, if any, comes first. */
function alertsUrl(url: string): string {
  const at = new URL(url);
  at.pathname = `${at.pathname.replace(/\/$/, '')}/api/v2/alerts`;
  return at.href;
}
