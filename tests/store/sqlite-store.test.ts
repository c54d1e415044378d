import { storeContract } from './contract.ts';
import { openStore, removeFolder, temporaryFolder } from './open-store.ts';

storeContract('sqlite store', async () => {
  const folder = temporaryFolder();
  const store = await openStore(folder);
  return {
    writer: store.writer,
    reader: store.reader,
    snapshot: () => store.host.snapshot(),
    settle: () => store.host.flush(),
    async close() {
      await store.close();
      removeFolder(folder);
    },
  };
});
