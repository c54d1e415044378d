// Numbers and characters as Go writes them.
import { quoteGo, unquoteGo } from './quote.ts';

export interface NumberConstant {
  readonly text: string;
  /** Where an int may stand: int64. */
  readonly int?: bigint;
  readonly float: number;
}

type Parsed = NumberConstant | { readonly error: string };

/** The number of a token with its sign. */
export function numberConstant(text: string): Parsed {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[+-]/, '').replaceAll('_', '');
  const signed = (value: bigint): bigint => (negative ? -value : value);
  const legacyOctal = /^0[0-7]+$/.test(digits);
  if (legacyOctal || /^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9]+)$/.test(digits)) {
    const int = signed(BigInt(legacyOctal ? `0o${digits.slice(1)}` : digits));
    if (BigInt.asIntN(64, int) !== int) return { error: `integer overflow: ${quoteGo(text)}` };
    return { text, int, float: Number(int) };
  }
  const float = Number(digits) * (negative ? -1 : 1);
  if (Number.isNaN(float)) return { error: `bad number syntax: ${quoteGo(text)}` };
  // A float that is a whole number may be where an int is wanted (1e3).
  const whole = Number.isInteger(float) && Math.abs(float) < 2 ** 63 ? { int: BigInt(float) } : {};
  return { text, ...whole, float };
}

/** The code point of a character in single quotes. */
export function charConstant(text: string): Parsed {
  const inner = text.slice(1, -1);
  const value = unquoteGo(`"${inner === '"' ? '\\"' : inner.replace(/^\\'$/, "'")}"`);
  const codePoints = value === undefined ? [] : [...value];
  if (codePoints.length !== 1) return { error: `malformed character constant: ${text}` };
  const code = BigInt((value as string).codePointAt(0) as number);
  return { text, int: code, float: Number(code) };
}
