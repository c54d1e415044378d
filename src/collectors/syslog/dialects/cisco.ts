// Cisco: IOS, IOS-XE, IOS-XR, NX-OS, ASA, wireless controllers. The parts before `%FACILITY-SEVERITY-MNEMONIC:` come in
// whatever order the device and the relays before it were set up for:
//   189: router1: *Nov 30 11:29:13.406 UTC: %SYS-5-CONFIG_I: …    sequence numbers, origin id, clock that is not set
//   45: 3d02h: %LINK-3-UPDOWN: …                                  time since the start
//   : 2026 Nov 30 11:29:13 UTC: %ETHPORT-5-IF_UP: …               NX-OS
//   12: RP/0/RSP0/CPU0:Nov 30 11:29:13.4 : config[657]: %MGBL-SYS-5-CONFIG_I : …   IOS-XR
//   Nov 30 2026 11:29:13 fw1 : %ASA-6-302013: …                   ASA
//   Nov 30 11:29:13 router1 82: Nov 30 11:29:12.872: …            behind a relay

import type { Content, DataPair, Header, HeaderContext } from './dialect.ts';
import { headerTime } from './header-time.ts';

/** Characters that may come before the mnemonic, and parts they consist of. */
const prefixCharsMax = 300;
const partsMax = 12;

const mnemonic =
  /^%(?<facility>[A-Z][A-Z0-9_]*(?:[-/][A-Za-z0-9_]+)*?)-(?<severity>[0-7])-(?<name>[A-Z0-9_]+)(?= ?:|$)/;
const sequence = /^(\d{1,12}): ?/;
const numbered = /(?:^|[ :])\d{1,12}:/;
/** NX-OS: the virtual device. */
const virtualDevice = /^%\$ [\w-]+ %\$ ?/;
const uptime = /^(?:\d{1,3}:\d\d:\d\d|\d{1,3}[ywdh]\d{1,3}[ywdh])(?:\.\d+)?: /;
const node = /^([A-Z]{2}\/\d+\/[A-Z0-9]+\/CPU\d+) ?:/;
const named =
  /^(?<name>[A-Za-z][\w.-]*(?::[\w.-]+)?|\*[\w.-]+|\d+\.\d+\.\d+\.\d+)(?:\[(?<pid>\d+)\])?(?<colon> ?:)? /;
/** What IOS-XE puts after its time: the member of the stack, its slot, the process. */
const slot = /^(?:Switch \d+ )?R\d+\/\d+: (?:[\w.-]+: )?/;

interface Found {
  timestampNs: bigint | undefined;
  host: string;
  app: string;
  processId: string;
  sequence: string;
  readonly data: DataPair[];
  /** The time ended in a colon: what is named after it is a program, and not the host. */
  programsFollow: boolean;
  timedBehindSequence: boolean;
}

export function readCisco(text: string, context: HeaderContext): Header | undefined {
  const found: Found = {
    timestampNs: undefined,
    host: '',
    app: '',
    processId: '',
    sequence: '',
    data: [],
    programsFollow: false,
    timedBehindSequence: false,
  };
  const head = text.slice(0, prefixCharsMax);
  if (!head.includes('%') && !numbered.test(head)) return undefined;
  let at = 0;
  for (let parts = 0; parts < partsMax && at < prefixCharsMax; parts++) {
    const next = part(text, at, found, context);
    if (next < 0) break;
    at = next;
  }
  const content = ciscoContent(text.slice(at));
  // Without a mnemonic, a sequence number before the time tells it.
  if (!content && !found.timedBehindSequence) return undefined;
  if (found.sequence !== '') found.data.push(['sequence', found.sequence]);
  return {
    timestampNs: found.timestampNs,
    host: found.host,
    app: found.app || (content?.app ?? ''),
    processId: found.processId,
    messageId: content?.messageId ?? '',
    data: found.data,
    text: text.slice(at),
  };
}

/** `%SYS-5-CONFIG_I: …`: the facility is what speaks, the whole is the kind of message. */
export function ciscoContent(text: string): Content | undefined {
  if (text[0] !== '%') return undefined;
  const groups = mnemonic.exec(text.slice(0, 128))?.groups;
  if (!groups) return undefined;
  const { facility = '', severity = '', name = '' } = groups;
  return { app: facility, messageId: `${facility}-${severity}-${name}` };
}

/** Reads the part at `at`; gives the offset after it, or -1 when none is there. */
function part(text: string, at: number, found: Found, context: HeaderContext): number {
  const head = text.slice(at, at + prefixCharsMax);
  if (head[0] === ':' || head[0] === ' ') return at + 1;
  if (head[0] === '%') return (virtualDevice.exec(head)?.[0].length ?? -1 - at) + at;
  const time = headerTime(text, at, context);
  if (time) {
    found.timestampNs = time.ns;
    found.timedBehindSequence = found.sequence !== '';
    // A name of a zone that means nothing to us.
    const end = /^ [A-Z]{2,5}(?=:)/.exec(text.slice(time.end, time.end + 8))?.[0].length ?? 0;
    found.programsFollow = /^ ?:/.test(text.slice(time.end + end, time.end + end + 2));
    return time.end + end;
  }
  const number = sequence.exec(head);
  if (number && !uptime.test(head)) {
    if (found.sequence === '') found.sequence = number[1] ?? '';
    return at + number[0].length;
  }
  const since = uptime.exec(head);
  if (since) {
    found.programsFollow = true;
    return at + since[0].length;
  }
  const place = node.exec(head);
  if (place) {
    found.data.push(['node', place[1] ?? '']);
    return at + place[0].length;
  }
  return word(text, at, head, found);
}

/** A host or a program, told apart by where it is. */
function word(text: string, at: number, head: string, found: Found): number {
  const onSlot = found.programsFollow ? slot.exec(head) : null;
  if (onSlot) return at + onSlot[0].length;
  const groups = named.exec(head)?.groups;
  if (!groups) return -1;
  const { name = '', pid = '', colon = '' } = groups;
  const end = at + name.length + (pid === '' ? 0 : pid.length + 2) + colon.length;
  // Words of the text are no parts: only the last may stand without a colon, and only before what is one.
  if (colon === '' && !isPart(text.slice(end + 1, end + 64))) return -1;
  if (found.programsFollow || pid !== '' || name[0] === '*') {
    // A colon may end the first word of a text, too.
    if (name[0] !== '*' && !/^ ?%/.test(text.slice(end, end + 2))) return -1;
    found.app = name.replace(/^\*/, '');
    found.processId = pid;
  } else if (found.host === '') found.host = name;
  else return -1;
  return end;
}

const isPart = (text: string): boolean =>
  /^(?:%[A-Z]|:? ?%|\d{1,12}: |[*.]?[A-Z][a-z]{2} +\d|: |RP\/)/.test(text);
