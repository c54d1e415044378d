// Keys of stored batches. A key is written when all of its batch is stored; should the gateway end in between, the
// tokens of the batch's inserts keep it from being stored again.
import { LRUCache } from 'lru-cache';
import { RowWriter } from '../format/row-writer.ts';
import type { Shard } from '../server/shard.ts';

export class BatchKeys {
  readonly #shard: Shard;
  readonly #database: string;
  /** Those of this writer. */
  readonly #known: LRUCache<string, true>;

  constructor(shard: Shard, database: string, keysKnown: number) {
    this.#shard = shard;
    this.#database = database;
    this.#known = new LRUCache({ max: keysKnown });
  }

  async has(key: string): Promise<boolean> {
    if (this.#known.has(key)) return true;
    const rows = await this.#shard.rows<[number]>({
      sql: `SELECT 1 FROM ${this.#database}.batch_key WHERE key = {key:String} LIMIT 1 FORMAT JSONCompactEachRow`,
      values: { key },
    });
    return rows.length > 0;
  }

  /** `nowMs`: Unix ms. */
  async add(key: string, nowMs: number): Promise<void> {
    const rows = new RowWriter();
    rows.text(key);
    rows.u32(Math.floor(nowMs / 1000));
    await this.#shard.insert({
      table: 'batch_key',
      columns: 'key, at',
      body: rows.written,
      token: `key:${key}`,
    });
    this.#known.set(key, true);
  }
}
