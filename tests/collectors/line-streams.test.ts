// Lines that go on as bytes give the same entries as lines that become text on the way.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FilePosition } from '../../src/collectors/files/checkpoint.ts';
import { LineStreams } from '../../src/collectors/files/follow/line-streams.ts';
import type { LineFormat } from '../../src/collectors/parse/line-parser.ts';
import { type FileTarget, fileTargetDefaults, type ParseSettings } from '../../src/collectors/settings.ts';
import { compileStages } from '../../src/collectors/stages/stages.ts';
import { EntryBatch } from '../../src/ingest/sink/entry-batch.ts';
import { collectedEntries } from '../../src/ingest/sink/packed-entries.ts';
import type { CollectedEntry } from '../../src/ingest/sink/sink.ts';
import { within } from '../within.ts';

const clock = { nowNs: () => 1_795_532_645_000_000_000n };

interface Outcome {
  readonly entries: readonly CollectedEntry[];
  readonly position: Pick<FilePosition, 'offset' | 'streams' | 'spreadNs' | 'spreadCount'>;
}

/** Blocks through one file's streams; with `asText` a stage that does nothing stands in the way of the bytes. */
function taken(blocks: readonly Buffer[], parse: ParseSettings, asText: boolean): Outcome {
  const batch = new EntryBatch();
  const target: FileTarget = { ...fileTargetDefaults, include: [], parse };
  const stages = compileStages(asText ? [{ kind: 'labeldrop', names: ['none'] }] : []);
  const labels = [['filename', '/x']] as const;
  const streams = new LineStreams(
    {
      target,
      labels,
      stages,
      clock,
      lineBytesMax: 1_000,
      emit: (entry) => batch.add(entry),
    },
    0,
    undefined,
  );
  let offset = 0;
  for (const block of blocks) {
    streams.takeBlock(block.toString('latin1'), offset, 'utf8', batch);
    offset += block.length;
  }
  streams.flush();
  return { entries: collectedEntries(batch.packed()), position: streams.position() };
}

const line = fc.oneof(
  fc.constantFrom(
    '{"level":30,"time":1795532645123,"msg":"a"}',
    '{"time":"2026-11-24T15:04:05Z","severity":"WARN"}',
    'ts=2026-11-24T15:04:05.5Z level=error msg="x y"',
    '2026-11-24 15:04:05,123 INFO grün',
    '2026-11-24T15:04:05.1Z stdout F out',
    '2026-11-24T15:04:05.2Z stdout P piece ',
    '{"log":"piece ","stream":"stdout","time":"2026-11-24T15:04:05.4Z"}',
    '{"log":"end\\r\\n","stream":"stdout","time":"2026-11-24T15:04:05.5Z"}',
    '2026-11-24T15:04:05.3Z stderr F ünder',
    '2026-11-24T15:04:05.3Z stderr F',
    '  at org.example.Main',
    '\ufeff{"level":"debug"}',
    'with a return\r',
    '\r',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replaceAll('\n', ' ')),
);
const bytes = fc.oneof(
  { weight: 9, arbitrary: line.map((text) => Buffer.from(`${text}\n`)) },
  // What is no UTF-8.
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 20 })
      .map((some) => Buffer.from([...some.map((byte) => (byte === 10 ? 32 : byte)), 10])),
  },
);

it.each<LineFormat>(['auto', 'cri', 'docker', 'json', 'logfmt', 'plain'])('%s, by blocks', (format) => {
  fc.assert(
    fc.property(
      fc.array(fc.array(bytes, { minLength: 1, maxLength: 8 }).map((lines) => Buffer.concat(lines))),
      fc.constantFrom('line', 'source' as const),
      within(1_500, (blocks, timestamp) => {
        const parse: ParseSettings = { format, timestamp, multiline: undefined };
        expect(taken(blocks, parse, false)).toEqual(taken(blocks, parse, true));
      }),
    ),
  );
});

it('lines of a block that is no UTF-8 come with U+FFFD in its place, others as they are', () => {
  const parse: ParseSettings = { format: 'auto', timestamp: 'line', multiline: undefined };
  const { entries } = taken([Buffer.from('gr\xfcn\ngut\n', 'latin1'), Buffer.from('grün\n')], parse, false);
  expect(entries.map((entry) => entry.line)).toEqual(['gr\ufffdn', 'gut', 'grün']);
});
