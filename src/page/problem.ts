// What went wrong, in words that say what to do next.
import { GatewayError, isStranger } from './gateway/requests.ts';

export interface Problem {
  readonly text: string;
  /** What helps; '' when the text says it. */
  readonly advice: string;
  /** Where in the query, from 0; undefined: not about a place. */
  readonly at?: { readonly line: number; readonly column: number };
  readonly kind: 'tenant' | 'stranger' | 'unreachable' | 'query' | 'other';
}

export function problemOf(error: unknown): Problem {
  const text = error instanceof Error ? error.message : String(error);
  if (!(error instanceof GatewayError)) return { text, advice: '', kind: 'other' };
  if (isStranger(error)) return { text, advice: 'Sign in.', kind: 'stranger' };
  if (error.status === 401)
    return {
      text: 'This gateway keeps the logs of several tenants apart.',
      advice: 'Type the name of yours into the field “Tenant” and press Enter.',
      kind: 'tenant',
    };
  const place = /parse error at line (\d+), col (\d+)/.exec(text);
  if (place !== null)
    return {
      text,
      advice: 'The place is marked in the query; ? shows how queries are written.',
      at: { line: Number(place[1]) - 1, column: Number(place[2]) - 1 },
      kind: 'query',
    };
  return { text, ...adviceFor(error.status) };
}

function adviceFor(status: number): Pick<Problem, 'advice' | 'kind'> {
  if (status === 0)
    return { advice: 'Is it running? This page asks again as soon as it answers.', kind: 'unreachable' };
  if (status === 403) return { advice: 'The account you signed in with may not do this.', kind: 'other' };
  if (status === 429) return { advice: 'Wait a moment, then run the query again.', kind: 'other' };
  if (status === 502 || status === 503)
    return {
      advice: 'The gateway, or a proxy before it, is busy or starting. Run the query again.',
      kind: 'other',
    };
  if (status === 504)
    return { advice: 'A shorter range or a narrower selector takes less time.', kind: 'other' };
  return { advice: '', kind: status === 400 ? 'query' : 'other' };
}
