// The type of a detected field: the narrowest one that every value seen fits.
import { parseBytes } from '../model/bytes.ts';
import { parseGoDuration } from '../model/duration.ts';
import { int64Max, int64Min } from '../model/time.ts';
import type { FieldType } from './query-service.ts';

/**
 * Loki tells the type by one value and so takes an id that happens to be all digits for a number. Here each value has
 * its say; what `unwrap` could not read as that type makes the field a string.
 */
export class FieldTypes {
  /** Types no value has ruled out yet, in the order in which they are preferred. */
  #open: readonly TypeRule[] = rules;
  #seen = false;

  add(value: string): void {
    this.#seen = true;
    const first = this.#open[0];
    if (first === undefined) return;
    // Most fields hold one kind of value: the list stays as it is.
    if (this.#open.every(({ fits }) => fits(value))) return;
    this.#open = this.#open.filter(({ fits }) => fits(value));
  }

  get type(): FieldType {
    return this.#seen ? (this.#open[0]?.type ?? 'string') : 'string';
  }
}

interface TypeRule {
  readonly type: FieldType;
  readonly fits: (value: string) => boolean;
}

const integer = /^[+-]?\d{1,19}$/;
/** No hexadecimal, no `Inf`, no `NaN`: words that are numbers only by accident. */
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const truths: ReadonlySet<string> = new Set(
  ['1', 't', 'T', 'TRUE', 'true', 'True'].concat(['0', 'f', 'F', 'FALSE', 'false', 'False']),
);
/** Duration and size texts are short; longer values are not worth parsing. */
const quantityCharactersMax = 64;
const isQuantity = (value: string): boolean =>
  value.length <= quantityCharactersMax && /^[+-]?[\d.]/.test(value);

const rules: readonly TypeRule[] = [
  { type: 'int', fits: isInt64 },
  { type: 'float', fits: (value) => decimal.test(value) },
  { type: 'boolean', fits: (value) => truths.has(value) },
  { type: 'duration', fits: (value) => isQuantity(value) && typeof parseGoDuration(value) !== 'string' },
  { type: 'bytes', fits: (value) => isQuantity(value) && typeof parseBytes(value) !== 'string' },
];

function isInt64(value: string): boolean {
  if (!integer.test(value)) return false;
  if (value.length <= 18) return true;
  const number = BigInt(value.startsWith('+') ? value.slice(1) : value);
  return number >= int64Min && number <= int64Max;
}
