// What every store has to keep, over one shard and over two.
import { afterAll, beforeAll, describe } from 'vitest';
import { components, describeWith } from '../real/require-component.ts';
import { storeContract } from '../store/contract.ts';
import { TestDatabase } from './open-clickhouse.ts';
import { Shim } from './shims.ts';

describeWith(components.clickhouse, 'ClickHouse', () => {
  describe.each([1, 2])('over %i shards', (count) => {
    let shims: readonly Shim[] = [];
    let database: TestDatabase;
    beforeAll(async () => {
      shims = await Promise.all(Array.from({ length: count }, () => Shim.start()));
      database = await TestDatabase.open(shims);
    });
    afterAll(async () => {
      await database.close();
      await Promise.all(shims.map((shim) => shim.stop()));
    });

    storeContract('clickhouse store', async () => {
      const store = database.openStore();
      return {
        ...store,
        async close() {
          await store.close();
          await database.empty();
        },
      };
    });
  });
});
