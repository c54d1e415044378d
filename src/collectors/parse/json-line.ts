// Time and level of a JSON line, by one walk over its members that stops when both are found. JSON.parse would cost
// several times as much for values nobody asked for. A line cut in its middle says what it says up to there.

import { levelOfField } from '../../formats/logger-levels.ts';
import { levelFields, timeFields } from './field-names.ts';
import type { ParsedLine } from './line-parser.ts';
import type { TimeReader } from './time-reader.ts';
import type { Instant } from './timestamps.ts';

const quote = 34;
const comma = 44;
const colon = 58;
const backslash = 92;
const openBrace = 123;
const closeBrace = 125;
const openBracket = 91;
const closeBracket = 93;

/**
 * Undefined when the line is no JSON object, or is broken before it tells anything. Of several names the likeliest one
 * with a usable value counts, of a repeated name the first.
 */
export function parseJsonLine(line: string, reader: TimeReader): ParsedLine | undefined {
  let at = skipSpace(line, 0);
  if (line.charCodeAt(at) !== openBrace) return undefined;
  let time: Instant | undefined;
  let refused: Instant | undefined;
  let level: string | undefined;
  let timeRank = timeFields.length;
  let levelRank = levelFields.length;
  const found = (): ParsedLine => ({ time, level, refused: time ? undefined : refused });
  at = skipSpace(line, at + 1);
  if (line.charCodeAt(at) === closeBrace) return found();
  while (timeRank > 0 || levelRank > 0) {
    const keyStart = at + 1;
    const keyEnd = line.charCodeAt(at) === quote ? stringEnd(line, keyStart) : -1;
    at = keyEnd < 0 ? line.length : skipSpace(line, keyEnd + 1);
    if (line.charCodeAt(at) !== colon) break;
    const valueStart = skipSpace(line, at + 1);
    const valueEnd = endOfValue(line, valueStart);
    if (valueEnd < 0) break;
    const asTime = rank(timeFields, line, keyStart, keyEnd, timeRank);
    const asLevel = rank(levelFields, line, keyStart, keyEnd, levelRank);
    if (asTime < timeRank) {
      const read = timeOfValue(line, valueStart, valueEnd, reader);
      if (read && reader.accepts(read)) [time, timeRank] = [read, asTime];
      else refused ??= read;
    } else if (asLevel < levelRank) {
      const read = levelOfValue(line, valueStart, valueEnd);
      if (read !== undefined) [level, levelRank] = [read, asLevel];
    }
    at = skipSpace(line, valueEnd);
    const next = line.charCodeAt(at);
    if (next === closeBrace) return found();
    if (next !== comma) break;
    at = skipSpace(line, at + 1);
  }
  return time === undefined && level === undefined ? undefined : found();
}

/** Place of `line[start, end)` among the first `below` names; `below` when it is none of them. */
function rank(names: readonly string[], line: string, start: number, end: number, below: number): number {
  for (let i = 0; i < below; i++) {
    const name = names[i] as string;
    if (name.length === end - start && line.startsWith(name, start)) return i;
  }
  return below;
}

function timeOfValue(line: string, start: number, end: number, reader: TimeReader): Instant | undefined {
  if (line.charCodeAt(start) === quote) return fieldTime(line.slice(start + 1, end - 1), reader);
  const text = line.slice(start, end);
  return reader.unixField(/^[\d.]+[eE]/.test(text) ? String(Number(text)) : text);
}

/** Text in a field: a date and a time, or a Unix time that is acceptable. */
export const fieldTime = (text: string, reader: TimeReader): Instant | undefined =>
  reader.calendarField(text) ?? reader.unixField(text);

const levelOfValue = (line: string, start: number, end: number): string | undefined =>
  levelOfField(
    line.charCodeAt(start) === quote ? line.slice(start + 1, end - 1) : Number(line.slice(start, end)),
  );

function skipSpace(line: string, from: number): number {
  let at = from;
  for (let code = line.charCodeAt(at); code === 32 || (code >= 9 && code <= 13); code = line.charCodeAt(at))
    at++;
  return at;
}

/** Offset of the quote that closes a string whose text begins at `from`; -1 when none does. */
function stringEnd(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash) at++;
  }
  return -1;
}

/** Offset behind the value at `from`; -1 when it does not end. */
function endOfValue(line: string, from: number): number {
  const first = line.charCodeAt(from);
  if (first === quote) return stringEnd(line, from + 1) + 1 || -1;
  let depth = 0;
  for (let at = from; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (depth === 0 && (code === comma || code === closeBrace || code === 32)) return at > from ? at : -1;
    if (code === quote) {
      at = stringEnd(line, at + 1);
      if (at < 0) return -1;
    } else if (code === openBrace || code === openBracket) depth++;
    else if (code === closeBrace || code === closeBracket) {
      depth--;
      if (depth <= 0) return depth < 0 ? -1 : at + 1;
    }
  }
  return -1;
}
