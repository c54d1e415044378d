// The dialects of syslog: samples of each as devices and programs send them, and what a person reads in their headers.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyTime, TimeReader } from '../../src/collectors/parse/time-reader.ts';
import { contentDialects, headerDialects, lastDialect } from '../../src/collectors/syslog/dialects/table.ts';
import { parseSyslog, type SyslogMessage } from '../../src/collectors/syslog/message.ts';
import { utc } from '../../src/go/zone.ts';
import { within } from '../within.ts';

const nowNs = BigInt(Date.UTC(2026, 10, 30, 12, 0, 0)) * 1_000_000n;
const fuzzMs = 700;
const times = new TimeReader(utc, anyTime).at(nowNs);

/** What is not named is '', a time that is not named is 11:29:13 of the day, `data` that is not named is none. */
interface Expected extends Partial<Omit<SyslogMessage, 'timestampNs' | 'facility' | 'severity'>> {
  readonly time?: string | undefined;
  readonly text: string;
}
type Sample = readonly [message: string | Buffer, expected: Expected];

const repeated = { host: 'h', text: 'last message repeated 3 times' };

const samples: Readonly<Record<string, readonly Sample[]>> = {
  'RFC 5424': [
    [
      '<14>1 2026-11-30T11:29:13Z h app 7 ID1 [x@1 k="v"] text',
      { host: 'h', app: 'app', processId: '7', messageId: 'ID1', data: [['x@1.k', 'v']], text: 'text' },
    ],
    [
      '<14>1 2026-11-30T11:29:13Z h app 1 - [meta ip="1.1.1.1" ip="2.2.2.2"] text',
      {
        host: 'h',
        app: 'app',
        processId: '1',
        data: [
          ['meta.ip', '1.1.1.1'],
          ['meta.ip', '2.2.2.2'],
        ],
        text: 'text',
      },
    ],
    ['<14>1 2026-11-30t11:29:13z h app - - - lower case', { host: 'h', app: 'app', text: 'lower case' }],
    ['<14>1 2026-11-30T11:29:13 h app - - - no zone', { host: 'h', app: 'app', text: 'no zone' }],
    [
      '<14>1 2026-11-30 11:29:13 h app - - - a space within the time',
      { host: 'h', app: 'app', text: 'a space within the time' },
    ],
    [
      '<14>1 2026-11-30T12:29:13 CET h app 7 - - a named zone',
      { host: 'h', app: 'app', processId: '7', text: 'a named zone' },
    ],
    ['<14>1  2026-11-30T11:29:13Z  h app -  - - spaces', { host: 'h', app: 'app', text: 'spaces' }],
    ['<14>2 2026-11-30T11:29:13Z h app - - - version', { host: 'h', app: 'app', text: 'version' }],
    ['<14>2026-11-30T11:29:13Z h app - - - no version', { host: 'h', app: 'app', text: 'no version' }],
    [
      '<14>1 2026-11-30T11:28:60Z h app - - - leap second',
      { time: '11:29:00', host: 'h', app: 'app', text: 'leap second' },
    ],
    ['<14>1 2026-11-30T11:29:13Z h app - - - \ufeffmark', { host: 'h', app: 'app', text: 'mark' }],
    [
      '<14>1 2026-11-30T11:29:13Z h app - - [a b="c"]no space',
      { host: 'h', app: 'app', data: [['a.b', 'c']], text: 'no space' },
    ],
    [
      '<11>1 2026-11-30T11:29:13.581Z h.local - 6993 void DB::Syst text',
      { time: '11:29:13.581', host: 'h.local', processId: '6993', text: 'void DB::Syst text' },
    ],
    [
      '<14>1 2026-11-30T11:29:13Z h app 12 ID47 no data',
      { host: 'h', app: 'app', processId: '12', messageId: 'ID47', text: 'no data' },
    ],
    ['<14>1 2026-11-30T11:29:13Z h app - - no data', { host: 'h', app: 'app', text: 'no data' }],
    ['<14>1 2026-11-30T11:29:13Z h app only a text', { host: 'h', app: 'app', text: 'only a text' }],
    [
      '<14>1 2026-11-30T11:29:13Z h app 12 [x@1 a="b"] no message id',
      { host: 'h', app: 'app', processId: '12', data: [['x@1.a', 'b']], text: 'no message id' },
    ],
    [
      '<14>1 2026-11-30T11:29:13Z h app 12 - - [main] INFO x',
      { host: 'h', app: 'app', processId: '12', text: '[main] INFO x' },
    ],
    [
      '<14>1 2026-11-30T11:29:13Z h app 12 - [main] INFO x',
      { host: 'h', app: 'app', processId: '12', text: '[main] INFO x' },
    ],
    [
      '<14>1 2026-11-30T11:29:13Z h app[123]: a tag',
      { host: 'h', app: 'app', processId: '123', text: 'a tag' },
    ],
    ['<13>1 - first of all', { time: undefined, text: '1 - first of all' }],
    ['<13>1 apple a day', { time: undefined, text: '1 apple a day' }],
  ],
  'RFC 3164': [
    ['<34>Nov 30 12:29:13 GMT+1 h app: hours', { host: 'h', app: 'app', text: 'hours' }],
    ['<34>Nov 30 12:00:00 Nov 30 11:29:13 h app: relayed', { host: 'h', app: 'app', text: 'relayed' }],
    [
      '<34>2026-11-30T12:00:00Z 2026-11-30T11:29:13Z h app[1]: relayed',
      { host: 'h', app: 'app', processId: '1', text: 'relayed' },
    ],
    [
      '<34>Nov 30 12:00:00 10.0.0.1 Nov 30 11:29:13 h app: relayed',
      { host: 'h', app: 'app', text: 'relayed' },
    ],
    [
      '<34>Nov 30 12:00:00 10.0.0.1 Nov 30 11:29:13 app: relayed',
      { host: '10.0.0.1', app: 'app', text: 'relayed' },
    ],
    [
      '<34>Nov 30 11:29:13 h 2026-11-30 11:29:12 INFO main: a time of the text',
      { host: 'h', text: '2026-11-30 11:29:12 INFO main: a time of the text' },
    ],
    ['<34>Nov 30 11:29:13 Nov 30 11:29:12 twice, and no tag', { text: 'Nov 30 11:29:12 twice, and no tag' }],
    [
      '<34>Nov 30 11:29:13 mymachine su[230]: failed for lonvick',
      { host: 'mymachine', app: 'su', processId: '230', text: 'failed for lonvick' },
    ],
    ['<13>Nov 30 11:29:13 10.0.0.99 Use the BFG!', { host: '10.0.0.99', text: 'Use the BFG!' }],
    [
      "<165>Nov 30 05:29:13 CST 2026 mymachine myproc[10]: %% It's time",
      { host: 'mymachine', app: 'myproc', processId: '10', text: "%% It's time" },
    ],
    [
      '<13>Nov 30 11:29:13.123 myhost myapp: milliseconds',
      { time: '11:29:13.123', host: 'myhost', app: 'myapp', text: 'milliseconds' },
    ],
    [
      '<30>Nov 30 11:29:13.123456 h  app: spaces',
      { time: '11:29:13.123', host: 'h', app: 'app', text: 'spaces' },
    ],
    ['<30>Nov 30 11:29:13 2026 h app: year behind', { host: 'h', app: 'app', text: 'year behind' }],
    ['<30>2026 Nov 30 11:29:13 h app: year first', { host: 'h', app: 'app', text: 'year first' }],
    ['<30>30 Nov 11:29:13 h app: day first', { host: 'h', app: 'app', text: 'day first' }],
    ['<30>Mon Nov 30 11:29:13 h app: day of the week', { host: 'h', app: 'app', text: 'day of the week' }],
    ['<30>Nov 30 12:29:13 CET h app: zone', { host: 'h', app: 'app', text: 'zone' }],
    [
      '<188>2186: Nov 30 07:29:13 EDT: %SW_MATM-4-X: zone',
      { app: 'SW_MATM', messageId: 'SW_MATM-4-X', data: [['sequence', '2186']], text: '%SW_MATM-4-X: zone' },
    ],
    ['<30>Nov 30 11:29:13+01:00 h app: offset', { time: '10:29:13', host: 'h', app: 'app', text: 'offset' }],
    ['<13>2026-11-30T11:29:13Z m su: ISO', { host: 'm', app: 'su', text: 'ISO' }],
    ['<30> Nov 30 11:29:13 h app: space before', { host: 'h', app: 'app', text: 'space before' }],
    ['<30>Nov 30 11:29:13 h app:no space', { host: 'h', app: 'app', text: 'no space' }],
    ['<30>Nov 30 11:29:13 h app[]: no process', { host: 'h', app: 'app', text: 'no process' }],
    [
      '<30>Nov 30 11:29:13 h CRON[12]: (root) CMD',
      { host: 'h', app: 'CRON', processId: '12', text: '(root) CMD' },
    ],
    [
      '<30>Nov 30 11:29:13 h kernel: [12345.678901] usb',
      { host: 'h', app: 'kernel', text: '[12345.678901] usb' },
    ],
    [
      '<30>Nov 30 11:29:13 h Plex Media Server[12]: text',
      { host: 'h', app: 'Plex Media Server', processId: '12', text: 'text' },
    ],
    [
      '<30>Nov 30 11:29:13 h my app name: it stays',
      { host: 'h', app: 'my app name', text: 'my app name: it stays' },
    ],
    ['<30>Nov 30 11:29:13 fe80::1 app: IPv6', { host: 'fe80::1', app: 'app', text: 'IPv6' }],
    [
      '<30>Nov 30 11:29:13 sw1.example.com: app[12]: colon',
      { host: 'sw1.example.com', app: 'app', processId: '12', text: 'colon' },
    ],
    [
      '<12>Nov 30 11:29:13 host-name_here@AZ01 Mnsvc_unique[13255]: Dell',
      { host: 'host-name_here@AZ01', app: 'Mnsvc_unique', processId: '13255', text: 'Dell' },
    ],
    ['<30>Nov 30 11:29:13 h http://x/y: a URL', { host: 'h', text: 'http://x/y: a URL' }],
    ['<30>Nov 30 11:29:13 h 12345: digits', { host: 'h', text: '12345: digits' }],
    ['<13>404: not found', { time: undefined, text: '404: not found' }],
    ['<30>Nov 30 11:29:13 h {"a":"b: c"}', { host: 'h', text: '{"a":"b: c"}' }],
    ['<30>Nov 30 11:29:13 h last message repeated 3 times', repeated],
    ['<30>Nov 30 11:29:13 last message repeated 3 times', { ...repeated, host: '' }],
    [
      'Nov 30 11:29:13 h app[12]: no priority',
      { host: 'h', app: 'app', processId: '12', text: 'no priority' },
    ],
    ['\ufeff<30>Nov 30 11:29:13 h app: mark', { host: 'h', app: 'app', text: 'mark' }],
    ['<30>Nov 30 11:29:13 h app: ends\r\n', { host: 'h', app: 'app', text: 'ends' }],
    ['<30>Nov 30 11:29:13 h app: ends\0', { host: 'h', app: 'app', text: 'ends' }],
    ['<30>Nov 30 11:29:13 h app: one\ntwo', { host: 'h', app: 'app', text: 'one\ntwo' }],
    [Buffer.from('<30>Nov 30 11:29:13 h app: caf\xe9', 'latin1'), { host: 'h', app: 'app', text: 'café' }],
    ['<30>Nov 30 11:29:13', { text: '' }],
  ],
  busybox: [['<30>Nov 30 11:29:13 chronyd[1119]: text', { app: 'chronyd', processId: '1119', text: 'text' }]],
  "Python's SysLogHandler": [
    ['<14>a message\0', { time: undefined, text: 'a message' }],
    [
      '<11>app: Traceback (most recent call last):\n  File "x"',
      { time: undefined, app: 'app', text: 'Traceback (most recent call last):\n  File "x"' },
    ],
  ],
  Synology: [
    [
      '<14>Nov 30 11:29:13 NAS Connection: User [admin] logged in',
      { host: 'NAS', app: 'Connection', text: 'User [admin] logged in' },
    ],
    [
      '<14>Nov 30 11:29:13 NAS WinFileService Event: read, Path: /x',
      { host: 'NAS', app: 'WinFileService Event', text: 'WinFileService Event: read, Path: /x' },
    ],
    [
      '<30>1 2026-11-30T12:29:13+01:00 NAS synolog - - - User [a]',
      { host: 'NAS', app: 'synolog', text: 'User [a]' },
    ],
  ],
  ESXi: [
    [
      '<167>1 2026-11-30T11:29:13.790Z esx03.example vpxa 2356178 - [Originator@6876 sub=Vpxa opID=WFU-34] text',
      {
        time: '11:29:13.790',
        host: 'esx03.example',
        app: 'vpxa',
        processId: '2356178',
        data: [
          ['Originator@6876.sub', 'Vpxa'],
          ['Originator@6876.opID', 'WFU-34'],
        ],
        text: 'text',
      },
    ],
    [
      '<166>2026-11-30T11:29:13.790Z esx03.example Hostd: info hostd[2099552] [Originator@6876 sub=X] text',
      {
        time: '11:29:13.790',
        host: 'esx03.example',
        app: 'Hostd',
        text: 'info hostd[2099552] [Originator@6876 sub=X] text',
      },
    ],
  ],
  'Check Point': [
    [
      '<134>1 2026-11-30T11:29:13Z gw-1 CheckPoint 18160 - [action:"Accept"; ifname:"eth0"; ]',
      {
        host: 'gw-1',
        app: 'CheckPoint',
        processId: '18160',
        data: [
          ['action', 'Accept'],
          ['ifname', 'eth0'],
        ],
        text: '[action:"Accept"; ifname:"eth0"; ]',
      },
    ],
  ],
  Meraki: [
    [
      '<134>1 1796038153.5 MX84 events type=vpn_connectivity_change x=y',
      { time: '11:29:13.500', host: 'MX84', app: 'events', text: 'type=vpn_connectivity_change x=y' },
    ],
    ['<134>1 1796038153 MX84 urls src=1', { host: 'MX84', app: 'urls', text: 'src=1' }],
  ],
  Cisco: [
    [
      '<190>589265: Nov 30 11:29:13.306: %SEC-6-IPACCESSLOGP: list 177',
      {
        time: '11:29:13.306',
        app: 'SEC',
        messageId: 'SEC-6-IPACCESSLOGP',
        data: [['sequence', '589265']],
        text: '%SEC-6-IPACCESSLOGP: list 177',
      },
    ],
    [
      '<189>485: *Nov 30 11:29:13.406: %LINEPROTO-5-UPDOWN: up',
      {
        time: '11:29:13.406',
        app: 'LINEPROTO',
        messageId: 'LINEPROTO-5-UPDOWN',
        data: [['sequence', '485']],
        text: '%LINEPROTO-5-UPDOWN: up',
      },
    ],
    [
      '<189>485: router1: .Nov 30 11:29:13.406 UTC: %LINEPROTO-5-UPDOWN: up',
      {
        time: '11:29:13.406',
        host: 'router1',
        app: 'LINEPROTO',
        messageId: 'LINEPROTO-5-UPDOWN',
        data: [['sequence', '485']],
        text: '%LINEPROTO-5-UPDOWN: up',
      },
    ],
    [
      '<189>router1: 486: Nov 30 11:29:13.406: %SYS-5-CONFIG_I: x',
      {
        time: '11:29:13.406',
        host: 'router1',
        app: 'SYS',
        messageId: 'SYS-5-CONFIG_I',
        data: [['sequence', '486']],
        text: '%SYS-5-CONFIG_I: x',
      },
    ],
    [
      '<189>45: 3d02h: %LINK-3-UPDOWN: x',
      {
        time: undefined,
        app: 'LINK',
        messageId: 'LINK-3-UPDOWN',
        data: [['sequence', '45']],
        text: '%LINK-3-UPDOWN: x',
      },
    ],
    [
      '<189>45: 00:00:46: %LINK-3-UPDOWN: x',
      {
        time: undefined,
        app: 'LINK',
        messageId: 'LINK-3-UPDOWN',
        data: [['sequence', '45']],
        text: '%LINK-3-UPDOWN: x',
      },
    ],
    [
      '<190>77: Nov 30 11:29:13.406: some debug output',
      { time: '11:29:13.406', data: [['sequence', '77']], text: 'some debug output' },
    ],
    [
      '<189>Nov 30 11:29:14 Router 82: Nov 30 11:29:13: %SYS-5-CONFIG_I: relayed',
      {
        host: 'Router',
        app: 'SYS',
        messageId: 'SYS-5-CONFIG_I',
        data: [['sequence', '82']],
        text: '%SYS-5-CONFIG_I: relayed',
      },
    ],
    [
      '<189>45: Nov 30 11:29:13: Switch 1 R0/0: sif_mgr: %SIF_MGR-5-STACK: IOS-XE',
      {
        app: 'SIF_MGR',
        messageId: 'SIF_MGR-5-STACK',
        data: [['sequence', '45']],
        text: '%SIF_MGR-5-STACK: IOS-XE',
      },
    ],
    [
      '<189>: 2026 Nov 30 11:29:13 UTC: %ETHPORT-5-IF_UP: NX-OS',
      { app: 'ETHPORT', messageId: 'ETHPORT-5-IF_UP', text: '%ETHPORT-5-IF_UP: NX-OS' },
    ],
    [
      '<189>2026 Nov 30 11:29:13.123 nexus1 %ETHPORT-5-IF_UP: NX-OS',
      {
        time: '11:29:13.123',
        host: 'nexus1',
        app: 'ETHPORT',
        messageId: 'ETHPORT-5-IF_UP',
        text: '%ETHPORT-5-IF_UP: NX-OS',
      },
    ],
    [
      '<189>2026 Nov 30 11:29:13 nexus1 %$ VDC-1 %$ %USER-2-SYSTEM_MSG: x',
      { host: 'nexus1', app: 'USER', messageId: 'USER-2-SYSTEM_MSG', text: '%USER-2-SYSTEM_MSG: x' },
    ],
    [
      '<189>12: xr1 RP/0/RSP0/CPU0:Nov 30 11:29:13.406 UTC: config[657]: %MGBL-SYS-5-CONFIG_I : IOS-XR',
      {
        time: '11:29:13.406',
        host: 'xr1',
        app: 'config',
        processId: '657',
        messageId: 'MGBL-SYS-5-CONFIG_I',
        data: [
          ['node', 'RP/0/RSP0/CPU0'],
          ['sequence', '12'],
        ],
        text: '%MGBL-SYS-5-CONFIG_I : IOS-XR',
      },
    ],
    [
      '<166>Nov 30 2026 11:29:13 fw1 : %ASA-6-302013: ASA',
      { host: 'fw1', app: 'ASA', messageId: 'ASA-6-302013', text: '%ASA-6-302013: ASA' },
    ],
    [
      '<166>2026-11-30T11:29:13Z fw1 : %ASA-4-106023: ASA',
      { host: 'fw1', app: 'ASA', messageId: 'ASA-4-106023', text: '%ASA-4-106023: ASA' },
    ],
    [
      '<166>%ASA-6-302013: ASA',
      { time: undefined, app: 'ASA', messageId: 'ASA-6-302013', text: '%ASA-6-302013: ASA' },
    ],
    [
      '<134>WLC1: *Dot1x_Task_0: Nov 30 11:29:13.406: %DOT1X-3-ABORT: wireless',
      {
        time: '11:29:13.406',
        host: 'WLC1',
        app: 'Dot1x_Task_0',
        messageId: 'DOT1X-3-ABORT',
        text: '%DOT1X-3-ABORT: wireless',
      },
    ],
    [
      '<190>AP:001d.4567.89ab: *Nov 30 11:29:13: %LWAPP-3-X: access point',
      { host: 'AP:001d.4567.89ab', app: 'LWAPP', messageId: 'LWAPP-3-X', text: '%LWAPP-3-X: access point' },
    ],
  ],
  'Cisco mnemonic': [
    [
      '<166>Nov 30 2026 11:29:13 localhost CiscoASA[999]: %ASA-4-106023: Deny',
      {
        host: 'localhost',
        app: 'CiscoASA',
        processId: '999',
        messageId: 'ASA-4-106023',
        text: '%ASA-4-106023: Deny',
      },
    ],
  ],
  'Huawei, H3C': [
    [
      '<189>Nov 30 2026 11:29:13 HUAWEI %%01SHELL/5/CMDRECORD(s)[1]:text',
      {
        host: 'HUAWEI',
        app: 'SHELL',
        messageId: 'SHELL/5/CMDRECORD',
        text: '%%01SHELL/5/CMDRECORD(s)[1]:text',
      },
    ],
    [
      '<189>Nov 30 11:29:13 2026 H3C %%10SHELL/5/SHELL_LOGIN: text',
      { host: 'H3C', app: 'SHELL', messageId: 'SHELL/5/SHELL_LOGIN', text: '%%10SHELL/5/SHELL_LOGIN: text' },
    ],
  ],
  Juniper: [
    [
      "<37>Nov 30 11:29:13 router1 mgd[4163]: UI_DBASE_LOGOUT_EVENT: User 'root'",
      {
        host: 'router1',
        app: 'mgd',
        processId: '4163',
        messageId: 'UI_DBASE_LOGOUT_EVENT',
        text: "UI_DBASE_LOGOUT_EVENT: User 'root'",
      },
    ],
    [
      '<165>1 2026-11-30T11:29:13.133Z router1 mgd 3046 UI_EVENT [junos@2636.1 username="u"] text',
      {
        time: '11:29:13.133',
        host: 'router1',
        app: 'mgd',
        processId: '3046',
        messageId: 'UI_EVENT',
        data: [['junos@2636.1.username', 'u']],
        text: 'text',
      },
    ],
  ],
  UniFi: [
    [
      '<14>Nov 30 11:29:13 AP-3AU7 aabbccddeeff,U7-Pro-XG-8.6.11+18870: hostapd[6885]: text',
      {
        host: 'AP-3AU7',
        app: 'hostapd',
        processId: '6885',
        data: [
          ['mac', 'aabbccddeeff'],
          ['model', 'U7-Pro-XG'],
          ['firmware', '8.6.11+18870'],
        ],
        text: 'text',
      },
    ],
    [
      '<4>Nov 30 11:29:13 U7PG2,aabbccddee00,v4.3.28.11361: hostapd: text',
      {
        host: 'aabbccddee00',
        app: 'hostapd',
        data: [
          ['mac', 'aabbccddee00'],
          ['model', 'U7PG2'],
          ['firmware', '4.3.28.11361'],
        ],
        text: 'text',
      },
    ],
    [
      '<4>Nov 30 11:29:13 ("U7PG2,aabbccddee00,v3.7.5") hostapd: text',
      {
        host: 'aabbccddee00',
        app: 'hostapd',
        data: [
          ['mac', 'aabbccddee00'],
          ['model', 'U7PG2'],
          ['firmware', '3.7.5'],
        ],
        text: 'text',
      },
    ],
  ],
  MikroTik: [
    [
      '<30>Nov 30 11:29:13 MikroTik system,info user admin logged in',
      {
        host: 'MikroTik',
        app: 'system',
        data: [
          ['topics', 'system'],
          ['topics', 'info'],
        ],
        text: 'user admin logged in',
      },
    ],
    [
      '<30>firewall,info forward: in:ether1',
      {
        time: undefined,
        app: 'firewall',
        data: [
          ['topics', 'firewall'],
          ['topics', 'info'],
        ],
        text: 'forward: in:ether1',
      },
    ],
  ],
  CEF: [
    [
      '<134>Nov 30 11:29:13 host CEF:0|Vendor|Product|1.0|100|Name|5|src=10.0.0.1',
      {
        host: 'host',
        app: 'Product',
        messageId: '100',
        text: 'CEF:0|Vendor|Product|1.0|100|Name|5|src=10.0.0.1',
      },
    ],
    [
      '<134>CEF:0|Vendor|Pro\\|duct|1.0|100|Name|5|src=10.0.0.1 dvchost=dev1',
      {
        time: undefined,
        host: 'dev1',
        app: 'Pro|duct',
        messageId: '100',
        text: 'CEF:0|Vendor|Pro\\|duct|1.0|100|Name|5|src=10.0.0.1 dvchost=dev1',
      },
    ],
  ],
  LEEF: [
    [
      '<134>Nov 30 11:29:13 host LEEF:1.0|Vendor|Product|1.0|EV1|src=10.0.0.1',
      {
        host: 'host',
        app: 'Product',
        messageId: 'EV1',
        text: 'LEEF:1.0|Vendor|Product|1.0|EV1|src=10.0.0.1',
      },
    ],
  ],
  'Palo Alto': [
    [
      '<14>Nov 30 11:29:13 PA-220 1,2026/11/30 11:29:13,0123,TRAFFIC,end,2305',
      {
        host: 'PA-220',
        app: 'TRAFFIC',
        messageId: 'end',
        data: [['serial', '0123']],
        text: '1,2026/11/30 11:29:13,0123,TRAFFIC,end,2305',
      },
    ],
    [
      '<14>1,2026/11/30 11:29:13,0123,THREAT,url,2305',
      {
        app: 'THREAT',
        messageId: 'url',
        data: [['serial', '0123']],
        text: '1,2026/11/30 11:29:13,0123,THREAT,url,2305',
      },
    ],
  ],
  'Fortinet, Sophos, SonicWall': [
    [
      '<189>date=2026-11-30 time=12:29:13 devname="FG1" tz="+0100" logid="0013" type="traffic"',
      {
        host: 'FG1',
        app: 'traffic',
        messageId: '0013',
        text: 'date=2026-11-30 time=12:29:13 devname="FG1" tz="+0100" logid="0013" type="traffic"',
      },
    ],
    [
      '<30>device="SFW" date=2026-11-30 time=11:29:13 device_name="XG210" log_id=0101 log_type="Firewall"',
      {
        host: 'XG210',
        app: 'Firewall',
        messageId: '0101',
        text: 'device="SFW" date=2026-11-30 time=11:29:13 device_name="XG210" log_id=0101 log_type="Firewall"',
      },
    ],
    [
      '<134>id=firewall sn=C0EA time="2026-11-30 11:29:13 UTC" fw=10.0.0.1 m=537 msg="x"',
      {
        host: '10.0.0.1',
        app: 'firewall',
        messageId: '537',
        text: 'id=firewall sn=C0EA time="2026-11-30 11:29:13 UTC" fw=10.0.0.1 m=537 msg="x"',
      },
    ],
  ],
};

