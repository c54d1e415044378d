// Silences: alerts that nobody is told of for a time, as Alertmanager's API has them.
import { requestJson, send } from './requests.ts';

interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual?: boolean;
}

export interface Silence {
  readonly id: string;
  readonly status: { readonly state: 'active' | 'pending' | 'expired' };
  readonly matchers: readonly Matcher[];
  /** RFC 3339 */
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
}

/** Those that are not over. */
export async function readSilences(signal: AbortSignal): Promise<readonly Silence[]> {
  const found = (await requestJson('alertmanager/api/v2/silences', {}, signal)) as readonly Silence[];
  return found.filter(({ status }) => status.state !== 'expired');
}

export interface WantedSilence {
  readonly alertname: string;
  readonly forMs: number;
  readonly createdBy: string;
  readonly comment: string;
}

/** From now on. */
export async function silence({ alertname, forMs, createdBy, comment }: WantedSilence): Promise<void> {
  const nowMs = Date.now();
  const body = JSON.stringify({
    matchers: [{ name: 'alertname', value: alertname, isRegex: false, isEqual: true }],
    startsAt: new Date(nowMs).toISOString(),
    endsAt: new Date(nowMs + forMs).toISOString(),
    createdBy,
    comment,
  });
  const headers = { 'Content-Type': 'application/json' };
  await send('alertmanager/api/v2/silences', {}, { method: 'POST', headers, body });
}

export async function endSilence(id: string): Promise<void> {
  await send(`alertmanager/api/v2/silence/${encodeURIComponent(id)}`, {}, { method: 'DELETE' });
}

/** `alertname="X", app=~"a|b"` */
export const matchersText = ({ matchers }: Silence): string =>
  matchers
    .map(({ name, value, isRegex, isEqual = true }) => {
      const operator = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
      return `${name}${operator}${JSON.stringify(value)}`;
    })
    .join(', ');
