// Streams as a reader finds them: which of them a query means and where their entries' times lie is asked of every shard,
// their labels are remembered.
import { LRUCache } from 'lru-cache';
import type { Matcher } from '../../logql/ast.ts';
import { compileMatchers, matchesLabels } from '../../logql/matchers.ts';
import { type LabelPair, type Labels, labelsFromPairs } from '../../model/labels.ts';
import type { StreamInfo } from '../../store/store.ts';
import { RowReader } from '../format/row-reader.ts';
import { hourOf, int64 } from '../format/time-units.ts';
import type { Cluster } from '../server/cluster.ts';
import type { Shard } from '../server/shard.ts';
import { ofTenant, sqlText } from '../server/statement.ts';

export interface FoundStream {
  readonly info: StreamInfo;
  /** Its name in the tables. */
  readonly key: bigint;
  /** No entry of the range lies outside; both inclusive. */
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

export interface StreamsAsked {
  readonly tenant: string;
  readonly matchers: readonly Matcher[];
  /** Both inclusive. */
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

/** Streams whose labels are remembered by one thread. */
const streamsRemembered = 300_000;
/** Streams whose labels are asked for in one statement. */
const labelsAtOnce = 2000;

interface StreamRow {
  readonly key: bigint;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

export class StreamDirectory {
  readonly #cluster: Cluster;
  readonly #database: string;
  readonly #known = new LRUCache<string, StreamInfo>({ max: streamsRemembered });
  #nextId = 1;

  constructor(cluster: Cluster, database: string) {
    this.#cluster = cluster;
    this.#database = database;
  }

  /** By shard: the streams that match and may have entries at these times. */
  find(asked: StreamsAsked, signal?: AbortSignal): Promise<readonly (readonly FoundStream[])[]> {
    return Promise.all(this.#cluster.shards.map((shard) => this.#findOn(shard, asked, signal)));
  }

  async #findOn(
    shard: Shard,
    asked: StreamsAsked,
    signal: AbortSignal | undefined,
  ): Promise<readonly FoundStream[]> {
    const { tenant, matchers } = asked;
    const rows = await this.#rows(shard, asked, signal);
    await this.#learn(
      shard,
      asked,
      rows.filter(({ key }) => !this.#known.has(nameOf(tenant, key))),
      signal,
    );
    const compiled = compileMatchers(matchers);
    return rows.flatMap(({ key, firstNs, lastNs }) => {
      const info = this.#known.get(nameOf(tenant, key));
      if (info === undefined || !matchesLabels(compiled, info.labels)) return [];
      return [{ info, key, firstNs, lastNs }];
    });
  }

  async #rows(
    shard: Shard,
    { tenant, matchers, firstNs, lastNs }: StreamsAsked,
    signal: AbortSignal | undefined,
  ): Promise<readonly StreamRow[]> {
    const statement = ofTenant(
      { database: this.#database, tenant },
      {
        select: 'stream, min(first_ts), max(last_ts)',
        from: 'stream',
        where: [hoursBetween(firstNs, lastNs), ...matchers.flatMap(equality)],
        tail: `GROUP BY stream HAVING min(first_ts) <= ${int64(lastNs)} AND max(last_ts) >= ${int64(firstNs)} ORDER BY stream`,
        format: 'RowBinary',
      },
    );
    const rows = new RowReader(await shard.query(statement, signal));
    const found: StreamRow[] = [];
    while (!rows.isAtEnd) found.push({ key: rows.u64(), firstNs: rows.i64(), lastNs: rows.i64() });
    return found;
  }

  /** Asks for labels that are not known. */
  async #learn(
    shard: Shard,
    { tenant, firstNs, lastNs }: StreamsAsked,
    unknown: readonly StreamRow[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (let from = 0; from < unknown.length; from += labelsAtOnce) {
      const keys = unknown.slice(from, from + labelsAtOnce).map(({ key }) => key);
      const statement = ofTenant(
        { database: this.#database, tenant },
        {
          select: 'stream, any(labels)',
          from: 'stream',
          where: [hoursBetween(firstNs, lastNs), `stream IN (${keys.join(', ')})`],
          tail: 'GROUP BY stream',
          format: 'RowBinary',
        },
      );
      const rows = new RowReader(await shard.query(statement, signal));
      while (!rows.isAtEnd) {
        const key = rows.u64();
        this.#known.set(nameOf(tenant, key), { id: this.#nextId++, labels: readLabels(rows) });
      }
    }
  }
}

const nameOf = (tenant: string, key: bigint): string => `${key} ${tenant}`;

const hoursBetween = (firstNs: bigint, lastNs: bigint): string =>
  `hour BETWEEN ${hourOf(firstNs)} AND ${hourOf(lastNs)}`;

/** Matchers that ClickHouse can apply as they are; all are applied again here. */
const equality = ({ name, op, value }: Matcher): readonly string[] =>
  op === '=' && value !== '' ? [`labels[${sqlText(name)}] = ${sqlText(value)}`] : [];

function readLabels(rows: RowReader): Labels {
  const pairs: LabelPair[] = [];
  for (let left = rows.varint(); left > 0; left--) pairs.push([rows.text(), rows.text()]);
  return labelsFromPairs(pairs);
}
