// The samples of one stream's entries that carry no metadata.
import { emptyLabels } from '../../model/labels.ts';
import type { PipelineInput, SampleStream } from '../../pipeline/pipeline.ts';
import type { EntryBatch } from '../../store/store.ts';
import { pipelineError } from './metric-errors.ts';
import type { SeriesCells, SeriesTable } from './series-table.ts';

const noBytes = Buffer.alloc(0);
const levelCodes = 16;
/** Of one batch at a time: entries, and what is summed, by level. */
const counts = new Float64Array(levelCodes);
const sums = new Float64Array(levelCodes);

/** The series of samples without metadata, by level: asked of the pipeline once per stream and level. */
export class LevelSamples {
  readonly #stream: SampleStream;
  readonly #table: SeriesTable;
  readonly #input: PipelineInput;
  readonly #known: (SeriesCells | null | undefined)[] = new Array(levelCodes).fill(undefined);

  constructor(stream: SampleStream, table: SeriesTable, input: PipelineInput) {
    this.#stream = stream;
    this.#table = table;
    this.#input = input;
  }

  /** Undefined when entries of this level are dropped. */
  series(level: number): SeriesCells | undefined {
    const known = this.#known[level];
    if (known !== undefined) return known ?? undefined;
    const input = this.#input;
    input.bytes = noBytes;
    input.lineStart = 0;
    input.lineEnd = 0;
    input.structuredMetadata = emptyLabels;
    input.level = level;
    const sample = this.#stream.process(input);
    const series = sample ? this.#table.series(sample.key, sample.labels) : null;
    if (sample && sample.error !== '') throw pipelineError(sample.labels, sample.error, sample.errorDetails);
    this.#known[level] = series;
    return series ?? undefined;
  }

  /** Adds the selected entries of a batch, all of them to one slot; returns how many are not dropped. */
  addAll({ selected, selectedCount, level, lineStarts, lineEnds }: EntryBatch, slot: number): number {
    counts.fill(0);
    sums.fill(0);
    for (let s = 0; s < selectedCount; s++) {
      const i = selected[s] as number;
      const code = level[i] as number;
      counts[code] = (counts[code] as number) + 1;
      sums[code] = (sums[code] as number) + (lineEnds[i] as number) - (lineStarts[i] as number);
    }
    let kept = 0;
    for (let code = 0; code < levelCodes; code++) {
      const count = counts[code] as number;
      const series = count === 0 ? undefined : this.series(code);
      if (series === undefined) continue;
      kept += count;
      this.#table.addCounts(series, slot, count, sums[code] as number);
    }
    return kept;
  }
}
