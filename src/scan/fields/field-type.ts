// The type of a detected field, told by one of its values.

import { parseBytes } from '../../go/bytes.ts';
import { parseGoDuration } from '../../go/duration.ts';
import { parseGoFloat } from '../../go/number.ts';
import { int64Max, int64Min } from '../../model/time.ts';
import type { FieldType } from '../../store/scan-results.ts';

/** The first type, in this order, that Go would read the value as. */
export function fieldTypeOf(value: string): FieldType {
  // Numbers, durations and sizes are short; longer values are not worth parsing.
  if (value.length > quantityCharactersMax) return 'string';
  if (isInt64(value)) return 'int';
  if (parseGoFloat(value) !== undefined) return 'float';
  if (truths.has(value)) return 'boolean';
  if (typeof parseGoDuration(value) !== 'string') return 'duration';
  return typeof parseBytes(value) === 'string' ? 'string' : 'bytes';
}

const quantityCharactersMax = 64;

const truths: ReadonlySet<string> = new Set(
  ['1', 't', 'T', 'TRUE', 'true', 'True'].concat(['0', 'f', 'F', 'FALSE', 'false', 'False']),
);

function isInt64(value: string): boolean {
  if (!/^[+-]?\d+$/.test(value)) return false;
  const number = BigInt(value.startsWith('+') ? value.slice(1) : value);
  return number >= int64Min && number <= int64Max;
}
