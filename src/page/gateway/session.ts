// Who this browser is for the gateway. The gateway keeps that by a cookie; the page itself keeps neither password nor token.
import { requestJson, send } from './requests.ts';

export interface Session {
  /** '' where nobody is asked. */
  readonly name: string;
  readonly scopes: readonly string[];
  /** Those it is bound to; empty: any. */
  readonly tenants: readonly string[];
  /** By the cookie, so that signing out ends it. */
  readonly signedIn: boolean;
  /** Tenants are kept apart. */
  readonly authEnabled: boolean;
}

export type Credentials =
  | { readonly kind: 'password'; readonly name: string; readonly password: string }
  | { readonly kind: 'token'; readonly token: string };

/** Rejects with a GatewayError 401 for who has to sign in. */
export const readSession = async (): Promise<Session> => (await requestJson('session', {})) as Session;

/** Rejects with a GatewayError 401 when they are wrong. */
export async function signIn(credentials: Credentials): Promise<Session> {
  const Authorization =
    credentials.kind === 'token'
      ? `Bearer ${credentials.token}`
      : `Basic ${base64(`${credentials.name}:${credentials.password}`)}`;
  const response = await send('session', {}, { method: 'POST', headers: { Authorization } });
  return (await response.json()) as Session;
}

export async function signOut(): Promise<void> {
  await send('session', {}, { method: 'DELETE' });
}

/** Of UTF-8. */
const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
