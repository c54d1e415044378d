// The dialects, the surest first: a row is a name and a small reader; the samples of each are in the tests.

import { ciscoContent, readCisco } from './cisco.ts';
import type { ReadContent, ReadHeader } from './dialect.ts';
import { readCef, readKeyValue, readLeef, readPanOs } from './event-formats.ts';
import { readMeraki } from './meraki.ts';
import { readComware, readJunos, readMikrotik } from './network-devices.ts';
import { readRfc3164 } from './rfc3164.ts';
import { readRfc5424 } from './rfc5424.ts';
import { readUnifi } from './unifi.ts';

/** The first that fits reads the header. */
export const headerDialects: readonly { readonly name: string; readonly read: ReadHeader }[] = [
  { name: 'RFC 5424', read: readRfc5424 },
  { name: 'Meraki', read: readMeraki },
  { name: 'Cisco', read: readCisco },
];

/** Reads whatever no other dialect does. */
export const lastDialect = { name: 'RFC 3164', read: readRfc3164 } as const;

/** The first that fits tells what the header left open. */
export const contentDialects: readonly { readonly name: string; readonly read: ReadContent }[] = [
  { name: 'Cisco mnemonic', read: ciscoContent },
  { name: 'Huawei, H3C', read: readComware },
  { name: 'Juniper', read: readJunos },
  { name: 'UniFi', read: readUnifi },
  { name: 'MikroTik', read: readMikrotik },
  { name: 'CEF', read: readCef },
  { name: 'LEEF', read: readLeef },
  { name: 'Palo Alto', read: readPanOs },
  { name: 'Fortinet, Sophos, SonicWall', read: readKeyValue },
];
