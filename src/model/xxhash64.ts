// XXH64 with seed 0, by its public specification. For short texts that are hashed once: BigInt is not fast.

const mask = (1n << 64n) - 1n;
const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;

const rotated = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & mask;

const round = (sum: bigint, input: bigint): bigint =>
  (rotated((sum + input * prime2) & mask, 31n) * prime1) & mask;

const stripeBytes = 32;

/** Below 2^64. */
export function xxhash64(bytes: Buffer): bigint {
  const { length } = bytes;
  let at = length - (length % stripeBytes);
  let hash = ((at === 0 ? prime5 : stripes(bytes, at)) + BigInt(length)) & mask;
  for (; at + 8 <= length; at += 8) {
    hash ^= round(0n, bytes.readBigUInt64LE(at));
    hash = (rotated(hash, 27n) * prime1 + prime4) & mask;
  }
  if (at + 4 <= length) {
    hash ^= (BigInt(bytes.readUInt32LE(at)) * prime1) & mask;
    hash = (rotated(hash, 23n) * prime2 + prime3) & mask;
    at += 4;
  }
  for (; at < length; at++) {
    hash ^= (BigInt(bytes.readUInt8(at)) * prime5) & mask;
    hash = (rotated(hash, 11n) * prime1) & mask;
  }
  hash = ((hash ^ (hash >> 33n)) * prime2) & mask;
  hash = ((hash ^ (hash >> 29n)) * prime3) & mask;
  return hash ^ (hash >> 32n);
}

/** The state after the whole stripes, four lanes wide, that end at `end`. */
function stripes(bytes: Buffer, end: number): bigint {
  const lanes: [bigint, bigint, bigint, bigint] = [
    (prime1 + prime2) & mask,
    prime2,
    0n,
    (mask + 1n - prime1) & mask,
  ];
  for (let at = 0; at < end; at += stripeBytes) {
    lanes[0] = round(lanes[0], bytes.readBigUInt64LE(at));
    lanes[1] = round(lanes[1], bytes.readBigUInt64LE(at + 8));
    lanes[2] = round(lanes[2], bytes.readBigUInt64LE(at + 16));
    lanes[3] = round(lanes[3], bytes.readBigUInt64LE(at + 24));
  }
  let hash =
    (rotated(lanes[0], 1n) + rotated(lanes[1], 7n) + rotated(lanes[2], 12n) + rotated(lanes[3], 18n)) & mask;
  for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * prime1 + prime4) & mask;
  return hash;
}
