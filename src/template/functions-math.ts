// Maths: integers wrap at 64 bits; operands of any kind are read as numbers, text included, 0 where they are none.
import { parseGoFloat } from '../go/number.ts';
import {
  addDecimal,
  type Decimal,
  decimalOf,
  divideDecimal,
  multiplyDecimal,
  numberOf,
  subtractDecimal,
} from './decimal.ts';
import { type FunctionTable, fixed, type TemplateFunction, variadic } from './function-table.ts';
import { FunctionError } from './template-error.ts';
import { integerOf, SizedInteger, type Value } from './value.ts';

const int64 = (value: bigint): SizedInteger => new SizedInteger('int64', value);

/** Whole numbers of a text with Go's prefixes (0x10, 0b1, 010); what follows a decimal point is cut off. */
function integerOfText(text: string): bigint {
  const whole = /^[+-]?[^.]*/.exec(text)?.[0] ?? '';
  const fraction = text.slice(whole.length);
  if (fraction !== '' && !/^\.[0-9]*$/.test(fraction)) return 0n;
  const found = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]+|[1-9][0-9_]*|0)$/.exec(whole);
  if (!found) return 0n;
  const digits = (found[2] as string).replaceAll('_', '');
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits);
  const value = found[1] === '-' ? -magnitude : magnitude;
  return BigInt.asIntN(64, value) === value ? value : 0n;
}

function toInteger(value: Value): bigint {
  const integer = integerOf(value);
  if (integer !== undefined) return integer;
  if (typeof value === 'number')
    return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : -(2n ** 63n);
  if (typeof value === 'string') return integerOfText(value);
  return value === true ? 1n : 0n;
}

function toFloat(value: Value): number {
  const integer = integerOf(value);
  if (integer !== undefined) return Number(integer);
  if (typeof value === 'number') return value;
  if (typeof value === 'string') return parseGoFloat(value) ?? 0;
  return value === true ? 1 : 0;
}

const overIntegers = (least: number, fold: (a: bigint, b: bigint) => bigint): TemplateFunction =>
  variadic(Array(least).fill('any'), 'any', (args) => int64(args.map(toInteger).reduce(fold)));

const pairOfIntegers = (call: (a: bigint, b: bigint) => bigint): TemplateFunction =>
  fixed(['any', 'any'], ((a: Value, b: Value) => int64(call(toInteger(a), toInteger(b)))) as (
    ...args: never[]
  ) => Value);

function nonZero(value: bigint): bigint {
  if (value === 0n) throw new FunctionError('runtime error: integer divide by zero');
  return value;
}

const overDecimals = (least: number, fold: (a: Decimal, b: Decimal) => Decimal): TemplateFunction =>
  variadic(Array(least).fill('any'), 'any', (args) =>
    numberOf(args.map((v) => decimalOf(toFloat(v))).reduce(fold)),
  );

const overFloats = (fold: (a: number, b: number) => number): TemplateFunction =>
  variadic(['any'], 'any', (args) => args.map(toFloat).reduce((a, b) => fold(a, b)));

const ofFloat = (call: (value: number) => number): TemplateFunction =>
  fixed(['any'], ((value: Value) => call(toFloat(value))) as (...args: never[]) => Value);

// Math.max and Math.min do not take bigints.
function larger(a: bigint, b: bigint): bigint {
  return a < b ? b : a;
}
function smaller(a: bigint, b: bigint): bigint {
  return b < a ? b : a;
}

/** Rounds at `places` digits; from `roundOn` (0.5) up. */
function round(args: readonly Value[]): number {
  const [value, places, roundOn = 0.5] = args;
  const power = 10 ** toFloat(places);
  const digit = power * toFloat(value);
  const fraction = digit - Math.trunc(digit);
  return (fraction >= toFloat(roundOn) ? Math.ceil(digit) : Math.floor(digit)) / power;
}

export const mathFunctions: FunctionTable = {
  int: fixed(['any'], toInteger as (...args: never[]) => Value),
  float64: ofFloat((value) => value),
  add: {
    ...overIntegers(0, (a, b) => a + b),
    call: (args) => int64(args.map(toInteger).reduce((a, b) => a + b, 0n)),
  },
  sub: pairOfIntegers((a, b) => a - b),
  mul: overIntegers(1, (a, b) => a * b),
  div: pairOfIntegers((a, b) => a / nonZero(b)),
  mod: pairOfIntegers((a, b) => a % nonZero(b)),
  max: overIntegers(1, larger),
  min: overIntegers(1, smaller),
  addf: {
    ...overDecimals(0, addDecimal),
    call: (args) =>
      numberOf(args.map((v) => decimalOf(toFloat(v))).reduce(addDecimal, { coefficient: 0n, exponent: 0 })),
  },
  subf: overDecimals(1, subtractDecimal),
  mulf: overDecimals(1, multiplyDecimal),
  divf: overDecimals(1, divideDecimal),
  maxf: overFloats(Math.max),
  minf: overFloats(Math.min),
  ceil: ofFloat(Math.ceil),
  floor: ofFloat(Math.floor),
  round: variadic(['any', 'int'], 'float64', round),
};
