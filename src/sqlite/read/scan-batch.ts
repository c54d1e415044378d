// The batch a scan hands out: one object, filled again and again.
import type { EntryBatch, StreamInfo } from '../../store/store.ts';

/** An EntryBatch that its scanner may write to. */
export class ScanBatch implements EntryBatch {
  stream: StreamInfo = { id: 0, labels: [] };
  count = 0;
  baseNs = 0n;
  offsetsNs = new Float64Array(0);
  bytes: Buffer = Buffer.alloc(0);
  lineStarts = new Uint32Array(0);
  lineEnds = new Uint32Array(0);
  level: Uint8Array = new Uint8Array(0);
  metadataBytes: Uint8Array = new Uint8Array(0);
  metadataStarts: Uint32Array = new Uint32Array(0);
  metadataEnds: Uint32Array = new Uint32Array(0);
  selected = new Uint32Array(0);
  selectedCount = 0;

  /** Room for `count` selected entries. */
  reserveSelected(count: number): Uint32Array {
    if (this.selected.length < count)
      this.selected = new Uint32Array(Math.max(1024, Math.ceil(count * 1.25)));
    return this.selected;
  }

  /** Offsets that lie in [startNs, endNs): exact also for bounds far away. */
  offsetBounds(startNs: bigint, endNs: bigint): { readonly low: number; readonly high: number } {
    return { low: Number(startNs - this.baseNs), high: Number(endNs - this.baseNs) };
  }
}
