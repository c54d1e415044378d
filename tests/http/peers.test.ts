// Who counts as one peer.
import type { IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSubnet, peerOf, peersBehind } from '../../src/http/server/peers.ts';

describe('peers', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['', ''],
    ['not an address', ''],
  ])('%s is %s', (address, peer) => {
    expect(peerOf(address)).toBe(peer);
  });

  it('of IPv6 are told apart by the first 64 bits, however they are written', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(
        fc.tuple(group, group, group, group),
        fc.tuple(group, group, group, group),
        (site, host) => {
          const hex = (numbers: readonly number[]): string => numbers.map((n) => n.toString(16)).join(':');
          // A URL gives the shortest form of an address.
          const shortest = new URL(`http://[${hex([...site, ...host])}]`).hostname.slice(1, -1);
          fc.pre(!shortest.startsWith('::ffff:'));
          expect(peerOf(shortest)).toBe(`${hex(site)}::/64`);
        },
      ),
    );
  });
});

describe('trusted proxies', () => {
  const peers = peersBehind(['10.0.0.0/8', '2001:db8::/32', '192.0.2.9']);
  const from = (remoteAddress: string, forwarded?: string): IncomingMessage =>
    ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

  it.each([
    ['a stranger is himself, whatever he says', '198.51.100.1', '203.0.113.5', '198.51.100.1'],
    ['a proxy names its client', '10.1.2.3', '203.0.113.5', '203.0.113.5'],
    ['the same in the form of IPv6', '::ffff:10.1.2.3', '203.0.113.5', '203.0.113.5'],
    ['a client that names another', '10.1.2.3', '1.1.1.1, 203.0.113.5', '203.0.113.5'],
    ['two proxies', '192.0.2.9', '1.1.1.1, 203.0.113.5, 10.9.9.9', '203.0.113.5'],
    ['a client of IPv6', '2001:db8::5', '2001:db9:0:7::1', '2001:db9:0:7::/64'],
    ['a proxy that names nobody', '10.1.2.3', undefined, '10.1.2.3'],
    ['no address', '10.1.2.3', 'unknown', '10.1.2.3'],
  ])('%s', (_name, address, forwarded, peer) => {
    expect(peers.ofRequest(from(address, forwarded))).toBe(peer);
  });

  it.each([
    ['10.0.0.0/8', true],
    ['10.0.0.1', true],
    ['::1', true],
    ['2001:db8::/32', true],
    ['10.0.0.0/33', false],
    ['::/129', false],
    ['proxy.example', false],
    ['10.0.0.0/', false],
    ['', false],
  ])('%s as a subnet: %s', (text, right) => {
    expect(isSubnet(text)).toBe(right);
  });
});
