// Whether a deletion has taken an entry that is still in the data.
import { parseLogQuery } from '../logql/parser.ts';
import type { Labels } from '../model/labels.ts';
import { decodeMetadata } from '../model/structured-metadata.ts';
import { compileLogPipeline } from '../pipeline/log-pipeline.ts';
import type { LogPipeline, PipelineInput } from '../pipeline/pipeline.ts';
import type { StreamEntries } from './commits.ts';

/** A request as a unit's address carries it. Both bounds inclusive. */
export interface HiddenSpan {
  readonly query: string;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

/** Compiled queries kept by a thread. */
const compiledMax = 256;

/** Tests entries one by one against requests whose matchers take their stream. */
export class HiddenTest {
  readonly #compiled = new Map<string, LogPipeline | undefined>();
  readonly #input: PipelineInput = {
    timestampNs: 0n,
    bytes: Buffer.alloc(0),
    lineStart: 0,
    lineEnd: 0,
    structuredMetadata: [],
    level: 0,
  };

  /** A predicate on entry i of the columns. */
  of(
    spans: readonly HiddenSpan[],
    labels: Labels,
    columns: Omit<StreamEntries, 'bytes'> & { readonly bytes: Buffer },
  ): (i: number) => boolean {
    const { baseNs, offsetsNs, lineStarts, lineEnds, level } = columns;
    const tests = spans.map(({ query, firstNs, lastNs }) => ({
      low: Number(firstNs - baseNs),
      high: Number(lastNs - baseNs),
      stream: this.#pipeline(query)?.forStream(labels),
    }));
    const input = this.#input;
    return (i) => {
      const offset = offsetsNs[i] as number;
      for (const { low, high, stream } of tests) {
        if (offset < low || offset > high) continue;
        if (stream === undefined) return true;
        input.timestampNs = baseNs + BigInt(offset);
        input.bytes = columns.bytes;
        input.lineStart = lineStarts[i] as number;
        input.lineEnd = lineEnds[i] as number;
        input.structuredMetadata = decodeMetadata(
          columns.metadataBytes,
          columns.metadataStarts[i],
          columns.metadataEnds[i],
        );
        input.level = level[i] as number;
        if (stream.process(input) !== undefined) return true;
      }
      return false;
    };
  }

  /** Undefined: no stages, every entry passes. */
  #pipeline(query: string): LogPipeline | undefined {
    if (this.#compiled.has(query)) return this.#compiled.get(query);
    const { stages } = parseLogQuery(query);
    const pipeline = stages.length === 0 ? undefined : compileLogPipeline(stages);
    if (this.#compiled.size >= compiledMax) this.#compiled.clear();
    this.#compiled.set(query, pipeline);
    return pipeline;
  }
}
