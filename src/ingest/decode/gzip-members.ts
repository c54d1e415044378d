// The members of a gzip body one by one (RFC 1952), where zlib refuses what follows the last of them.
import { crc32, inflateRawSync } from 'node:zlib';

/** Reading member by member is slow: a body of more is refused, as it is by zlib. */
const membersMax = 1000;
const trailerBytes = 8;

interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

/**
 * What all members give. Bytes after the last one that begin no member are ignored, as Go does for a JSON body.
 * Undefined when there is no member, too many, or one is broken; throws what zlib throws for one that is cut or too large.
 */
export function gunzipMembers(body: Uint8Array, maxOutputLength: number): Buffer | undefined {
  const parts: Buffer[] = [];
  let left = maxOutputLength;
  for (let at = 0; ; ) {
    const headerBytes = gzipHeaderBytes(body.subarray(at));
    if (headerBytes === 0) return parts.length === 0 ? undefined : Buffer.concat(parts);
    if (parts.length === membersMax) return undefined;
    const data = body.subarray(at + headerBytes);
    // `info` gives the engine, too, of which the types know nothing.
    const inflated: unknown = inflateRawSync(data, { maxOutputLength: Math.max(1, left), info: true });
    const { buffer, engine } = inflated as Inflated;
    const trailer = Buffer.from(data.subarray(engine.bytesWritten, engine.bytesWritten + trailerBytes));
    if (trailer.length < trailerBytes || trailer.readUInt32LE(0) !== crc32(buffer)) return undefined;
    if (trailer.readUInt32LE(4) !== buffer.length % 2 ** 32) return undefined;
    parts.push(buffer);
    left -= buffer.length;
    at += headerBytes + engine.bytesWritten + trailerBytes;
  }
}

/** Length of the gzip header at the start, 0 when there is none. */
function gzipHeaderBytes(body: Uint8Array): number {
  if (body.length < 10 || body[0] !== 0x1f || body[1] !== 0x8b || body[2] !== 8) return 0;
  const flags = body[3] as number;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + (body[at] ?? 0) + ((body[at + 1] ?? 0) << 8);
  for (const text of [8, 16]) {
    if ((flags & text) === 0) continue;
    const end = body.indexOf(0, at);
    if (end < 0) return 0;
    at = end + 1;
  }
  if ((flags & 2) !== 0) at += 2;
  return at;
}
