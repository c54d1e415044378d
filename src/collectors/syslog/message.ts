// A syslog message: RFC 5424, or the older habit that RFC 3164 describes, or what comes close to it.

import type { Zone } from '../../template/time-zone.ts';
import { instantIn, isoTime, syslogTime } from '../parse/timestamps.ts';

export interface SyslogMessage {
  readonly facility: number;
  readonly severity: number;
  /** Undefined: the message tells no time. */
  readonly timestampNs: bigint | undefined;
  /** '' where the message says nothing: "-" counts as nothing. */
  readonly host: string;
  readonly app: string;
  readonly processId: string;
  readonly messageId: string;
  /** Structured data as `id.name` and value, in the order written. */
  readonly data: readonly (readonly [name: string, value: string])[];
  readonly text: string;
}

/** A message without priority counts as user.notice (RFC 3164 §4.3.3). */
const priorityDefault = 13;
const priorityMax = 191;
const dataPairsMax = 64;

/**
 * Reads any bytes as a message: what does not fit RFC 5424 is read as RFC 3164, and what does not fit that is all text.
 * @param zone of times that name none (RFC 3164)
 */
export function parseSyslog(bytes: Buffer, nowNs: bigint, zone: Zone): SyslogMessage {
  const whole = bytes.toString('utf8');
  const [head, digits] = /^<(\d{1,3})>/.exec(whole) ?? ['', ''];
  const priority = digits !== '' && Number(digits) <= priorityMax ? Number(digits) : undefined;
  const text = priority === undefined ? whole : whole.slice(head.length);
  const numbers = {
    facility: (priority ?? priorityDefault) >> 3,
    severity: (priority ?? priorityDefault) & 7,
  };
  return { ...numbers, ...(parse5424(text) ?? parse3164(text, nowNs, zone)) };
}

type Body = Omit<SyslogMessage, 'facility' | 'severity'>;

/** Most characters of HOSTNAME, APP-NAME, PROCID and MSGID; where more is usual than RFC 5424 allows, as much. */
const fieldCharsMax = [255, 128, 128, 128] as const;

/** `1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA [MSG]` behind the priority. */
function parse5424(text: string): Body | undefined {
  if (!text.startsWith('1 ')) return undefined;
  const timeEnd = text.indexOf(' ', 2);
  if (timeEnd <= 2) return undefined;
  const found = isoTime(text, 2);
  if (found ? found.end !== timeEnd : text.slice(2, timeEnd) !== '-') return undefined;
  const fields: string[] = [];
  let at = timeEnd + 1;
  for (const charsMax of fieldCharsMax) {
    const end = text.indexOf(' ', at);
    if (end <= at || end - at > charsMax) return undefined;
    const field = text.slice(at, end);
    if (/\s/.test(field)) return undefined;
    fields.push(value(field));
    at = end + 1;
  }
  const data = text[at] === '-' || text[at] === '[' ? structuredData(text, at) : undefined;
  if (!data) return undefined;
  const [host, app, processId, messageId] = fields as [string, string, string, string];
  return {
    timestampNs: found?.ns,
    host,
    app,
    processId,
    messageId,
    data: data.pairs,
    text: body(text, data.end),
  };
}

/** One space separates it; a byte order mark says that UTF-8 follows. */
function body(text: string, at: number): string {
  const start = text[at] === ' ' ? at + 1 : at;
  return text.slice(text[start] === '\ufeff' ? start + 1 : start);
}

const value = (field: string | undefined): string => (field === undefined || field === '-' ? '' : field);

/** `-` or `[id name="value" …][id …]` at `at`; undefined when malformed. */
function structuredData(
  text: string,
  at: number,
): { readonly pairs: [string, string][]; readonly end: number } | undefined {
  if (text[at] === '-')
    return text[at + 1] === undefined || text[at + 1] === ' ' ? { pairs: [], end: at + 1 } : undefined;
  const pairs: [string, string][] = [];
  let end = at;
  while (text[end] === '[') {
    const id = /[^\s=\]"]{1,128}/y;
    id.lastIndex = end + 1;
    const name = id.exec(text)?.[0];
    if (name === undefined) return undefined;
    end = id.lastIndex;
    while (text[end] === ' ') {
      const parameter = /([^\s=\]"]{1,128})="/y;
      parameter.lastIndex = end + 1;
      const key = parameter.exec(text)?.[1];
      if (key === undefined) return undefined;
      const close = closingQuote(text, parameter.lastIndex);
      if (close < 0) return undefined;
      if (pairs.length < dataPairsMax)
        pairs.push([`${name}.${key}`, text.slice(parameter.lastIndex, close).replace(/\\(["\\\]])/g, '$1')]);
      end = close + 1;
    }
    if (text[end] !== ']') return undefined;
    end++;
  }
  return text[end] === undefined || text[end] === ' ' ? { pairs, end } : undefined;
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}

/** `Nov 24 15:04:05 host app[123]: text`; ISO times too, and any of time, host and tag may be missing. */
function parse3164(text: string, nowNs: bigint, zone: Zone): Body {
  const iso = isoTime(text);
  const old = iso ? undefined : syslogTime(text, nowNs);
  const timed = iso ?? old;
  let rest = text.slice(timed?.end ?? 0).replace(timed ? /^:? / : /^$/, '');
  let host = '';
  // "host tag:"; without a second word the first is the tag, and without a time neither is sure.
  const named = timed && /^([\w.:-]*\w) (?=[^\s:[\]]{1,128}(\[[^\s\]]{1,128}\])?:( |$))/.exec(rest);
  if (named) {
    host = named[1] as string;
    rest = rest.slice(named[0].length);
  }
  const tag = /^([^\s:[\]]{1,128})(?:\[([^\s\]]{1,128})\])?:(?: |$)/.exec(rest);
  return {
    timestampNs: timed && (timed.zoned ? timed.ns : instantIn(timed.ns, zone)),
    host,
    app: tag?.[1] ?? '',
    processId: tag?.[2] ?? '',
    messageId: '',
    data: [],
    text: tag ? rest.slice(tag[0].length) : rest,
  };
}
