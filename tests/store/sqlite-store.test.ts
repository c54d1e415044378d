import { committedBatches } from '../../src/sqlite/write/committed-batch.ts';
import { storeContract } from './contract.ts';
import { openStore, removeFolder, temporaryFolder } from './open-store.ts';

storeContract('sqlite store', async () => {
  const folder = temporaryFolder();
  // Deletions stay as they were made, to be taken back.
  const store = await openStore(folder, { deleteDelayMs: 3_600_000 });
  return {
    writer: store.writer,
    reader: store.reader,
    deletes: store.host.deletes,
    changes: store.host.changes,
    commits: committedBatches,
    batches: store.batches,
    snapshot: () => store.host.snapshot(),
    settle: () => store.host.flush(),
    async close() {
      await store.close();
      removeFolder(folder);
    },
  };
});
