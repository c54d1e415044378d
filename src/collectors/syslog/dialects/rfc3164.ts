// What RFC 3164 found in use: `Nov 24 15:04:05 host app[123]: text`, any part of which may be missing, also behind what a
// relay put before it.

import { isIPv6 } from 'node:net';
import type { FoundTime } from '../../parse/timestamps.ts';
import type { Header, HeaderContext } from './dialect.ts';
import { headerTime } from './header-time.ts';
import { type Tag, tagOf } from './tag.ts';

/** Takes every text: what is no header is text. */
export function readRfc3164(text: string, context: HeaderContext): Header {
  const time = headerTime(text, 0, context);
  if (!time) {
    const tag = tagOf(text, 0, 'spaced');
    return header({ timestampNs: undefined, host: '', tag, text, at: 0 });
  }
  const outer = timed(text, time, context);
  return header(relayed(outer, context) ?? outer);
}

function timed(text: string, { ns, end }: FoundTime, context: HeaderContext): Parts {
  // "Nov 24 15:04:05:" ends so with some.
  const behind = /^:? +|^:$/.exec(text.slice(end, end + 64));
  const at = end + (behind?.[0].length ?? 0);
  const host = headerTime(text, at, context) ? '' : hostAt(text, at);
  const next =
    host === '' ? at : skipSpaces(text, at + host.length + (text[at + host.length] === ':' ? 1 : 0));
  const tag = tagOf(text, next, 'any') ?? phraseAt(text, next, host);
  return { timestampNs: ns, host, tag, text, at: next };
}

/**
 * The header as it came to a relay that put a time, or a time and a host, before it. Behind a host it is known by the
 * month's name alone: other times begin texts of programs, too.
 */
function relayed({ text, at, host }: Parts, context: HeaderContext): Parts | undefined {
  if (host !== '' && !/^[A-Z][a-z]{2} /.test(text.slice(at, at + 4))) return undefined;
  const time = headerTime(text, at, context);
  if (!time) return undefined;
  const inner = timed(text, time, context);
  return tagOf(text, inner.at, 'spaced') ? { ...inner, host: inner.host || host } : undefined;
}

interface Parts {
  readonly timestampNs: bigint | undefined;
  readonly host: string;
  readonly tag: Tag | undefined;
  readonly text: string;
  /** Offset after time and host. */
  readonly at: number;
}

const header = ({ timestampNs, host, tag, text, at }: Parts): Header => ({
  timestampNs,
  host,
  app: tag?.app ?? '',
  processId: tag?.processId ?? '',
  messageId: '',
  data: [],
  text: text.slice(tag?.end ?? at),
});

/** A name or address, as hosts have them; some devices put more after an "@". */
const hostWord = /^(?!%)[\p{L}\p{N}_.:@%/()-]{1,255}(?= |$)/u;
/** A full name or an address that ends in a colon of its own, before a tag. */
const dottedHost = /^((?:[\w-]+\.){2,}[\w-]+): (?=\S)/;
const repeated = /^(?:-+ )?last message (?:repeated|buffered)|^message repeated \d|^-- ?MARK/i;

/** The word at `at`, when it is a host: not the tag, nor the text of a sender that names no host. */
function hostAt(text: string, at: number): string {
  const punctuated = dottedHost.exec(text.slice(at, at + 256))?.[1];
  if (punctuated !== undefined && tagOf(text, at + punctuated.length + 2, 'spaced')) return punctuated;
  const found = hostWord.exec(text.slice(at, at + 256))?.[0] ?? '';
  if (found === '' || repeated.test(text.slice(at, at + 40))) return '';
  if (isIPv6(found)) return found;
  if (!/[\p{L}\p{N}]/u.test(found) || tagOf(text, at, 'any')) return '';
  // A number begins a text, unless a tag follows.
  if (/^\d+$/.test(found) && !tagOf(text, skipSpaces(text, at + found.length), 'spaced')) return '';
  return found;
}

/** Names of several words need the brackets to be told from a sentence: `Plex Media Server[12]: text`. */
const bracketedPhrase = /^(?<app>\p{L}[\w.-]*(?: [\w.-]+){1,4})\[(?<pid>\d{1,10})\]: /u;
/** Two or three plain words and a colon may be a name as well as a sentence: the text keeps them. */
const phrase = /^\p{L}[\p{L}_.-]{0,31}(?: \p{L}[\p{L}_.-]{0,31}){1,2}(?=: )/u;
const phraseCharsMax = 128;

function phraseAt(text: string, at: number, host: string): Tag | undefined {
  if (host === '') return undefined;
  const head = text.slice(at, at + phraseCharsMax);
  const { app = '', pid = '' } = bracketedPhrase.exec(head)?.groups ?? {};
  if (app !== '') return { app, processId: pid, end: at + app.length + pid.length + '[]: '.length };
  const words = phrase.exec(head)?.[0];
  return words === undefined ? undefined : { app: words, processId: '', end: at };
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ') at++;
  return at;
}
