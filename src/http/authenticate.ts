// Authorization header → who it is. Basic users and bearer tokens; nothing configured: everybody may do everything.
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import { type Credential, hashPassword, isPassword, isToken, type Scope } from './credentials.ts';
import { HttpError } from './http-error.ts';

/** Who a request comes from. */
export interface Principal {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Empty: any. */
  readonly tenants: readonly string[];
}

/** Resolves with the principal; rejects with HttpError 401, or 429 while too many passwords are being checked. */
export type Authenticate = (request: IncomingMessage) => Principal | Promise<Principal>;

/** Passwords found right, so that each client pays for its first request only. */
const rememberedMax = 1000;
/** Each check takes 16 MiB and a thread of the pool for 50 ms. */
const checksMax = 4;

const challenges = 'Basic realm="Skald", charset="UTF-8", Bearer realm="Skald"';
const unauthorized = (message: string): HttpError =>
  new HttpError(401, message, { 'WWW-Authenticate': challenges });

const everybody: Principal = { name: '', scopes: ['push', 'query', 'admin'], tenants: [] };

export function authenticator(credentials: readonly Credential[]): Authenticate {
  if (credentials.length === 0) return () => everybody;
  const users = new Map(credentials.filter(({ kind }) => kind === 'user').map((user) => [user.name, user]));
  const tokens = credentials.filter(({ kind }) => kind === 'token');
  const remembered = new LRUCache<string, Principal>({ max: rememberedMax });
  // Headers are remembered under a keyed hash: no password stays in memory.
  const key = randomBytes(32);
  let checking = 0;
  // So that unknown names take as long as known ones. Made when it is first needed.
  let nobody: string | undefined;

  const byPassword = async ({ name, password }: NamedPassword): Promise<Principal> => {
    const id = createHmac('sha256', key).update(`${name}\0${password}`).digest('base64');
    const known = remembered.get(id);
    if (known !== undefined) return known;
    if (checking >= checksMax)
      throw new HttpError(429, 'too many passwords are being checked, try again later', {
        'Retry-After': '1',
      });
    checking++;
    try {
      const user = users.get(name);
      nobody ??= hashPassword(randomBytes(16).toString('hex'));
      const right = await isPassword(password, user?.hash ?? nobody);
      if (user === undefined || !right) throw unauthorized('wrong user name or password');
      remembered.set(id, user);
      return user;
    } finally {
      checking--;
    }
  };

  return (request) => {
    const header = request.headers.authorization ?? '';
    if (header === '') throw unauthorized('credentials are needed');
    const bearer = /^Bearer +(\S+) *$/i.exec(header)?.[1];
    if (bearer !== undefined) {
      // Every hash is looked at, whichever is the right one.
      const found = tokens.filter(({ hash }) => isToken(bearer, hash))[0];
      if (found === undefined) throw unauthorized('unknown token');
      return found;
    }
    const basic = basicCredentials(header);
    if (basic === undefined) throw unauthorized('the Authorization header is neither Basic nor Bearer');
    return byPassword(basic);
  };
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
