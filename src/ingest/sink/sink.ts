// The narrow door from collectors to ingest.

import type { Entry } from '../../model/entry.ts';
import type { Labels } from '../../model/labels.ts';
import type { Checkpoint } from '../../store/store.ts';
import type { RepairCounts } from '../repair/repair-kind.ts';
import type { PackedEntries } from './packed-entries.ts';

export interface CollectedEntry extends Entry {
  /** Labels of the stream; ingest adds service_name. */
  readonly labels: Labels;
}

export interface Sink {
  /**
   * Resolves when the entries and the checkpoints are durable, in one commit: the collector must not read on
   * far beyond what is unresolved (that is the backpressure). Entries that break a limit are repaired and stored: the
   * answer says how many and for what. Rejects only when the store refuses, and then nothing is stored:
   * the same entries are to be written again. Their memory is the sink's until then. `source`: the collector's name.
   */
  write(entries: PackedEntries, checkpoints: readonly Checkpoint[], source: string): Promise<RepairCounts>;
  /** Checkpoints of a source as last committed. */
  checkpoints(source: string): Promise<readonly Checkpoint[]>;
}
