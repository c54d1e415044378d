// UniFi: the device's MAC address, model and firmware are where the tag should be.
//   aabbccddeeff,U7-Pro-XG-8.6.11+18870: hostapd[6885]: …      since 2021, the host before it
//   U7PG2,aabbccddee00,v4.3.28.11361: hostapd: …               before, and no host
//   ("U7PG2,aabbccddee00,v3.7.5.4969") hostapd: …              still earlier

import type { Content } from './dialect.ts';
import { tagOf } from './tag.ts';

const named = /^(?<mac>[0-9a-f]{12}),(?<model>[A-Za-z0-9-]+?)-(?<firmware>\d[\w.+-]*): /;
const nameless =
  /^(?:\(")?(?<model>[A-Za-z0-9-]{2,32}),(?<mac>[0-9a-f]{12}),v?(?<firmware>\d[\w.+-]*)(?:"\))?:? /;
const headCharsMax = 128;

export function readUnifi(text: string): Content | undefined {
  const head = text.slice(0, headCharsMax);
  const match = named.exec(head) ?? nameless.exec(head);
  if (!match?.groups) return undefined;
  const { mac = '', model = '', firmware = '' } = match.groups;
  const tag = tagOf(text, match[0].length, 'any');
  return {
    // The only name of the device that there is, where its header names none.
    host: mac,
    app: tag?.app ?? '',
    processId: tag?.processId ?? '',
    data: [
      ['mac', mac],
      ['model', model],
      ['firmware', firmware],
    ],
    text: text.slice(tag?.end ?? match[0].length),
  };
}
