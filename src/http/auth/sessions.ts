// Who has signed in on the page: a cookie instead of credentials that the page would have to keep. Sessions live in memory
// and end with the gateway, as do changes of who may do what, which need a start, too.
import { createHash, randomBytes } from 'node:crypto';
import { parseOrigin } from '../server/cross-site.ts';
import type { RequestHead } from '../server/request-head.ts';
import type { Principal } from './authenticate.ts';

const sessionMs = 7 * 86_400_000;
/** Of one credential; a further one ends its oldest. */
const sessionsPerPrincipalMax = 32;
const idBytes = 32;

interface Session {
  readonly principal: Principal;
  readonly untilMs: number;
}

export class Sessions {
  /** By the hash of what the cookie holds, the oldest first. */
  readonly #sessions = new Map<string, Session>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** The cookie that signs the principal in, for `Set-Cookie`. */
  open(principal: Principal, request: RequestHead): string {
    this.#makeRoom(principal);
    const id = randomBytes(idBytes).toString('base64url');
    this.#sessions.set(keyOf(id), { principal, untilMs: this.#nowMs() + sessionMs });
    return cookieText(request, id, sessionMs / 1000);
  }

  /** Undefined when the request has no cookie of a session that is not over. */
  principalOf(request: RequestHead): Principal | undefined {
    const session = this.#sessions.get(keyOf(cookieValue(request)));
    return session !== undefined && session.untilMs > this.#nowMs() ? session.principal : undefined;
  }

  /** Ends the request's session. The cookie that takes the place of its own, for `Set-Cookie`. */
  close(request: RequestHead): string {
    this.#sessions.delete(keyOf(cookieValue(request)));
    return cookieText(request, '', 0);
  }

  #makeRoom(principal: Principal): void {
    const nowMs = this.#nowMs();
    const own: string[] = [];
    for (const [key, session] of this.#sessions) {
      if (session.untilMs <= nowMs) this.#sessions.delete(key);
      else if (session.principal === principal) own.push(key);
    }
    const over = Math.max(0, own.length - sessionsPerPrincipalMax + 1);
    for (const key of own.slice(0, over)) this.#sessions.delete(key);
  }
}

const keyOf = (id: string): string => createHash('sha256').update(id).digest('base64url');

/** Browsers send a host's cookies to all its ports: gateways on several of them would sign each other out. */
const cookieName = ({ headers }: RequestHead): string =>
  `skald-session${/:(\d+)$/.exec(headers.host ?? '')?.[1] ?? ''}`;

function cookieValue(request: RequestHead): string {
  const name = cookieName(request);
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [key, value] = pair.trim().split('=', 2);
    if (key === name) return value ?? '';
  }
  return '';
}

/** Without a path it is for the folder of the request, which is the path prefix, whether ours or a proxy's. */
function cookieText(request: RequestHead, value: string, maxAgeSeconds: number): string {
  // The page says how the browser reached it, also through a proxy that ends TLS.
  const isSecure = parseOrigin(request.headers.origin ?? '')?.scheme === 'https';
  return [
    `${cookieName(request)}=${value}`,
    `Max-Age=${maxAgeSeconds}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(isSecure ? ['Secure'] : []),
  ].join('; ');
}
