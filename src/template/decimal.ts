// Decimal arithmetic for addf, subf, mulf and divf, which work on the decimal text of their operands
// (0.1 + 0.2 is 0.3), with sixteen digits after the point for quotients.
import { FunctionError } from './template-error.ts';

/** coefficient × 10^exponent */
export interface Decimal {
  readonly coefficient: bigint;
  readonly exponent: number;
}

export function decimalOf(value: number): Decimal {
  if (!Number.isFinite(value)) throw new FunctionError(`Cannot create a Decimal from ${value}`);
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e');
  const fraction = mantissa.split('.')[1] ?? '';
  return { coefficient: BigInt(mantissa.replace('.', '')), exponent: Number(exponent) - fraction.length };
}

export function numberOf({ coefficient, exponent }: Decimal): number {
  return Number(`${coefficient}e${exponent}`);
}

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  const scale = (d: Decimal): bigint => d.coefficient * 10n ** BigInt(d.exponent - exponent);
  return [scale(a), scale(b), exponent];
}

export function addDecimal(a: Decimal, b: Decimal): Decimal {
  const [x, y, exponent] = aligned(a, b);
  return { coefficient: x + y, exponent };
}
export const subtractDecimal = (a: Decimal, b: Decimal): Decimal =>
  addDecimal(a, { coefficient: -b.coefficient, exponent: b.exponent });

export const multiplyDecimal = (a: Decimal, b: Decimal): Decimal => ({
  coefficient: a.coefficient * b.coefficient,
  exponent: a.exponent + b.exponent,
});

const quotientDigits = 16;

/** Rounds half away from zero at the sixteenth digit after the point. */
export function divideDecimal(a: Decimal, b: Decimal): Decimal {
  if (b.coefficient === 0n) throw new FunctionError('decimal division by 0');
  const [x, y] = aligned(a, b);
  const negative = x < 0n !== y < 0n;
  const [numerator, divisor] = [x < 0n ? -x : x, y < 0n ? -y : y];
  const scaled = numerator * 10n ** BigInt(quotientDigits);
  const rounded = (scaled * 2n + divisor) / (divisor * 2n);
  return { coefficient: negative ? -rounded : rounded, exponent: -quotientDigits };
}
