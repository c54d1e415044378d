// A process that dies at a failpoint: writes, flushes, merges, expires and deletes in a fixed order, and prints what
// it was told is done. Usage: crash-points-child.mjs <store> <failpoint> <hit>
import { writeSync } from 'node:fs';
import { parseLogQuery } from '../../dist/logql/parser.js';
import { SqliteStoreHost } from '../../dist/sqlite/main/host.js';
import { storeSettings } from '../../dist/sqlite/main/settings.js';
import { openWriter } from '../../dist/sqlite/write/writer.js';
import { lineColumns } from './child-columns.mjs';

const [path, name, hit] = process.argv.slice(2);
const settings = storeSettings(path, {
  retentionNs: 3_600_000_000_000n * 24n * 30n,
  retentionCheckMs: 3_600_000,
  segmentBytes: 64 * 1024,
  commitDelayMs: 0,
  deleteDelayMs: 0,
  compactionShare: 0,
  freeBytesKept: 0,
  failpoint: { name, hit: Number(hit) },
});
const host = await SqliteStoreHost.open(settings);
const writer = openWriter(host.writerSettings().settings, { onHead: (list) => host.useHead(list) });
// At once, also when the next thing is the end of the process.
const say = (what) => writeSync(1, `${what}\n`);

const daySeconds = 86_400;
const nowSeconds = Math.floor(Date.now() / 1000);
/** Hardly compressible, so that blocks have pages to give back. */
const padding = (n) =>
  Array.from({ length: 250 }, (_, i) => Math.imul(n * 977 + i + 1, 2_654_435_761).toString(36)).join('');

/** One push of some lines of one stream; each number is written once. */
async function push(app, numbers, ageSeconds) {
  const stream = writer.stream('fake', [['app', app]]);
  const lines = numbers.map((n) => `${n} ${padding(n)}`);
  await writer.append(
    lineColumns(stream, lines, (i) => nowSeconds - ageSeconds + (numbers[i] % 1000)),
    { checkpoints: [{ source: 'test', key: app, state: String(numbers.at(-1)) }] },
  );
  for (const n of numbers) say(`${app} ${n}`);
}

const range = (from, count) => Array.from({ length: count }, (_, i) => from + i);
// Old ones for retention, of streams that then have nothing left.
for (let n = 0; n < 70; n++) await push(`old${n}`, [n], 40 * daySeconds);
for (let n = 0; n < 3; n++) {
  await push('keep', range(1000 * n, 40), 5000);
  await push('gone', range(1000 * n, 40), 5000);
  await host.flush();
}
say('flushed');
await host.compact();
say('compacted');
await push('keep', range(5000, 5), 3000);
await host.deletes.create({
  tenant: 'fake',
  query: parseLogQuery('{app="gone"}'),
  startNs: 0n,
  endNs: 2n ** 62n,
});
say('deleting');
while ((await host.deletes.list('fake')).some(({ status }) => status !== 'processed'))
  await new Promise((resolve) => setTimeout(resolve, 20));
say('deleted');
await host.tidy();
await host.retain();
say('retained');
await push('keep', range(6000, 5), 3000);
await host.flush();
say('end');
process.exit(0);
