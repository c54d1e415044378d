// Removes the entries that a deletion names. What a selector alone names ClickHouse finds; of stages the engine says
// which entries they keep, and these go by their keys.
import { parseLogQuery } from '../../logql/parser.ts';
import { HiddenTest } from '../../store/hidden-entries.ts';
import { readEntries, selectedColumns, selectedOrder } from '../format/entry-rows.ts';
import { timeConditions } from '../format/time-units.ts';
import type { DeleteRow } from '../read/delete-rows.ts';
import { type FoundStream, StreamDirectory } from '../read/stream-directory.ts';
import { timeSlices } from '../read/time-slices.ts';
import type { Cluster } from '../server/cluster.ts';
import type { Shard } from '../server/shard.ts';
import { ofTenant } from '../server/statement.ts';
import type { ClickHouseSettings } from '../settings.ts';

/** Streams, and keys of entries, that one statement names. */
const streamsAtOnce = 1000;
const keysAtOnce = 2000;

const wish = { lines: true, metadata: true, hashes: true } as const;

export class EntryRemoval {
  readonly #cluster: Cluster;
  readonly #settings: ClickHouseSettings;
  readonly #directory: StreamDirectory;
  readonly #hiddenTest = new HiddenTest();

  constructor(cluster: Cluster, settings: ClickHouseSettings) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#directory = new StreamDirectory(cluster, settings.database);
  }

  /** Resolves with the number of entries that went. */
  async run(request: DeleteRow, signal: AbortSignal): Promise<number> {
    const { matchers, stages } = parseLogQuery(request.query);
    const { tenant, firstNs, lastNs } = request;
    const found = await this.#directory.find({ tenant, matchers, firstNs, lastNs }, signal);
    let removed = 0;
    for (const [index, streams] of found.entries()) {
      const shard = this.#cluster.shards[index] as Shard;
      for (let from = 0; from < streams.length; from += streamsAtOnce) {
        const some = streams.slice(from, from + streamsAtOnce);
        removed +=
          stages.length === 0
            ? await this.#removeStreams(shard, request, some, signal)
            : await this.#removeEntries(shard, request, some, signal);
      }
    }
    return removed;
  }

  async #removeStreams(
    shard: Shard,
    { tenant, firstNs, lastNs }: DeleteRow,
    streams: readonly FoundStream[],
    signal: AbortSignal,
  ): Promise<number> {
    const where = [...timeConditions(firstNs, lastNs), inStreams(streams)];
    const [row] = await shard.rows<[string]>(
      ofTenant(this.#of(tenant), {
        select: 'toString(count())',
        from: 'entry',
        where,
        format: 'JSONCompactEachRow',
      }),
      signal,
    );
    const entries = Number(row?.[0] ?? 0);
    if (entries > 0) await this.#delete(shard, tenant, where);
    return entries;
  }

  async #removeEntries(
    shard: Shard,
    request: DeleteRow,
    streams: readonly FoundStream[],
    signal: AbortSignal,
  ): Promise<number> {
    const { tenant, firstNs, lastNs } = request;
    const byKey = new Map(streams.map(({ key, info }) => [key, info]));
    const where = [inStreams(streams)];
    let removed = 0;
    const slices = await timeSlices(
      shard,
      { ...this.#of(tenant), firstNs, lastNs, where },
      this.#settings,
      signal,
    );
    for (const slice of slices) {
      const times = timeConditions(slice.firstNs, slice.lastNs);
      const answer = await shard.query(
        ofTenant(this.#of(tenant), {
          select: selectedColumns(wish),
          from: 'entry',
          where: [...times, ...where],
          tail: selectedOrder,
          format: 'RowBinary',
        }),
        signal,
      );
      const keys: string[] = [];
      for (const entries of readEntries(answer, wish)) {
        const stream = byKey.get(entries.stream);
        if (stream === undefined) continue;
        const isNamed = this.#hiddenTest.of([request], stream.labels, entries);
        for (let i = 0; i < entries.count; i++) {
          if (!isNamed(i)) continue;
          const ns = entries.baseNs + BigInt(entries.offsetsNs[i] as number);
          keys.push(`(${entries.stream}, ${ns}, ${entries.hashes[i]})`);
        }
      }
      for (let from = 0; from < keys.length; from += keysAtOnce)
        await this.#delete(shard, tenant, [
          ...times,
          `(stream, ts, hash) IN (${keys.slice(from, from + keysAtOnce).join(', ')})`,
        ]);
      removed += keys.length;
    }
    return removed;
  }

  /** Resolves when no replica shows the rows any more. */
  #delete(shard: Shard, tenant: string, where: readonly string[]): Promise<void> {
    const conditions = ['tenant = {tenant:String}', ...where].map((one) => `(${one})`).join(' AND ');
    return shard.command(
      `DELETE FROM ${this.#settings.database}.entry WHERE ${conditions} SETTINGS lightweight_deletes_sync = 2`,
      { tenant },
    );
  }

  #of(tenant: string) {
    return { database: this.#settings.database, tenant };
  }
}

const inStreams = (streams: readonly FoundStream[]): string =>
  `stream IN (${streams.map(({ key }) => key).join(', ')})`;
