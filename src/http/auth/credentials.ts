// Who may do what: users with passwords and holders of tokens, known by hashes only.
import { createHash, timingSafeEqual } from 'node:crypto';

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

/** The hash of a token. Tokens are long and random, so a fast hash is enough. */
export const hashToken = (token: string): string =>
  `sha256:${createHash('sha256').update(token).digest('hex')}`;

export const isTokenHash = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);

/** Compares in constant time. */
export function isToken(token: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashToken(token)), Buffer.from(hash));
}
