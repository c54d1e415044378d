// Hashes of passwords as the configuration has them: `scrypt:N:r:p:salt:key`.
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

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
  return printHash({ ...cost, salt, key });
}

export const isPasswordHash = (text: string): boolean => parseHash(text) !== undefined;

/** Compares in constant time. Blocks for as long as the hash costs, so never on the main thread of the gateway. */
export function isPassword(password: string, hash: string): boolean {
  const parsed = parseHash(hash);
  if (parsed === undefined) return false;
  const { salt, key, N, r, p } = parsed;
  return timingSafeEqual(scryptSync(password, salt, key.length, { N, r, p, maxmem: memoryBytesMax }), key);
}

/** What the work of a check depends on: hashes of the same cost take as long as each other. */
export function costOf(hash: string): string {
  return hash.split(':').slice(1, 4).join(':');
}

/** A hash of the same cost as the other, which no password has. */
export function decoyHash(hash: string): string {
  const parsed = parseHash(hash);
  if (parsed === undefined) throw new Error('not a hash of a password');
  return printHash({ ...parsed, salt: randomBytes(saltBytes), key: randomBytes(keyBytes) });
}

interface PasswordHash {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

const printHash = ({ N, r, p, salt, key }: PasswordHash): string =>
  ['scrypt', N, r, p, salt.toString('base64'), key.toString('base64')].join(':');

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
