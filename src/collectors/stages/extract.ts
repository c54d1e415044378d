// Fields of structured lines, as texts: whole, and all of them. What of them can be stored is for the intake to say.

import { scanLogfmt } from '../../formats/logfmt-pairs.ts';
import { type JsonMembers, valueKinds } from '../parse/json-members.ts';
import type { Extracted } from './extracted.ts';

/** New names and where their values are found. */
export type Names = readonly (readonly [name: string, source: string])[];

/** What is to be read of JSON objects: single values, all of the first level if no others are named. */
export class JsonFields {
  readonly #names: Names;
  readonly #fields: readonly JsonField[];
  readonly #members: JsonMembers;

  /** `names`: new name → path (`a.b`; '' is the name itself) into an object. `members`: see {@link jsonFieldNames}. */
  constructor(names: Names, members: JsonMembers) {
    this.#names = names;
    this.#members = members;
    this.#fields = names.map(([name, source]) => {
      const path = source === '' ? name : source;
      const [outer = path, ...below] = path.split('.');
      return {
        name,
        path,
        known: members.numberOf(path),
        outer: below.length === 0 ? undefined : members.numberOf(outer),
        outerName: outer,
        below: below.join('.'),
      };
    });
  }

  extract(line: string, into: Extracted): void {
    const members = this.#members;
    const fields = this.#fields;
    if (!members.read(line) || (fields.length === 0 && !allMembers(members, into))) {
      parseAndExtract(line, this.#names, into);
      return;
    }
    for (const field of fields) setField(field, members, into);
  }
}

/** Names by which members are to be told that these fields ask for. */
export const jsonFieldNames = (names: Names): readonly string[] =>
  names.flatMap(([name, source]) => {
    const path = source === '' ? name : source;
    return [path, path.split('.', 1)[0] as string];
  });

interface JsonField {
  readonly name: string;
  readonly path: string;
  /** Of the whole path as one name, among the names that the members know. */
  readonly known: number;
  /** Of the path's first part; undefined: it has but one. */
  readonly outer: number | undefined;
  readonly outerName: string;
  readonly below: string;
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
  const { count, mayRepeat } = members;
  for (let member = 0; member < count; member++) if (/^\d/.test(members.name(member))) return false;
  for (let member = 0; member < count; member++) {
    const name = members.name(member);
    const last = mayRepeat ? members.find(name) : member;
    if (members.kind(last) !== valueKinds.nested) setMember(name, members, last, into);
  }
  return true;
}

/** The whole path as one name first: ECS writes "log.level". */
function setField(field: JsonField, members: JsonMembers, into: Extracted): void {
  const whole = field.known < 0 ? members.find(field.path) : members.findKnown(field.known);
  if (whole >= 0) {
    setMember(field.name, members, whole, into);
    return;
  }
  if (field.outer === undefined) return;
  const outer = field.outer < 0 ? members.find(field.outerName) : members.findKnown(field.outer);
  if (outer < 0 || members.kind(outer) !== valueKinds.nested) return;
  const text = asText(valueBelow(JSON.parse(members.value(outer)), field.below));
  if (text !== undefined) into.set(field.name, text);
}

/** What `asText` gives of the parsed value; where it is written like that in the block of lines, as its place there. */
function setMember(name: string, members: JsonMembers, member: number, into: Extracted): void {
  const kind = members.kind(member);
  switch (kind) {
    case valueKinds.text:
    case valueKinds.integer:
    case valueKinds.boolean: {
      const quotes = kind === valueKinds.text ? 1 : 0;
      if (into.isOf(members.block))
        into.setPlace(name, members.valueStart(member) + quotes, members.valueEnd(member) - quotes);
      else into.set(name, quotes === 1 ? members.textValue(member) : members.value(member));
      return;
    }
    case valueKinds.escapedText:
    case valueKinds.number:
    case valueKinds.null:
    case valueKinds.nested: {
      const text = asText(JSON.parse(members.value(member)));
      if (text !== undefined) into.set(name, text);
    }
  }
}

/** As `JsonFields.extract`, by way of the whole object. */
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
