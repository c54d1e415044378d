// Fields of structured lines, as texts: whole, and all of them. What of them can be stored is for the intake to say.

import { scanLogfmt } from '../../formats/logfmt-pairs.ts';

/** New names and where their values are found. */
export type Names = readonly (readonly [name: string, source: string])[];

/** New name → path (`a.b`; '' is the name itself) into a JSON object; no names: all single values of the first level. */
export function extractJson(line: string, names: Names, into: Map<string, string>): void {
  const object = jsonObject(line);
  if (!object) return;
  if (names.length === 0) {
    for (const [name, value] of Object.entries(object)) if (typeof value !== 'object') set(into, name, value);
    return;
  }
  for (const [name, path] of names) set(into, name, valueAt(object, path === '' ? name : path));
}

/** New name → key; no names: all of them. */
export function extractLogfmt(line: string, names: Names, into: Map<string, string>): void {
  scanLogfmt(line, (key, value) => {
    if (names.length === 0) into.set(key, value);
    else
      for (const [name, source] of names) if ((source === '' ? name : source) === key) into.set(name, value);
    return true;
  });
}

function jsonObject(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!/^\s*\{/.test(line)) return undefined;
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** The whole path as one key first: ECS writes "log.level". */
function valueAt(object: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(object, path)) return object[path];
  let at: unknown = object;
  for (const part of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[part];
  }
  return at;
}

/** Objects as JSON; null and undefined count as absent. */
function set(into: Map<string, string>, name: string, value: unknown): void {
  if (value === null || value === undefined) return;
  into.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
}
