// Who is at the other end of a connection, for what is bounded by peer.
import { BlockList, isIP, isIPv4, type Socket } from 'node:net';
import type { RequestHead } from './request-head.ts';

/** Peers are told apart by these: an IPv4 address, or the first 64 bits of an IPv6 address, which one site has whole. */
export type Peer = string;

export interface Peers {
  /** Of the other end of the connection itself. */
  ofSocket(socket: Pick<Socket, 'remoteAddress'>): Peer;
  /** Of the client; what is forwarded by a trusted proxy has the client that the proxy names. */
  ofRequest(request: RequestHead): Peer;
  isTrustedProxy(address: string | undefined): boolean;
}

/** @param trustedProxies addresses and subnets, each as {@link isSubnet} knows them */
export function peersBehind(trustedProxies: readonly string[]): Peers {
  const trusted = new BlockList();
  for (const subnet of trustedProxies) {
    const [address = '', bits] = subnet.split('/');
    const family = isIPv4(address) ? 'ipv4' : 'ipv6';
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrustedProxy = (given: string | undefined): boolean => {
    const address = unmapped(given ?? '');
    return isIP(address) !== 0 && trusted.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  };
  return {
    ofSocket: ({ remoteAddress }) => peerOf(remoteAddress ?? ''),
    ofRequest: ({ socket, headers }) => {
      const own = socket.remoteAddress ?? '';
      if (!isTrustedProxy(own)) return peerOf(own);
      // Each proxy adds the one it got the request from; what is left of the last stranger, that one may have written.
      const hops = String(headers['x-forwarded-for'] ?? '').split(',');
      const stranger = hops.findLast((hop) => isIP(hop.trim()) !== 0 && !isTrustedProxy(hop.trim()));
      return peerOf(stranger?.trim() ?? own);
    },
    isTrustedProxy,
  };
}

/** `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`. */
export function isSubnet(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(bits ?? 0) <= (version === 4 ? 32 : 128);
}

/** '' for an address that is none: all of those are one peer. */
export function peerOf(address: string): Peer {
  const plain = unmapped(address);
  switch (isIP(plain)) {
    case 4:
      return plain;
    case 6:
      return `${groupsOf(plain).slice(0, 4).join(':')}::/64`;
    default:
      return '';
  }
}

/** An IPv4 address that came in IPv6's form (`::ffff:192.0.2.7`) is an IPv4 address. */
function unmapped(address: string): string {
  if (isIP(address) !== 6) return address;
  const groups = groupsOf(address);
  const isMapped = groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff';
  if (!isMapped) return address;
  const [high = 0, low = 0] = groups.slice(6).map((group) => Number.parseInt(group, 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight groups of an IPv6 address, in hexadecimal without leading zeros. */
function groupsOf(address: string): readonly string[] {
  const [text = ''] = address.split('%');
  const [left = '', right] = text.split('::').map((half) => half.split(':').flatMap(groupOrIpv4));
  const [before, after] = [left || [], right ?? []];
  const zeros = right === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...new Array<string>(zeros).fill('0'), ...after];
}

/** One group; two for the IPv4 address that may be at the end. */
function groupOrIpv4(text: string): string[] {
  if (text === '') return [];
  if (!text.includes('.')) return [Number.parseInt(text, 16).toString(16)];
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
}
