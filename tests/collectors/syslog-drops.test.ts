// The system's table of UDP sockets.

import { expect, it } from 'vitest';
import { socketRows } from '../../src/collectors/syslog/socket-drops.ts';

const head =
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            ';
const ipv4 =
  ' 1234: 0100007F:0202 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 23456 2 0000000000000000 17  ';
const ipv6 =
  '  456: 00000000000000000000000001000000:1A2B 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 34567 2 0000000000000000 0';

it.each<[string, string, ReturnType<typeof socketRows>]>([
  ['IPv4', `${head}\n${ipv4}\n`, [{ port: 514, inode: '23456', drops: 17 }]],
  ['IPv6', `${head}\n${ipv6}\n`, [{ port: 6699, inode: '34567', drops: 0 }]],
  ['nothing', '', []],
  ['another table', 'a b c\n1: 2: 3:', []],
  ['a row that is cut', `${head}\n${ipv4.slice(0, 100)}`, []],
])('%s', (_, table, rows) => expect(socketRows(table)).toEqual(rows));
