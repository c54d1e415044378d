// Who an alert is, in 16 hexadecimal digits: FNV-1a of its labels with 64 bits, as Alertmanager has it.
import type { Labels } from '../../model/labels.ts';

const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;
/** No byte of UTF-8. */
const separator = 0xff;

/** Labels sorted by name. */
export function fingerprintOf(labels: Labels): string {
  let hash = offsetBasis;
  const add = (byte: number): void => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  };
  for (const pair of labels)
    for (const text of pair) {
      for (const byte of Buffer.from(text)) add(byte);
      add(separator);
    }
  return hash.toString(16).padStart(16, '0');
}
