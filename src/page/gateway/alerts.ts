// Alerts of the gateway's rules that are pending or firing.
import type { Labels } from './entry.ts';
import { requestJson } from './requests.ts';

export interface Alert {
  readonly labels: Labels;
  readonly annotations?: Labels;
  /** "pending" or "firing". */
  readonly state: string;
  /** RFC 3339 */
  readonly activeAt?: string;
}

export async function readAlerts(signal: AbortSignal): Promise<readonly Alert[]> {
  const answer = await requestJson('prometheus/api/v1/alerts', {}, signal);
  return (answer as { readonly data?: { readonly alerts?: readonly Alert[] } }).data?.alerts ?? [];
}
