// Byte sizes as text, as the Go package humanize (which Loki uses) reads and writes them.
import { goFloatError, parseGoFloat } from './number.ts';
import { trimGoSpace } from './space.ts';

/**
 * Parses `5KB`, `1.5 GiB`, `42`, `1,000`. KB is 1000, KiB 1024; units in any case. Returns whole bytes
 * (rounded down), or the error text (`unhandled size name: ms`).
 */
export function parseBytes(text: string): number | string {
  const number = (/^[\p{Nd}.,]*/u.exec(text) as RegExpExecArray)[0];
  const digits = number.replaceAll(',', '');
  const value = parseGoFloat(digits);
  if (value === undefined) return goFloatError(digits);
  const unit = trimGoSpace(text.slice(number.length)).toLowerCase();
  const size = sizes.get(unit);
  if (size === undefined) return `unhandled size name: ${unit}`;
  const bytes = value * size;
  return bytes >= 2 ** 64 ? `too large: ${text}` : Math.trunc(bytes);
}

/** Powers of 1000 with at most one decimal: `5.0 kB`, `512 B`, `12 MB`. Loses digits. */
export function humanizeBytes(bytes: number): string {
  return humanize(bytes, 1000, ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']);
}

/** Powers of 1024 with at most one decimal: `5.0 KiB`. */
export function humanizeIBytes(bytes: number): string {
  return humanize(bytes, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']);
}

function humanize(bytes: number, base: number, names: readonly string[]): string {
  if (bytes < 10) return `${bytes} B`;
  const power = Math.min(names.length - 1, Math.floor(Math.log(bytes) / Math.log(base)));
  const value = Math.floor((bytes / base ** power) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : roundHalfEven(value)} ${names[power]}`;
}

/** Go's `%.0f` rounds halves to even. */
function roundHalfEven(value: number): string {
  const floor = Math.floor(value);
  const half = value - floor;
  return String(half > 0.5 || (half === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
}

const letters = ['k', 'm', 'g', 't', 'p', 'e'];
const sizes: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ...letters.flatMap((letter, i): [string, number][] => [
    [letter, 1000 ** (i + 1)],
    [`${letter}b`, 1000 ** (i + 1)],
    [`${letter}i`, 1024 ** (i + 1)],
    [`${letter}ib`, 1024 ** (i + 1)],
  ]),
]);
