// STRUCTURED-DATA of RFC 5424, and what devices make of it:
//   [id@1 name="value" name="value"][other x="y"]   as written in the RFC
//   [Originator@6876 sub=Default opID=ab-1]         ESXi: values without quotes
//   [action:"Accept"; ifname:"eth0"; ]              Check Point: colons, semicolons, no id

import type { DataPair } from './dialect.ts';

export interface StructuredData {
  readonly pairs: readonly DataPair[];
  /** Offset after the last bracket. */
  readonly end: number;
}

/** Ids without "@" that RFC 5424 registers; any other such id without parameters is text in brackets. */
const registeredIds: readonly string[] = ['timeQuality', 'origin', 'meta'];

/** The elements at `at`, where a "[" stands; undefined when that bracket begins none. */
export function structuredData(text: string, at: number): StructuredData | undefined {
  const pairs: DataPair[] = [];
  let end = at;
  while (text[end] === '[') {
    const next = element(text, end, pairs);
    if (next < 0) break;
    end = next;
  }
  return end === at ? undefined : { pairs, end };
}

/** Adds the pairs of the element at `open`; gives the offset after it, or -1 when there is none. */
function element(text: string, open: number, pairs: DataPair[]): number {
  const found: DataPair[] = [];
  let at = open + 1;
  const idEnd = wordEnd(text, at);
  let id = '';
  if (text[idEnd] === ' ' || text[idEnd] === ']') {
    id = text.slice(at, idEnd);
    at = idEnd;
  }
  for (;;) {
    while (text[at] === ' ' || text[at] === ';') at++;
    if (text[at] === ']') break;
    const nameEnd = wordEnd(text, at);
    if (nameEnd === at || (text[nameEnd] !== '=' && text[nameEnd] !== ':')) return -1;
    const valueAt = nameEnd + 1;
    const valueEnd = text[valueAt] === '"' ? closingQuote(text, valueAt + 1) : bareEnd(text, valueAt);
    if (valueEnd < 0) return -1;
    const name = text.slice(at, nameEnd);
    found.push([id === '' ? name : `${id}.${name}`, unescaped(text, valueAt, valueEnd)]);
    at = text[valueAt] === '"' ? valueEnd + 1 : valueEnd;
  }
  if (found.length === 0 && !id.includes('@') && !registeredIds.includes(id)) return -1;
  pairs.push(...found);
  return at + 1;
}

/** Longest id or name that is one. */
const wordCharsMax = 128;

function wordEnd(text: string, from: number): number {
  const last = Math.min(text.length, from + wordCharsMax + 1);
  let at = from;
  while (at < last && !' =:];"['.includes(text[at] as string)) at++;
  return at;
}

function bareEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== ' ' && text[at] !== ']' && text[at] !== ';') at++;
  return at === text.length ? -1 : at;
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}

const unescaped = (text: string, at: number, end: number): string =>
  text[at] === '"' ? text.slice(at + 1, end).replace(/\\(["\\\]])/g, '$1') : text.slice(at, end);
