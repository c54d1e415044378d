// What `ip("…")` takes: an address, a CIDR prefix or a range, of IPv4 or IPv6.

/** Addresses from `low` to `high`, both included, of one family. */
export interface IpPattern {
  readonly family: 4 | 6;
  readonly low: bigint;
  readonly high: bigint;
}

/** `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, the same with IPv6; undefined when it is none of them. */
export function parseIpPattern(text: string): IpPattern | undefined {
  const dash = text.indexOf('-');
  if (dash >= 0) {
    const low = parseIpAddress(text.slice(0, dash));
    const high = parseIpAddress(text.slice(dash + 1));
    if (low === undefined || high === undefined) return undefined;
    if (low.family !== high.family || low.value > high.value) return undefined;
    return { family: low.family, low: low.value, high: high.value };
  }
  const slash = text.indexOf('/');
  if (slash >= 0) return parsePrefix(text.slice(0, slash), text.slice(slash + 1));
  const address = parseIpAddress(text);
  return address && { family: address.family, low: address.value, high: address.value };
}

export interface IpAddress {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** An address as Go's netip.ParseAddr takes it (no zone); IPv4 inside IPv6 stays IPv6. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (text.includes(':')) {
    const value = parseIpv6(text);
    return value === undefined ? undefined : { family: 6, value };
  }
  const value = parseIpv4(text);
  return value === undefined ? undefined : { family: 4, value };
}

export const ipContains = (pattern: IpPattern, address: IpAddress): boolean =>
  pattern.family === address.family && pattern.low <= address.value && address.value <= pattern.high;

function parsePrefix(addressText: string, bitsText: string): IpPattern | undefined {
  const address = parseIpAddress(addressText);
  if (address === undefined || !/^(?:0|[1-9]\d{0,2})$/.test(bitsText)) return undefined;
  const width = address.family === 4 ? 32 : 128;
  const bits = Number(bitsText);
  if (bits > width) return undefined;
  const hostMask = (1n << BigInt(width - bits)) - 1n;
  const low = address.value & ~hostMask;
  return { family: address.family, low, high: low | hostMask };
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    // No leading zeros: some read them as octal.
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = (value << 8n) | BigInt(part);
  }
  return value;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] as string, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...new Array<number>(missing).fill(0), ...tail]) {
    value = (value << 16n) | BigInt(group);
  }
  return value;
}

/** 16-bit groups between colons; the last may be a dotted IPv4 address when `ipv4Allowed`. */
function parseGroups(text: string, ipv4Allowed: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (ipv4Allowed && i === parts.length - 1 && part.includes('.')) {
      const value = parseIpv4(part);
      if (value === undefined) return undefined;
      groups.push(Number(value >> 16n), Number(value & 0xffffn));
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}
