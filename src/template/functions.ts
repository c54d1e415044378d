// Every function a template may call, by name.

import { GoTime } from '../go/time.ts';
import { localZone } from '../go/zone.ts';
import { builtins } from './builtins.ts';
import { type FunctionTable, fixed, type TemplateFunction, variadic } from './function-table.ts';
import { mathFunctions } from './functions-math.ts';
import { textFunctions } from './functions-text.ts';
import { timeFunctions } from './functions-time.ts';
import type { Value } from './value.ts';

/** JSON as Go's encoding/json reads it into `any`; nil when it is not JSON. */
function fromJson(text: string): Value {
  try {
    return valueOfJson(JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function valueOfJson(json: unknown): Value {
  if (Array.isArray(json)) return json.map(valueOfJson);
  if (typeof json !== 'object' || json === null) return json as string | number | boolean | null;
  return new Map(Object.entries(json).map(([name, value]) => [name, valueOfJson(value)]));
}

const entryFunctions: FunctionTable = {
  __line__: variadic([], 'any', (_args, { line }) => line),
  __timestamp__: variadic([], 'any', (_args, { timestampNs }) => new GoTime(timestampNs, localZone())),
  fromJson: fixed(['string'], fromJson as (...args: never[]) => Value),
};

const functions = new Map<string, TemplateFunction>(
  [builtins, textFunctions, mathFunctions, timeFunctions, entryFunctions].flatMap((table) =>
    Object.entries(table),
  ),
);

export const functionNamed = (name: string): TemplateFunction | undefined => functions.get(name);

/** Functions whose arguments are evaluated only as needed, and `call`, which has nothing to call. */
export const specialForms: ReadonlySet<string> = new Set(['and', 'or', 'call']);
