// Time and level of a JSON line, by one walk over its members that stops when both are found. JSON.parse would cost
// several times as much for values nobody asked for. A line cut in its middle says what it says up to there.

import { levelOfField } from '../../formats/logger-levels.ts';
import { levelFields, timeFields } from './field-names.ts';
import { type JsonMembers, valueKinds } from './json-members.ts';
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

/** Names by which JsonMembers are to tell members that `parseJsonLine` asks for: these first. */
export const jsonLineNames: readonly string[] = [...timeFields, ...levelFields];

/**
 * Undefined when the line is no JSON object, or is broken before it tells anything. Of several names the likeliest one
 * with a usable value counts, of a repeated name the first. `members`, where the line's members are read anyway: they
 * know {@link jsonLineNames}.
 */
export function parseJsonLine(
  line: string,
  reader: TimeReader,
  members?: JsonMembers,
): ParsedLine | undefined {
  if (members?.read(line)) {
    const fields = new TimeAndLevel(reader);
    const { count } = members;
    for (let member = 0; member < count && !fields.areFound; member++) {
      const known = members.known(member);
      if (known >= 0 && known < jsonLineNames.length) fields.lookAtMember(members, member, known);
    }
    return fields.parsed();
  }
  const at = skipSpace(line, 0);
  if (line.charCodeAt(at) !== openBrace) return undefined;
  const fields = new TimeAndLevel(reader);
  return walk(line, at + 1, fields) || fields.tellSomething ? fields.parsed() : undefined;
}

/** What the members of a line say that were looked at so far. */
class TimeAndLevel {
  readonly #reader: TimeReader;
  #time: Instant | undefined;
  #refused: Instant | undefined;
  #level: string | undefined;
  #timeRank = timeFields.length;
  #levelRank = levelFields.length;

  constructor(reader: TimeReader) {
    this.#reader = reader;
  }

  /** True: no further member counts. */
  get areFound(): boolean {
    return this.#timeRank === 0 && this.#levelRank === 0;
  }

  get tellSomething(): boolean {
    return this.#time !== undefined || this.#level !== undefined;
  }

  parsed(): ParsedLine {
    return { time: this.#time, level: this.#level, refused: this.#time ? undefined : this.#refused };
  }

  /** The name without its quotes, a text as value with them. */
  look(text: string, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const asTime = rank(timeFields, text, nameStart, nameEnd, this.#timeRank);
    if (asTime < this.#timeRank) {
      const read = timeOfValue(text, valueStart, valueEnd, this.#reader);
      if (read && this.#reader.accepts(read)) {
        this.#time = read;
        this.#timeRank = asTime;
      } else this.#refused ??= read;
      return;
    }
    const asLevel = rank(levelFields, text, nameStart, nameEnd, this.#levelRank);
    if (asLevel === this.#levelRank) return;
    const read = levelOfValue(text, valueStart, valueEnd);
    if (read === undefined) return;
    this.#level = read;
    this.#levelRank = asLevel;
  }

  /** `known`: the name's place among {@link jsonLineNames}. */
  lookAtMember(members: JsonMembers, member: number, known: number): void {
    const asLevel = known - timeFields.length;
    if (asLevel < 0) {
      if (known < this.#timeRank) this.#foundTime(known, timeOfMember(members, member, this.#reader));
    } else if (asLevel < this.#levelRank) this.#foundLevel(asLevel, levelOfMember(members, member));
  }

  #foundTime(rankOfName: number, time: Instant | undefined): void {
    if (time && this.#reader.accepts(time)) {
      this.#time = time;
      this.#timeRank = rankOfName;
    } else this.#refused ??= time;
  }

  #foundLevel(rankOfName: number, level: string | undefined): void {
    if (level === undefined) return;
    this.#level = level;
    this.#levelRank = rankOfName;
  }
}

/** Looks at the members behind the opening brace; false when the object breaks off. */
function walk(line: string, from: number, fields: TimeAndLevel): boolean {
  let at = skipSpace(line, from);
  if (line.charCodeAt(at) === closeBrace) return true;
  while (!fields.areFound) {
    const nameStart = at + 1;
    const nameEnd = line.charCodeAt(at) === quote ? stringEnd(line, nameStart) : -1;
    at = nameEnd < 0 ? line.length : skipSpace(line, nameEnd + 1);
    if (line.charCodeAt(at) !== colon) return false;
    const valueStart = skipSpace(line, at + 1);
    const valueEnd = endOfValue(line, valueStart);
    if (valueEnd < 0) return false;
    fields.look(line, nameStart, nameEnd, valueStart, valueEnd);
    at = skipSpace(line, valueEnd);
    const next = line.charCodeAt(at);
    if (next === closeBrace) return true;
    if (next !== comma) return false;
    at = skipSpace(line, at + 1);
  }
  return true;
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
  return (
    reader.unixField(text) ?? (/^[\d.]+[eE]/.test(text) ? reader.unixField(String(Number(text))) : undefined)
  );
}

function timeOfMember(members: JsonMembers, member: number, reader: TimeReader): Instant | undefined {
  if (members.kind(member) === valueKinds.integer) return reader.unixNumber(members.integer(member));
  const value = members.value(member);
  return timeOfValue(value, 0, value.length, reader);
}

function levelOfMember(members: JsonMembers, member: number): string | undefined {
  const kind = members.kind(member);
  if (kind === valueKinds.integer) return levelOfField(members.integer(member));
  if (kind === valueKinds.text) return levelOfField(members.textValue(member));
  const value = members.value(member);
  return levelOfValue(value, 0, value.length);
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
  while (isSpace(line.charCodeAt(at))) at++;
  return at;
}

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

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
    if (depth === 0 && (code === comma || code === closeBrace || isSpace(code))) return at > from ? at : -1;
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
