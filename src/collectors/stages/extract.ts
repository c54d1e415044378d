// Fields of structured lines, as texts: whole, and all of them. What of them can be stored is for the intake to say.

import { scanLogfmt } from '../../formats/logfmt-pairs.ts';
import { type JsonMembers, valueKinds } from '../parse/json-members.ts';
import type { Extracted } from './extracted.ts';

/** New names and where their values are found. */
export type Names = readonly (readonly [name: string, source: string])[];

/**
 * New name → path (`a.b`; '' is the name itself) into a JSON object; no names: all single values of the first level.
 * `members` are the line's where they can be read.
 */
export function extractJson(line: string, names: Names, into: Extracted, members: JsonMembers): void {
  if (!members.read(line) || (names.length === 0 && !allMembers(members, into))) {
    parseAndExtract(line, names, into);
    return;
  }
  for (const [name, path] of names) {
    const value = textAt(members, path === '' ? name : path);
    if (value !== undefined) into.set(name, value);
  }
}

/** New name → key; no names: all of them. */
export function extractLogfmt(line: string, names: Names, into: Extracted): void {
  scanLogfmt(line, (key, value) => {
    if (names.length === 0) into.set(key, value);
    else
      for (const [name, source] of names) if ((source === '' ? name : source) === key) into.set(name, value);
    return true;
  });
}

/** False, with nothing taken: there are names that an object does not keep in their order. */
function allMembers(members: JsonMembers, into: Extracted): boolean {
  const { count } = members;
  for (let i = 0; i < count; i++) if (isDigit(members.text.charCodeAt(members.nameStart(i)))) return false;
  for (let i = 0; i < count; i++) {
    const name = members.name(i);
    const last = members.find(name);
    const value = members.kind(last) === valueKinds.nested ? undefined : textOf(members, last);
    if (value !== undefined) into.set(name, value);
  }
  return true;
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

function textAt(members: JsonMembers, path: string): string | undefined {
  const whole = members.find(path);
  if (whole >= 0) return textOf(members, whole);
  const dot = path.indexOf('.');
  const outer = dot < 0 ? -1 : members.find(path.slice(0, dot));
  if (outer < 0 || members.kind(outer) !== valueKinds.nested) return undefined;
  return asText(valueBelow(JSON.parse(members.value(outer)), path.slice(dot + 1)));
}

/** What `asText` gives of the parsed value. */
function textOf(members: JsonMembers, member: number): string | undefined {
  switch (members.kind(member)) {
    case valueKinds.text:
      return members.text.slice(members.valueStart(member) + 1, members.valueEnd(member) - 1);
    case valueKinds.integer:
    case valueKinds.boolean:
      return members.value(member);
    case valueKinds.escapedText:
    case valueKinds.number:
    case valueKinds.null:
    case valueKinds.nested:
      return asText(JSON.parse(members.value(member)));
  }
}

/** As extractJson, by way of the whole object. */
function parseAndExtract(line: string, names: Names, into: Extracted): void {
  const object = jsonObject(line);
  if (!object) return;
  if (names.length === 0) {
    for (const [name, value] of Object.entries(object)) {
      const text = typeof value === 'object' ? undefined : asText(value);
      if (text !== undefined) into.set(name, text);
    }
    return;
  }
  for (const [name, source] of names) {
    const path = source === '' ? name : source;
    // The whole path as one key first: ECS writes "log.level".
    const text = asText(Object.hasOwn(object, path) ? object[path] : valueBelow(object, path));
    if (text !== undefined) into.set(name, text);
  }
}

function jsonObject(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^\s*\{/.test(line)) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** What is at `a.b` of a value. */
function valueBelow(value: unknown, path: string): unknown {
  let at = value;
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[part];
  }
  return at;
}

/** Objects as JSON; null and undefined count as absent. */
function asText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
