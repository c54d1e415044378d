// The filter column of a block: which literals its lines can hold.
import { type GramFilter, gramFilterMayContain } from '../../kernels/gram-filter.ts';
import type { Needle } from '../../kernels/needle.ts';
import { columnHeaderBytes, corrupt, openColumn, sealColumn } from './column.ts';

/** A filter of so many bytes is stored without its last 64th, which is folded onto its start. */
const cutBytesMin = 2048;
const cutShare = 64;

/**
 * `bits` are a power of two of bytes; the header's detail byte is the size in bits, as a power of two, that the filter
 * had before folding. With header and cell, a power of two of bytes would leave a fourth of each page unused.
 */
export function encodeFilter(bits: Uint8Array, bitsLog2: number): Buffer {
  const cut = bits.length < cutBytesMin ? 0 : bits.length / cutShare;
  const kept = bits.length - cut;
  const column = Buffer.allocUnsafe(columnHeaderBytes + kept);
  column.set(bits.subarray(0, kept), columnHeaderBytes);
  for (let i = 0; i < cut; i++)
    column[columnHeaderBytes + i] = (bits[i] as number) | (bits[kept + i] as number);
  return sealColumn(column, { kind: 'filter', codec: 0, detail: bitsLog2 });
}

/** The filter, its last 64th given back if it was cut: a power of two of bytes. Throws CorruptBlockError. */
export function openFilter(filter: Uint8Array): GramFilter {
  const { bytes, version, detail } = openColumn(filter, 'filter', columnHeaderBytes);
  const stored = bytes.length - columnHeaderBytes;
  const cut = version === 1 || stored < cutBytesMin - cutBytesMin / cutShare ? 0 : stored / (cutShare - 1);
  const byteCount = stored + cut;
  const isPowerOfTwo = (byteCount & (byteCount - 1)) === 0 && Number.isInteger(cut);
  if (!isPowerOfTwo || detail < 4 || detail > 31 || byteCount * 8 > 2 ** detail)
    corrupt('filter', `has ${stored} bytes of ${detail} hash bits`);
  if (cut === 0) return { bytes, at: columnHeaderBytes, byteCount, bitsLog2: detail };
  const whole = Buffer.allocUnsafe(byteCount);
  whole.set(bytes.subarray(columnHeaderBytes));
  whole.copy(whole, stored, 0, cut);
  return { bytes: whole, at: 0, byteCount, bitsLog2: detail };
}

/**
 * False only when no line of the block can hold all of the literals (compileNeedle makes them). Literals of fewer
 * than four bytes prove nothing. Throws CorruptBlockError.
 */
export const blockMayContain = (filter: Uint8Array, required: readonly Needle[]): boolean =>
  gramFilterMayContain(openFilter(filter), required);
