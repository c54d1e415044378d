// Authorization header, or a session's cookie → who it is. Basic users and bearer tokens; nothing configured: everybody
// may do everything.
import { HttpError } from '../server/http-error.ts';
import type { Peer, Peers } from '../server/peers.ts';
import type { RequestHead } from '../server/request-head.ts';
import { type Credential, isToken, type Scope } from './credentials.ts';
import type { PasswordChecks } from './password-checks.ts';
import type { Sessions } from './sessions.ts';

/** Who a request comes from. */
export interface Principal {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Empty: any. */
  readonly tenants: readonly string[];
}

/** Resolves with the principal; rejects with HttpError 401, or 429 while too many passwords are being checked. */
export type Authenticate = (request: RequestHead) => Principal | Promise<Principal>;

const bearerChallenge = 'Bearer realm="Skald"';
const challenges = `Basic realm="Skald", charset="UTF-8", ${bearerChallenge}`;

/** The page has a form of its own: with the challenge "Basic" the browser would put a window before it. */
const hasOwnForm = ({ headers }: RequestHead): boolean => headers['x-requested-with'] === 'XMLHttpRequest';

const everybody: Principal = { name: '', scopes: ['push', 'query', 'admin'], tenants: [] };

interface AuthenticatorParts {
  /** Of the passwords of those credentials that are users. */
  readonly checks: PasswordChecks;
  readonly sessions: Sessions;
  readonly peers: Peers;
}

export function authenticator(
  credentials: readonly Credential[],
  { checks, sessions, peers }: AuthenticatorParts,
): Authenticate {
  if (credentials.length === 0) return () => everybody;
  const tokens = credentials.filter(({ kind }) => kind === 'token');

  return (request) => {
    const unauthorized = (message: string): HttpError =>
      new HttpError(401, message, { 'WWW-Authenticate': hasOwnForm(request) ? bearerChallenge : challenges });
    const byPassword = async ({ name, password }: NamedPassword, peer: Peer): Promise<Principal> => {
      const user = await checks.userOf(name, password, peer);
      if (user === undefined) throw unauthorized('wrong user name or password');
      return user;
    };
    const header = request.headers.authorization ?? '';
    const token = tokenOf(request);
    if (header === '' && token === undefined) {
      const principal = sessions.principalOf(request);
      if (principal === undefined) throw unauthorized('credentials are needed');
      return principal;
    }
    if (token !== undefined) {
      // Every hash is looked at, whichever is the right one.
      const found = tokens.filter(({ hash }) => isToken(token, hash))[0];
      if (found === undefined) throw unauthorized('unknown token');
      return found;
    }
    const basic = basicCredentials(header);
    if (basic === undefined) throw unauthorized('the Authorization header is neither Basic nor Bearer');
    return byPassword(basic, peers.ofRequest(request));
  };
}

/**
 * `Bearer <token>`, Splunk's `Splunk <token>`, Elasticsearch's `ApiKey <base64 of id:token>`; without an Authorization
 * header Datadog's `DD-API-KEY: <token>`.
 */
function tokenOf({ headers }: RequestHead): string | undefined {
  const { authorization = '', 'dd-api-key': datadogKey } = headers;
  if (authorization === '')
    return typeof datadogKey === 'string' && datadogKey !== '' ? datadogKey : undefined;
  const [, scheme = '', text = ''] = /^(Bearer|Splunk|ApiKey) +(\S+) *$/i.exec(authorization) ?? [];
  if (scheme === '') return undefined;
  return scheme.toLowerCase() === 'apikey'
    ? Buffer.from(text, 'base64')
        .toString()
        .replace(/^[^:]*:/, '')
    : text;
}

interface NamedPassword {
  readonly name: string;
  readonly password: string;
}

/** `Basic <base64>`, winston-loki's old `Basic: <base64>`, pino-loki's old bare `<base64>`. */
function basicCredentials(header: string): NamedPassword | undefined {
  const base64 = /^(?:Basic:? +)?([\w+/-]+={0,2}) *$/i.exec(header)?.[1];
  if (base64 === undefined) return undefined;
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(base64, 'base64').toString()) ?? [];
  return name === undefined || password === undefined ? undefined : { name, password };
}
