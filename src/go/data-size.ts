// Sizes as Loki's configuration and messages write them: `256KB`, `15MB`; units are powers of 1024 and are exact. Sizes
// with a rounded number of powers of 1000 are in bytes.ts.

const units: readonly (readonly [letter: string, bytes: number])[] = [
  ['E', 2 ** 60],
  ['P', 2 ** 50],
  ['T', 2 ** 40],
  ['G', 2 ** 30],
  ['M', 2 ** 20],
  ['K', 2 ** 10],
  ['', 1],
];

/** Whole bytes (rounded down) of `256KB`, `1.5 GiB`, `16m` or `42`; undefined for another text. */
export function parseDataSize(text: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)\s*([KMGTPE]?)(?:i?B)?$/i.exec(text.trim());
  if (parts === null) return undefined;
  const letter = (parts[2] ?? '').toUpperCase();
  const unitBytes = units.find(([name]) => name === letter)?.[1] ?? 1;
  return Math.floor(Number(parts[1]) * unitBytes);
}

/** In the largest unit that divides it: 1024 → `1KB`, 3000 → `3000B`. Fractions of a byte are cut. */
export function formatDataSize(bytes: number): string {
  const whole = Math.floor(bytes);
  const [letter, unitBytes] = units.find(([, size]) => whole >= size && whole % size === 0) ?? ['', 1];
  return `${whole / unitBytes}${letter}B`;
}
