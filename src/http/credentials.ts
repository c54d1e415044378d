// Who may do what: users with passwords and holders of tokens, known by hashes only.
import { createHash, randomBytes, scrypt, scryptSync, timingSafeEqual } from 'node:crypto';

export const scopes = ['push', 'query', 'admin'] as const;
/** `admin` is for operators' routes and deletions; it includes neither of the others. */
export type Scope = (typeof scopes)[number];

export interface Credential {
  /** The user's name; of a token, what logs call its holder. */
  readonly name: string;
  readonly kind: 'user' | 'token';
  /** `scrypt:N:r:p:salt:key` of a password, `sha256:hex` of a token. */
  readonly hash: string;
  readonly scopes: readonly Scope[];
  /** Tenants it is bound to; empty: any. */
  readonly tenants: readonly string[];
}

/** 16 MiB and about 50 ms a check: too slow to guess, quick enough for the first request of a client. */
const cost = { N: 16_384, r: 8, p: 1 };
const keyBytes = 32;
const saltBytes = 16;
/** Bounds on what a configured hash may ask of us. */
const costMax = { N: 2 ** 20, r: 32, p: 16 };
const memoryBytesMax = 512 * 2 ** 20;

/** A new hash of a password, to be put into the configuration. Blocks for some 50 ms. */
export function hashPassword(password: string): string {
  const salt = randomBytes(saltBytes);
  const key = scryptSync(password, salt, keyBytes, { ...cost, maxmem: memoryBytesMax });
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), key.toString('base64')].join(':');
}

/** The hash of a token. Tokens are long and random, so a fast hash is enough. */
export const hashToken = (token: string): string =>
  `sha256:${createHash('sha256').update(token).digest('hex')}`;

export const isTokenHash = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);

export const isPasswordHash = (text: string): boolean => parseHash(text) !== undefined;

/** Compares in constant time. */
export function isToken(token: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashToken(token)), Buffer.from(hash));
}

/** Resolves whether the password is the one of the hash; computed off this thread. */
export function isPassword(password: string, hash: string): Promise<boolean> {
  const parsed = parseHash(hash);
  if (parsed === undefined) return Promise.resolve(false);
  const { salt, key, N, r, p } = parsed;
  return new Promise((resolve, reject) => {
    scrypt(password, salt, key.length, { N, r, p, maxmem: memoryBytesMax }, (error, found) => {
      if (error) reject(error);
      else resolve(timingSafeEqual(found, key));
    });
  });
}

interface PasswordHash {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

function parseHash(text: string): PasswordHash | undefined {
  const parts = /^scrypt:(\d+):(\d+):(\d+):([\w+/=]+):([\w+/=]+)$/.exec(text);
  if (parts === null) return undefined;
  const [N, r, p] = parts.slice(1, 4).map(Number) as [number, number, number];
  const salt = Buffer.from(parts[4] ?? '', 'base64');
  const key = Buffer.from(parts[5] ?? '', 'base64');
  const fits =
    N > 1 && (N & (N - 1)) === 0 && N <= costMax.N && r >= 1 && r <= costMax.r && p >= 1 && p <= costMax.p;
  return fits && 128 * N * r <= memoryBytesMax && salt.length >= 8 && key.length >= 16 && key.length <= 64
    ? { N, r, p, salt, key }
    : undefined;
}