const expected = (
  { time, ...parts }: Expected,
  isTimed: boolean,
): Omit<SyslogMessage, 'facility' | 'severity'> => ({
  timestampNs: isTimed ? BigInt(Date.parse(`2026-11-30T${time ?? '11:29:13'}Z`)) * 1_000_000n : undefined,
  host: '',
  app: '',
  processId: '',
  messageId: '',
  data: [],
  ...parts,
});

const read = (message: string | Buffer): SyslogMessage => parseSyslog(Buffer.from(message), times);
const millisecondsOf = (ns: bigint | undefined): bigint | undefined => ns && ns - (ns % 1_000_000n);

for (const [dialect, rows] of Object.entries(samples))
  describe(dialect, () => {
    it.each(rows)('%s', (message, wanted) => {
      const { facility: _, severity: __, timestampNs, ...parts } = read(message);
      const isTimed = !('time' in wanted) || wanted.time !== undefined;
      expect({ ...parts, timestampNs: millisecondsOf(timestampNs) }).toEqual(expected(wanted, isTimed));
    });
  });

it('each dialect has samples', () => {
  const names = [...headerDialects, lastDialect, ...contentDialects].map(({ name }) => name);
  expect(Object.keys(samples)).toEqual(expect.arrayContaining(names));
});

it('any piece of a sample, and any two put together, is read without a throw, and its words are not lost', () => {
  const texts = Object.values(samples).flatMap((rows) => rows.map(([message]) => message.toString()));
  fc.assert(
    fc.property(
      fc.constantFrom(...texts),
      fc.constantFrom(...texts),
      fc.nat(60),
      fc.nat(60),
      fc.string({ maxLength: 12, unit: 'binary' }),
      within(fuzzMs, (one, other, from, to, between) => {
        const whole = `${one.slice(from)}${between}${other.slice(0, to)} needle`;
        const { data, ...parts } = read(whole);
        const kept = [...Object.values(parts).map(String), ...data.map(([, value]) => value)].join(' ');
        expect(kept).toContain('needle');
        expect(parts.text).not.toMatch(/[\0\r]|^\ufeff|\n$/);
      }),
    ),
  );
});

it('a long message of whatever kind is read in time that grows with its length', () => {
  const length = 1_000_000;
  for (const piece of [
    '<',
    '[',
    '[a b="',
    '[a b=c ',
    'a: ',
    'A_',
    '1: ',
    '%A-',
    '|',
    'a,',
    '\\',
    ' ',
    '\n',
    '\r',
    'a=',
    'Nov ',
  ])
    for (const head of [
      '',
      '<13>',
      '<13>1 - h a - - ',
      '<13>Nov 30 11:29:13 h ',
      '<13>CEF:0|',
      '<13>date=2026-',
    ]) {
      const { text } = read(head + piece.repeat(length / piece.length));
      expect(typeof text).toBe('string');
    }
});
