// Devices that put the kind of message, or its topics, before the text.

import type { Content } from './dialect.ts';

const headCharsMax = 128;

/** Huawei, H3C: `%%01SHELL/5/CMDRECORD(s)[1]:…`. */
export function readComware(text: string): Content | undefined {
  const kind = /^%%\d\d(?<id>(?<module>[A-Za-z0-9_]+)\/\d\/[\w-]+)(?:\(\w+\))?(?:\[\d+\])?:/.exec(
    text.slice(0, headCharsMax),
  )?.groups;
  return kind && { app: kind.module ?? '', messageId: kind.id ?? '' };
}

/** Juniper: `UI_DBASE_LOGOUT_EVENT: …`, the words of whose names are in capitals. */
export function readJunos(text: string): Content | undefined {
  const kind = /^(?:[A-Z][A-Z0-9]*_)+[A-Z0-9]+(?=: )/.exec(text.slice(0, headCharsMax))?.[0];
  return kind === undefined ? undefined : { messageId: kind };
}

/** Severities that RouterOS has among its topics. */
const mikrotikSeverities = ['critical', 'error', 'warning', 'info', 'debug', 'packet', 'raw'];

/** MikroTik: `system,info,account user admin logged in`. */
export function readMikrotik(text: string): Content | undefined {
  const match = /^(?<topics>[a-z0-9-]{2,24}(?:,!?[a-z0-9-]{2,24}){1,6}):? /.exec(text.slice(0, headCharsMax));
  const topics = match?.groups?.topics?.split(',') ?? [];
  if (!match || !topics.some((topic) => mikrotikSeverities.includes(topic))) return undefined;
  return {
    app: topics.find((topic) => !mikrotikSeverities.includes(topic)) ?? '',
    data: topics.map((topic) => ['topics', topic]),
    text: text.slice(match[0].length),
  };
}
