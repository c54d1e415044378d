// Writes tests/block/golden for blocks that have no file yet: npx tsx scripts/write-golden-blocks.ts
// A file that exists is never written again; it is what an older program wrote.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { encodeBlock } from '../src/sqlite/format/encode.ts';
import { columnsOf } from '../tests/block/entries.ts';
import { goldenBlocks } from '../tests/block/golden-entries.ts';

const folder = new URL('../tests/block/golden/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const { name, entries, lineColumns } of goldenBlocks) {
  const file = new URL(`${name}.json`, folder);
  if (existsSync(file)) continue;
  const block = encodeBlock(columnsOf(entries, 'contiguous'), { lineColumns: lineColumns ?? false });
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  const columns = Object.fromEntries(
    (['ts', 'meta', 'lines', 'filter', 'counts'] as const).map((c) => [c, block[c].toString('base64')]),
  );
  writeFileSync(file, `${JSON.stringify({ ...block, ...columns }, text, 2)}\n`);
  console.log(`wrote ${name}`);
}
