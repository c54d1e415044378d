// A syslog message: priority, header and text, in one of the dialects that senders speak.

import { isUtf8 } from 'node:buffer';
import type { TimeReader } from '../parse/time-reader.ts';
import type { Content, Header, HeaderContext } from './dialects/dialect.ts';
import { contentDialects, headerDialects, lastDialect } from './dialects/table.ts';

export interface SyslogMessage extends Header {
  readonly facility: number;
  readonly severity: number;
}

/** A message without priority counts as user.notice (RFC 3164 §4.3.3). */
const priorityDefault = 13;
const priorityMax = 191;

/**
 * Reads any bytes as a message: what no dialect takes for its header is text. The text is free of NULs, carriage
 * returns and the byte order mark.
 * @param times at the moment of receipt
 */
export function parseSyslog(bytes: Buffer, times: TimeReader): SyslogMessage {
  const whole = decoded(bytes);
  const [head, digits] = /^\s*<(\d{1,3})> */.exec(whole.slice(0, 32)) ?? ['', ''];
  const priority = digits !== '' && Number(digits) <= priorityMax ? Number(digits) : undefined;
  const context: HeaderContext = { times, prioritised: priority !== undefined };
  const header = readHeader(priority === undefined ? whole : whole.slice(head.length), context);
  return {
    facility: (priority ?? priorityDefault) >> 3,
    severity: (priority ?? priorityDefault) & 7,
    ...completed(header, context),
  };
}

function readHeader(text: string, context: HeaderContext): Header {
  for (const { read } of headerDialects) {
    const header = read(text, context);
    if (header) return header;
  }
  return lastDialect.read(text, context);
}

/** What the text tells beside the header, which counts for more. */
function completed(header: Header, context: HeaderContext): Header {
  // Of a program that is known, only the kind of message is asked for, which begins with a capital or "%".
  if (header.app !== '' && (header.messageId !== '' || !/^[%A-Z]/.test(header.text))) return header;
  const content = contentOf(header.text, context);
  // What already has its program is not taken apart for another.
  if (!content || (header.app !== '' && content.text !== undefined)) return header;
  return {
    timestampNs: header.timestampNs ?? content.timestampNs,
    host: header.host || (content.host ?? ''),
    app: header.app || (content.app ?? ''),
    processId: header.processId || (content.processId ?? ''),
    messageId: header.messageId || (content.messageId ?? ''),
    data: content.data ? [...header.data, ...content.data] : header.data,
    text: content.text ?? header.text,
  };
}

function contentOf(text: string, context: HeaderContext): Content | undefined {
  for (const { read } of contentDialects) {
    const content = read(text, context);
    if (content) return content;
  }
  return undefined;
}

const byteOrderMark = '\ufeff';

/** Old devices write Latin-1: bytes of which none is UTF-8 beyond ASCII are read as that. */
function decoded(bytes: Buffer): string {
  let text = bytes.toString('utf8');
  if (!isUtf8(bytes) && !/[\u0080-\ufffc\ufffe\uffff]/.test(text)) text = bytes.toString('latin1');
  if (text.startsWith(byteOrderMark)) text = text.slice(1);
  if (text.includes('\0')) text = text.replaceAll('\0', '');
  if (text.includes('\r')) text = text.replace(/\r\n?/g, '\n');
  let end = text.length;
  while (text[end - 1] === '\n') end--;
  return text.slice(0, end);
}
