// How values fit parameters, as Go's reflection decides it.

import { GoDuration, GoTime } from '../go/time.ts';
import type { ParameterType } from './function-table.ts';
import { type Operand, textOfOperand } from './nodes.ts';
import { integerOf, typeName, type Value } from './value.ts';

const looksLikeFloat = (text: string): boolean =>
  !/^[+-]?0[xX]/.test(text) && !text.startsWith("'") && /[.eEpP]/.test(text);

/** The value of a number constant where any type will do: int, or float64 when it is written as one. */
export function constantOf(node: Operand & { kind: 'number' }): Value {
  return node.int === undefined || looksLikeFloat(node.text) ? node.float : node.int;
}

type Constant = { readonly value: Value } | { readonly error: string };

/** A constant as an argument of a given type; undefined when the operand is no constant. */
export function assignable(node: Operand, type: ParameterType): Constant | undefined {
  if (node.kind === 'nil')
    return type === 'any' ? { value: null } : { error: `cannot assign nil to ${type}` };
  if (node.kind !== 'bool' && node.kind !== 'string' && node.kind !== 'number') return undefined;
  const shown = textOfOperand(node);
  const expected = (what: string): Constant => ({ error: `expected ${what}; found ${shown}` });
  switch (type) {
    case 'any':
      return { value: node.kind === 'number' ? constantOf(node) : node.value };
    case 'string':
      return node.kind === 'string' ? { value: node.value } : expected('string');
    case 'int':
    case 'int64':
      return node.kind === 'number' && node.int !== undefined ? { value: node.int } : expected('integer');
    case 'time.Duration':
      return node.kind === 'number' && node.int !== undefined
        ? { value: new GoDuration(node.int) }
        : expected('integer');
    case 'float64':
      return node.kind === 'number' ? { value: node.float } : expected('float');
    case 'time.Time':
      return { error: `can't handle ${shown} for arg of type time.Time` };
  }
}

/** What is wrong with a value for a parameter; undefined when it fits. */
export function checkValue(value: Value, type: ParameterType): string | undefined {
  if (type === 'any') return undefined;
  if (value === undefined || value === null) return `invalid value; expected ${type}`;
  return fits(value, type) ? undefined : `wrong type for value; expected ${type}; got ${typeName(value)}`;
}

function fits(value: Value, type: Exclude<ParameterType, 'any'>): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string';
    case 'int':
      return typeof value === 'bigint';
    case 'int64':
      return integerOf(value) !== undefined && typeName(value) === 'int64';
    case 'float64':
      return typeof value === 'number';
    case 'time.Time':
      return value instanceof GoTime;
    case 'time.Duration':
      return value instanceof GoDuration;
  }
}
