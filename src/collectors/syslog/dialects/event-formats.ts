// Formats of events that products write as the text: it stays whole, for the parsers of queries.

import type { Content, HeaderContext } from './dialect.ts';

/** Fields are looked for so far into the text. */
const headCharsMax = 4_096;

/** ArcSight's `CEF:0|Vendor|Product|Version|Signature|Name|Severity|extension`: `\|` is a bar inside a field. */
export function readCef(text: string): Content | undefined {
  if (!/^CEF: ?\d/.test(text.slice(0, 8))) return undefined;
  const [, , product = '', , signature = ''] = barred(text, 5);
  return { app: product, messageId: signature, host: extensionValue(text, ['dvchost', 'dvc']) };
}

/** QRadar's `LEEF:1.0|Vendor|Product|Version|EventID|attributes`. */
export function readLeef(text: string): Content | undefined {
  if (!/^LEEF: ?\d/.test(text.slice(0, 8))) return undefined;
  const [, , product = '', , event = ''] = barred(text, 5);
  return { app: product, messageId: event, host: extensionValue(text, ['devName', 'identHostName']) };
}

/** The first `count` fields between bars. */
function barred(text: string, count: number): string[] {
  const fields: string[] = [];
  let at = 0;
  const end = Math.min(text.length, headCharsMax);
  for (let start = 0; at < end && fields.length < count; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '|') {
      fields.push(text.slice(start, at).replace(/\\([\\|])/g, '$1'));
      start = at + 1;
    }
  }
  return fields;
}

/** The value of the first of these names; one word, as names of hosts are. */
function extensionValue(text: string, names: readonly string[]): string {
  const head = text.slice(0, headCharsMax);
  for (const name of names) {
    const value = new RegExp(`[| \\t]${name}=([\\w.:-]{1,255})`).exec(head)?.[1];
    if (value !== undefined) return value;
  }
  return '';
}

/** Palo Alto: `1,2026/11/30 11:29:13,012345678901,TRAFFIC,end,…`. */
export function readPanOs(text: string, { times }: HeaderContext): Content | undefined {
  const fields =
    /^\d*,(?<time>\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d),(?<serial>\w*),(?<type>[A-Z-]{3,20}),(?<subtype>[^,]{0,64}),/.exec(
      text.slice(0, 256),
    )?.groups;
  if (!fields) return undefined;
  return {
    app: fields.type ?? '',
    messageId: fields.subtype ?? '',
    timestampNs: times.timeAt(fields.time ?? '', 0)?.ns,
    data: [['serial', fields.serial ?? '']],
  };
}

const deviceNames = ['devname', 'device_name', 'fw', 'dvchost'] as const;
const eventTypes = ['type', 'log_type', 'log_component', 'id'] as const;
const eventIds = ['logid', 'log_id', 'm'] as const;

/** Fortinet, Sophos, SonicWall: `date=2026-11-30 time=11:29:13 devname="FG1" logid="…" type="traffic" …`. */
export function readKeyValue(text: string, { times }: HeaderContext): Content | undefined {
  if (!/^(?:date=\d{4}-|device=|devname=|device_name=|id=[\w"]+ +(?:sn|time)=|logver=|timestamp=)/.test(text))
    return undefined;
  const fields = new Map<string, string>();
  for (const [, name = '', quoted, bare] of text
    .slice(0, headCharsMax)
    .matchAll(/(\w+)=(?:"([^"]*)"|(\S*))/g))
    if (!fields.has(name)) fields.set(name, quoted ?? bare ?? '');
  const first = (names: readonly string[]): string =>
    names.map((name) => fields.get(name)).find((value) => value !== undefined && value !== '') ?? '';
  const [date = '', time = '', tz = ''] = ['date', 'time', 'tz'].map((name) => fields.get(name));
  const written = date === '' ? time : `${date}T${time}${/^[+-]\d{4}$/.test(tz) ? tz : ''}`;
  return {
    host: first(deviceNames),
    app: first(eventTypes),
    messageId: first(eventIds),
    timestampNs: times.timeAt(written, 0)?.ns,
  };
}
