import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { BatchKeys } from '../../src/sqlite/write/batch-keys.ts';
import { batchKeysKeptMs, batchKeysMax } from '../../src/store/store.ts';

describe('keys of batches are forgotten', () => {
  it('when they are older than a day', () => {
    const keys = new BatchKeys(new Database(':memory:'));
    keys.add(['first'], 1000);
    keys.add(['second'], 1000 + batchKeysKeptMs);
    expect([keys.has('first'), keys.has('second')]).toEqual([true, true]);
    keys.add(['third'], 1001 + batchKeysKeptMs);
    expect([keys.has('first'), keys.has('second'), keys.has('third')]).toEqual([false, true, true]);
  });

  it('when too many came after them', () => {
    const database = new Database(':memory:');
    const keys = new BatchKeys(database);
    keys.add(['first', 'second'], 0);
    const others = Array.from({ length: batchKeysMax - 1 }, (_, i) => `other ${i}`);
    database.transaction(() => keys.add(others, 0))();
    expect([keys.has('first'), keys.has('second'), keys.has('other 0')]).toEqual([false, true, true]);
  });
});
