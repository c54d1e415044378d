// /session: who asks, signing in (with a password or a token in the Authorization header), signing out. One segment below
// the prefix, so that its cookie is for the whole of it.
import { answering, type Call, type Gateway, jsonType, type Route } from '../server/api.ts';
import type { RouteParts } from '../server/server-parts.ts';

export function sessionRoutes(
  { settings }: Gateway,
  { authenticate, sessions }: RouteParts,
): readonly Route[] {
  const noStore = { 'Cache-Control': 'no-store' };
  const answer = async ({ request, method }: Call) => {
    if (method === 'DELETE')
      return { status: 204, headers: { ...noStore, 'Set-Cookie': sessions.close(request) } };
    const principal = await authenticate(request);
    const { name, scopes, tenants } = principal;
    const bySession = method === 'POST' || sessions.principalOf(request) === principal;
    const isKnown = settings.auth.credentials.length > 0;
    return {
      contentType: jsonType,
      headers: {
        ...noStore,
        ...(method === 'POST' && isKnown && { 'Set-Cookie': sessions.open(principal, request) }),
      },
      // `signedIn`: and can sign out.
      body: JSON.stringify({
        name,
        scopes,
        tenants,
        signedIn: isKnown && bySession,
        authEnabled: settings.authEnabled,
      }),
    };
  };
  return [
    {
      path: '/session',
      methods: { GET: 'any', POST: 'any', DELETE: 'open' },
      tenant: false,
      handle: answering(answer),
    },
  ];
}
