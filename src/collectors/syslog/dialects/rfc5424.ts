// RFC 5424: `1 TIME HOST APP PROCID MSGID STRUCTURED-DATA text`, with the bends that senders give it: no version, a
// "-" left out, no structured data or no space after it, several spaces, a time without zone, a tag in place of APP.

import type { Header, HeaderContext } from './dialect.ts';
import { headerTime } from './header-time.ts';
import { structuredData } from './structured-data.ts';
import { tagOf } from './tag.ts';

/** Where more is usual than RFC 5424 allows, as much. */
const wordCharsMax = 255;

export function readRfc5424(text: string, context: HeaderContext): Header | undefined {
  const version = /^[1-9]\d? +(?=-|\d)/.exec(text)?.[0].length ?? 0;
  const time = timeAt(text, version, context);
  if (!time) return undefined;
  const strict = version === 0 || !context.prioritised;
  const fields = readFields(text, time.end);
  if (!fields || (strict && !fields.complete)) return undefined;
  // "1 - first of all" is text.
  if (time.ns === undefined && !fields.complete && !/ -(?: |$)/.test(text.slice(time.end, fields.end)))
    return undefined;
  const { host, app, processId, messageId, data } = fields;
  return {
    timestampNs: time.ns,
    host,
    app,
    processId,
    messageId,
    data,
    text: body(text, fields.end) || text.slice(fields.dataAt, fields.end),
  };
}

/** After the time, where a space or the end of the text stands; one may stand within it, too. */
function timeAt(
  text: string,
  at: number,
  context: HeaderContext,
): { readonly ns: bigint | undefined; readonly end: number } | undefined {
  const end = wordEnd(text, at);
  // Without a version it takes more than a dash to make a header.
  if (end === at + 1 && text[at] === '-') return at === 0 ? undefined : { ns: undefined, end };
  const found = text[at + 4] === '-' ? headerTime(text, at, context) : undefined;
  if (found && (found.end === text.length || text[found.end] === ' '))
    return { ns: found.ns, end: found.end };
  // A time that cannot be one, or half of one, is the sender's mistake and no reason to lose what comes after it.
  return at > 0 && /^\d{4}-\d\d-\d\d/.test(text.slice(at, end)) ? { ns: undefined, end } : undefined;
}

interface Fields extends Pick<Header, 'host' | 'app' | 'processId' | 'messageId' | 'data'> {
  /** Offset after the last field. */
  readonly end: number;
  /** Offset of the structured data; `end` where there is none. Where all is said in it, it is the text, too. */
  readonly dataAt: number;
  /** Nothing was left out. */
  readonly complete: boolean;
}

/** HOST to STRUCTURED-DATA; undefined when a word is longer than any name. */
function readFields(text: string, from: number): Fields | undefined {
  const words: string[] = [];
  /** Offset after each word. */
  const ends: number[] = [];
  let at = skipSpaces(text, from);
  while (words.length < 4 && at < text.length) {
    // Structured data before its time: what is between was left out.
    const early = words.length > 0 && text[at] === '[' ? structuredData(text, at) : undefined;
    if (early) return { ...named(words), data: early.pairs, dataAt: at, end: early.end, complete: false };
    const end = wordEnd(text, at);
    if (end - at > wordCharsMax) return undefined;
    const tag = words.length === 1 ? tagOf(text, at, 'spaced') : undefined;
    if (tag) {
      const { app, processId } = tag;
      return { ...named(words), app, processId, data: [], dataAt: tag.end, end: tag.end, complete: false };
    }
    words.push(text.slice(at, end));
    ends.push(end);
    at = skipSpaces(text, end);
  }
  if (words.length === 4 && text[at] === '-' && (at + 1 === text.length || text[at + 1] === ' '))
    return without(words, at + 1, true);
  const data = words.length === 4 && text[at] === '[' ? structuredData(text, at) : undefined;
  if (data) return { ...named(words), data: data.pairs, dataAt: at, end: data.end, complete: true };
  // Something was left out: of the later words those are fields that look like it, and the text begins with the next.
  const last = at === text.length ? words.length - 1 : words.length;
  let count = Math.min(words.length, 2);
  if (count < last && isNil(words[2]) !== /\d/.test(words[2] ?? '')) count++;
  if (count === 3 && count < last && (isNil(words[3]) || looksLikeMessageId(words[3] ?? ''))) count++;
  while (isNil(words[count])) count++;
  return without(words.slice(0, count), skipSpaces(text, ends[count - 1] ?? from), false);
}

const isNil = (word: string | undefined): boolean => word === '-';

/** Without structured data. */
const without = (words: readonly string[], end: number, complete: boolean): Fields => ({
  ...named(words),
  data: [],
  dataAt: end,
  end,
  complete,
});

const looksLikeMessageId = (word: string): boolean => /^[A-Z0-9][A-Z0-9_.-]*$/.test(word);

function named(words: readonly string[]): Pick<Header, 'host' | 'app' | 'processId' | 'messageId'> {
  const value = (i: number): string => (words[i] === undefined || words[i] === '-' ? '' : words[i]);
  return { host: value(0), app: value(1), processId: value(2), messageId: value(3) };
}

/** One space separates it; a byte order mark says that UTF-8 follows. */
function body(text: string, at: number): string {
  const start = text[at] === ' ' ? at + 1 : at;
  return text.slice(text[start] === '\ufeff' ? start + 1 : start);
}

function wordEnd(text: string, at: number): number {
  const space = text.indexOf(' ', at);
  return space < 0 ? text.length : space;
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ') at++;
  return at;
}
