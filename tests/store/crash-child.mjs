// A process to be killed: opens the store, appends numbered lines for ever and prints each number once acknowledged.
import { once } from 'node:events';
import { SqliteStoreHost } from '../../dist/sqlite/main/host.js';
import { storeSettings } from '../../dist/sqlite/main/settings.js';
import { openWriter } from '../../dist/sqlite/write/writer.js';
import { lineColumns } from './child-columns.mjs';

const [path, first] = process.argv.slice(2);
const host = await SqliteStoreHost.open(
  storeSettings(path, { retentionNs: 0n, segmentBytes: 64 * 1024, flushBytes: 96 * 1024, commitDelayMs: 0 }),
);
const writer = openWriter(host.writerSettings().settings, { onHead: (list) => host.useHead(list) });
const stream = writer.stream('fake', [['app', 'crash']]);
for (let n = Number(first); ; n++) {
  await writer.append(
    lineColumns(stream, [`line ${n} ${'x'.repeat(200)}`], () => 1_700_000_000 + n),
    { checkpoints: [{ source: 'test', key: 'position', state: String(n) }] },
  );
  if (!process.stdout.write(`${n}\n`)) await once(process.stdout, 'drain');
}
