// Entries that a deletion has taken, while they are still in the data: requests as readers apply them.
import type { Database, Statement } from 'better-sqlite3';
import { type CompiledMatcher, compileMatchers, matchesLabels } from '../../logql/matchers.ts';
import { parseLogQuery } from '../../logql/parser.ts';
import type { Labels } from '../../model/labels.ts';
import { decodeMetadata } from '../../model/structured-metadata.ts';
import { compileLogPipeline } from '../../pipeline/log-pipeline.ts';
import type { LogPipeline, PipelineInput } from '../../pipeline/pipeline.ts';
import type { BlockColumns } from '../format/block.ts';
import { deleteStatus } from '../format/delete-table.ts';

/** A request as a unit's address carries it. Both bounds inclusive. */
export interface HiddenSpan {
  readonly query: string;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

interface ActiveRequest extends HiddenSpan {
  readonly tenant: string;
  readonly matchers: readonly CompiledMatcher[];
}

interface Row {
  readonly tenant: string;
  readonly query: string;
  readonly first: bigint;
  readonly last: bigint;
}

/** The requests that are not processed yet: of one reader. */
export class ActiveDeletes {
  readonly #changes: Statement<[], number>;
  readonly #rows: Statement<[number], Row>;
  #seenChanges = -1;
  #requests: readonly ActiveRequest[] = [];

  constructor(database: Database) {
    this.#changes = database
      .prepare<[], number>("SELECT value FROM meta WHERE key = 'delete_changes'")
      .pluck();
    this.#rows = database.prepare<[number], Row>(
      'SELECT tenant, query, first, last FROM delete_request WHERE status < ? ORDER BY row',
    );
    this.#rows.safeIntegers();
  }

  /** Inside the read transaction of a plan. Returns a number that changes with the requests. */
  refresh(): number {
    const changes = this.#changes.get() ?? 0;
    if (changes === this.#seenChanges) return changes;
    this.#seenChanges = changes;
    this.#requests = this.#rows.all(deleteStatus.processed).map(({ tenant, query, first, last }) => ({
      tenant,
      query,
      firstNs: first,
      lastNs: last,
      matchers: compileMatchers(parseLogQuery(query).matchers),
    }));
    return changes;
  }

  /** What hides entries of a stream; undefined: nothing. */
  of(tenant: string, labels: Labels): readonly HiddenSpan[] | undefined {
    if (this.#requests.length === 0) return undefined;
    const spans = this.#requests
      .filter((request) => request.tenant === tenant && matchesLabels(request.matchers, labels))
      .map(({ query, firstNs, lastNs }) => ({ query, firstNs, lastNs }));
    return spans.length === 0 ? undefined : spans;
  }
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
    columns: Omit<BlockColumns, 'bytes'> & { readonly bytes: Buffer },
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
