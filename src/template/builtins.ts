// text/template's own functions. `and` and `or` are not here: they evaluate their arguments one by one (compile.ts).
import {
  type CallContext,
  type FunctionTable,
  fixed,
  type TemplateFunction,
  variadic,
} from './function-table.ts';
import { queryEscape, sliceBytes } from './functions-text.ts';
import { sprint, sprintf, sprintln } from './printf.ts';
import { FunctionError } from './template-error.ts';
import { integerOf, isTrue, LabelMap, SizedInteger, typeName, type Value } from './value.ts';

type Kind = 'bool' | 'float' | 'int' | 'string' | 'time' | 'other' | 'nil';

function kindOf(value: Value): Kind {
  if (value === undefined || value === null) return 'nil';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'string';
  return integerOf(value) === undefined ? 'other' : 'int';
}

const mismatch = (a: Value, b: Value): FunctionError =>
  new FunctionError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`);

function equal(a: Value, b: Value): boolean {
  const [ka, kb] = [kindOf(a), kindOf(b)];
  if (ka === 'nil' || kb === 'nil') return ka === kb;
  if (ka === 'other' || kb === 'other') throw new FunctionError('non-comparable type');
  if (ka !== kb) throw mismatch(a, b);
  return ka === 'int' ? integerOf(a) === integerOf(b) : a === b;
}

function less(a: Value, b: Value): boolean {
  const [ka, kb] = [kindOf(a), kindOf(b)];
  for (const kind of [ka, kb]) {
    if (kind === 'other' || kind === 'nil') throw new FunctionError('invalid type for comparison');
  }
  if (ka !== kb) throw mismatch(a, b);
  if (ka === 'bool') throw new FunctionError('invalid type for comparison');
  if (ka === 'int') return (integerOf(a) as bigint) < (integerOf(b) as bigint);
  return (a as string | number) < (b as string | number);
}

const compare = (call: (a: Value, b: Value) => boolean): TemplateFunction =>
  fixed(['any', 'any'], call as (...args: never[]) => Value);

function lengthOf(value: Value, { line, lineBytes }: CallContext): bigint {
  if (typeof value === 'string') return BigInt(value === line ? lineBytes() : Buffer.byteLength(value));
  if (Array.isArray(value)) return BigInt(value.length);
  if (value instanceof Map) return BigInt(value.size);
  if (value instanceof LabelMap) return BigInt([...value.source.entries()].length);
  if (value === undefined || value === null) throw new FunctionError('len of nil pointer');
  throw new FunctionError(`len of type ${typeName(value)}`);
}

function position(index: Value, length: number): number {
  const at = integerOf(index);
  if (at === undefined) {
    if (index === undefined || index === null) throw new FunctionError('cannot index slice/array with nil');
    throw new FunctionError(`cannot index slice/array with type ${typeName(index)}`);
  }
  if (at < 0n || at > BigInt(length)) throw new FunctionError(`index out of range: ${at}`);
  return Number(at);
}

function index([value, ...indices]: readonly Value[]): Value {
  let current = value;
  if (current === undefined || current === null) throw new FunctionError('index of untyped nil');
  for (const key of indices) {
    if (current instanceof Map || current instanceof LabelMap) {
      if (typeof key !== 'string')
        throw new FunctionError(`value has type ${typeName(key)}; should be string`);
      current = current instanceof Map ? current.get(key) : (current.source.get(key) ?? '');
      continue;
    }
    const list = typeof current === 'string' ? Buffer.from(current) : current;
    if (!Array.isArray(list) && !Buffer.isBuffer(list))
      throw new FunctionError(`can't index item of type ${typeName(current)}`);
    const at = position(key, list.length);
    if (at >= list.length) throw new FunctionError(`index out of range: ${at}`);
    current = Buffer.isBuffer(list)
      ? new SizedInteger('uint8', BigInt(list[at] as number))
      : (list[at] as Value);
  }
  return current;
}

function slice([value, ...bounds]: readonly Value[]): Value {
  if (bounds.length > 3) throw new FunctionError(`too many slice indexes: ${bounds.length}`);
  if (typeof value !== 'string' && !Array.isArray(value)) {
    if (value === undefined || value === null) throw new FunctionError('slice of untyped nil');
    throw new FunctionError(`can't slice item of type ${typeName(value)}`);
  }
  if (typeof value === 'string' && bounds.length === 3)
    throw new FunctionError('cannot 3-index slice a string');
  const length = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  const [start = 0, end = length] = bounds.map((bound) => position(bound, length));
  if (start > end) throw new FunctionError(`invalid slice index: ${start} > ${end}`);
  return typeof value === 'string'
    ? sliceBytes(value, start, end)
    : (value as readonly Value[]).slice(start, end);
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\ufffd',
};
const html = (text: string): string => text.replace(/["'&<>\0]/g, (c) => htmlEscapes[c] as string);

function js(text: string): string {
  return text.replace(/[\\'"<>&=\p{Cc}]/gu, (c) => {
    if (c === '\\' || c === "'" || c === '"') return `\\${c}`;
    return `\\u${(c.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

const textOf = (args: readonly Value[]): string => sprint(args);

export const builtins: FunctionTable = {
  eq: variadic(['any'], 'any', ([first, ...others]) => {
    if (others.length === 0) throw new FunctionError('missing argument for comparison');
    return others.some((other) => equal(first, other));
  }),
  ne: compare((a, b) => !equal(a, b)),
  lt: compare(less),
  le: compare((a, b) => less(a, b) || equal(a, b)),
  gt: compare((a, b) => !less(a, b) && !equal(a, b)),
  ge: compare((a, b) => !less(a, b)),
  not: fixed(['any'], ((value: Value) => !isTrue(value)) as (...args: never[]) => Value),
  len: { parameters: ['any'], call: ([value], context) => lengthOf(value, context) },
  index: variadic(['any'], 'any', index),
  slice: variadic(['any'], 'any', slice),
  print: variadic([], 'any', sprint),
  println: variadic([], 'any', sprintln),
  printf: variadic(['string'], 'any', ([format, ...values]) => sprintf(format as string, values)),
  html: variadic([], 'any', (args) => html(textOf(args))),
  js: variadic([], 'any', (args) => js(textOf(args))),
  urlquery: variadic([], 'any', (args) => queryEscape(textOf(args))),
};
