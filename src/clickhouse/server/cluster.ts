// All shards. A stream lives on one of them; what is not of a stream lives on the first.
import type { ClickHouseSettings } from '../settings.ts';
import { Shard } from './shard.ts';

export class Cluster {
  readonly shards: readonly Shard[];

  constructor(settings: ClickHouseSettings) {
    this.shards = settings.shards.map((_, index) => new Shard(settings, index));
  }

  /** Where delete requests, positions of collectors and the version are. */
  get first(): Shard {
    return this.shards[0] as Shard;
  }

  async close(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.close()));
  }
}

/**
 * The index of a stream's shard: a jump consistent hash (Lamping and Veach), so that one shard more moves no more than
 * its share of the streams.
 */
export function shardOf(stream: bigint, shards: number): number {
  let key = stream;
  let bucket = -1;
  let next = 0;
  while (next < shards) {
    bucket = next;
    key = BigInt.asUintN(64, key * 2_862_933_555_777_941_757n + 1n);
    next = Math.floor((bucket + 1) * (2 ** 31 / (Number(key >> 33n) + 1)));
  }
  return bucket;
}
