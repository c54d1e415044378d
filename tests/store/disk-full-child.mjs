// Fills the file system that holds the store, waits for space, goes on. Talks in lines: "ack n", "full", "space"; any
// line on its input is the news that there is space again. Usage: disk-full-child.mjs <store> <ballast file>
import { rmSync, writeSync } from 'node:fs';
import { SqliteStoreHost } from '../../dist/sqlite/main/host.js';
import { storeSettings } from '../../dist/sqlite/main/settings.js';
import { openReader } from '../../dist/sqlite/read/reader.js';
import { openWriter } from '../../dist/sqlite/write/writer.js';
import { lineColumns } from './child-columns.mjs';

const [path, ballast] = process.argv.slice(2);
const host = await SqliteStoreHost.open(
  storeSettings(path, {
    retentionNs: 0n,
    segmentBytes: 256 * 1024,
    flushBytes: 1024 * 1024,
    commitDelayMs: 0,
    compactionShare: 0,
  }),
);
const writer = openWriter(host.writerSettings().settings, { onHead: (list) => host.useHead(list) });
const reader = openReader(host.readerSettings());
const stream = writer.stream('fake', [['app', 'full']]);
const say = (what) => writeSync(1, `${what}\n`);

const noise = (n) =>
  Array.from({ length: 8000 }, (_, i) => Math.imul(n * 7919 + i + 1, 2_654_435_761).toString(36)).join('');
const append = (n) => writer.append(lineColumns(stream, [`${n} ${noise(n)}`], () => 1_700_000_000 + n));

/** Lines that a query shows. */
function count() {
  const request = {
    tenant: 'fake',
    matchers: [],
    startNs: 0n,
    endNs: 2n ** 62n,
    direction: 'forward',
    lineFilters: [],
    needLines: true,
    needMetadata: true,
  };
  for (;;)
    try {
      let lines = 0;
      const counters = { bytes: 0, lines: 0, blocksRead: 0, blocksSkipped: 0 };
      const snapshot = host.snapshot();
      for (const unit of reader.plan(snapshot, request).units)
        reader.scan(
          snapshot,
          unit,
          request,
          ({ selectedCount }) => {
            lines += selectedCount;
            return true;
          },
          counters,
        );
      return lines;
    } catch (error) {
      if (error.name !== 'UnitGoneError') throw error;
    }
}

let n = 0;
let acknowledged = 0;
let failure;
for (; failure === undefined && n < 2000; n++)
  try {
    await append(n);
    acknowledged++;
  } catch (error) {
    failure = error;
  }
say(`full ${failure?.name} ${acknowledged} ${count()} ${failure?.message}`);
rmSync(ballast);
let later = 0;
for (let tries = 0; later < 20 && tries < 600; tries++)
  try {
    await append(n++);
    later++;
  } catch (error) {
    if (error.name !== 'StoreFullError') throw error;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
say(`again ${acknowledged + later} ${count()}`);
// Killed, not closed: what was acknowledged is durable as it is.
process.kill(process.pid, 'SIGKILL');
