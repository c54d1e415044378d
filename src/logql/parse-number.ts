// Number literals with their sign.
import { goFloatError, parseGoFloat } from '../go/number.ts';
import { meaningError } from './parse-error.ts';
import type { TokenStream } from './token-stream.ts';

/** NUMBER, `+ NUMBER` or `- NUMBER`. */
export function parseSignedNumber(stream: TokenStream): number {
  const negative = stream.accept('-') !== undefined;
  if (!negative) stream.accept('+');
  const value = numberOf(stream.expect('NUMBER').text, 'literal');
  return negative ? -value : value;
}

/** The value of a NUMBER token, or Loki's error for a number Go does not read. */
export function numberOf(text: string, what: 'literal' | 'vectorExpr'): number {
  const value = parseGoFloat(text);
  if (value === undefined) {
    throw meaningError(`unable to parse ${what} as a float: ${goFloatError(text)}`);
  }
  return value;
}
