// A batch of the corpus as the store takes it.
import type { EntryColumns } from '../src/store/store.ts';
import type { CorpusBatch } from './corpus.ts';

const noMetadata = new Uint32Array(1_000_000);

/** `streams`: the writer's numbers of {@link Corpus.streams}, in their order. */
export const entryColumns = (batch: CorpusBatch, streams: readonly number[]): EntryColumns => ({
  ...batch,
  metadataBytes: new Uint8Array(0),
  metadataStart: noMetadata,
  metadataEnd: noMetadata,
  streams,
});
