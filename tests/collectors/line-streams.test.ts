// Lines that go on as bytes give the same entries as lines that become text on the way.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FilePosition } from '../../src/collectors/files/checkpoint.ts';
import { lineBeginning } from '../../src/collectors/files/follow/encoding.ts';
import { LineStreams, writtenBytesMax } from '../../src/collectors/files/follow/line-streams.ts';
import type { LineFormat } from '../../src/collectors/parse/line-parser.ts';
import { type FileTarget, fileTargetDefaults, type ParseSettings } from '../../src/collectors/settings.ts';
import type { Stage } from '../../src/collectors/stages/stage.ts';
import { compileStages } from '../../src/collectors/stages/stages.ts';
import { EntryBatch } from '../../src/ingest/sink/entry-batch.ts';
import { collectedEntries } from '../../src/ingest/sink/packed-entries.ts';
import type { CollectedEntry } from '../../src/ingest/sink/sink.ts';
import { within } from '../within.ts';

const lineBytesMax = 1_000;
const clock = { nowNs: () => 1_795_532_645_000_000_000n };

interface Outcome {
  readonly entries: readonly CollectedEntry[];
  readonly position: Pick<FilePosition, 'offset' | 'streams' | 'spreadNs' | 'spreadCount'>;
}

interface How {
  /** Each line for itself. */
  readonly asText: boolean;
  readonly stages?: readonly Stage[];
}

/** Blocks through one file's streams. */
function taken(blocks: readonly Buffer[], parse: ParseSettings, how: How): Outcome {
  const batch = new EntryBatch();
  const target: FileTarget = { ...fileTargetDefaults, include: [], parse };
  const labels = [['filename', '/x']] as const;
  const streams = new LineStreams(
    {
      target,
      labels,
      stages: compileStages(how.stages ?? []),
      clock,
      lineBytesMax,
      emit: (entry) => batch.add(entry),
    },
    0,
    undefined,
  );
  let offset = 0;
  for (const block of blocks) {
    const text = block.toString('latin1');
    const lines = { text: `before\n${text}behind`, start: 7, end: 7 + text.length };
    if (!how.asText) streams.takeBlock(lines, offset, 'utf8', batch);
    for (const line of how.asText ? text.slice(0, -1).split('\n') : []) {
      offset += line.length + 1;
      streams.take(lineBeginning(line, 'utf8', writtenBytesMax(parse.format, lineBytesMax)), offset);
    }
    if (!how.asText) offset += block.length;
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
    '{"log":"ünder\\n","stream":"stderr","time":"2026-11-24T15:04:05.5Z"}',
    '{"log":"{\\"level\\":\\"warn\\",\\"a\\":\\"\\u00e9\\"}\\n","stream":"stderr","attrs":{"a":"b"},"time":"2026-11-24T15:04:05Z"}',
    '{"log":"\\\\n","stream":"stdout","time":"2026-11-24T15:04:05.5Z"}',
    '{"log":"\\n","stream":"stdout","time":"2026-11-24T15:04:05.5Z"}',
    '{"log":"first\\n","log":"last\\n","stream":"stdout","time":"2026-11-24T15:04:05.5Z"}',
    '{"log":"no time\\n","stream":"stdout"}',
    '{"log":"level=error a=b\\n","stream":"stdout","time":"2026-11-24T15:04:05.123456789Z"} ',
    `{"log":"${'long '.repeat(300)}\\n","stream":"stdout","time":"2026-11-24T15:04:05.5Z"}`,
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
        expect(taken(blocks, parse, { asText: false })).toEqual(taken(blocks, parse, { asText: true }));
      }),
    ),
  );
});

const fields = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name.replaceAll('.', '_'), name]));
const name = fc.constantFrom('a', 'b', 'level', 'time', 'a.b', 'ü', '1', '__proto__');
const stage = fc.oneof(
  fc
    .array(name, { maxLength: 3 })
    .map((names): Stage => ({ kind: 'json', fields: fields(names), source: '' })),
  fc
    .array(name, { maxLength: 3 })
    .map((names): Stage => ({ kind: 'logfmt', fields: fields(names), source: '' })),
  name.map((source): Stage => ({ kind: 'json', fields: {}, source })),
  name.map((source): Stage => ({ kind: 'labels', labels: { taken: source } })),
  fc.constantFrom<Stage>(
    { kind: 'structured_metadata', fields: { a: '', b: '' }, rest: false },
    { kind: 'structured_metadata', fields: {}, rest: true },
    { kind: 'regex', expression: '"(?P<a>[^"]*)"', source: '' },
    { kind: 'replace', expression: '[0-4]|ü', replacement: '<x>', source: '' },
    { kind: 'timestamp', source: 'time', format: '', zone: '' },
    { kind: 'level', source: 'a' },
    { kind: 'output', source: 'a' },
    { kind: 'static_labels', labels: { fixed: 'x' } },
    { kind: 'labeldrop', names: ['taken'] },
    { kind: 'drop', when: { source: 'a', expression: '1', longerThanBytes: 0, olderThanMs: 0 } },
  ),
);
/** Objects with names that the stages ask for, whole and broken. */
const object = fc
  .record({
    members: fc.array(fc.tuple(name, fc.json({ maxDepth: 2 })), { maxLength: 5 }),
    space: fc.constantFrom('', ' ', '\t'),
    cut: fc.integer({ min: 0, max: 200 }),
  })
  .map(({ members, space, cut }) => {
    const written = members.map(([key, value]) => `${JSON.stringify(key)}${space}:${value}${space}`);
    return Buffer.from(`${`{${space}${written.join(',')}}`.slice(0, cut)}\n`);
  });

it.each<LineFormat>(['auto', 'cri', 'docker'])('%s with stages, by blocks', (format) => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.oneof(object, bytes), { minLength: 1, maxLength: 8 }).map(Buffer.concat), {
        maxLength: 3,
      }),
      fc.array(stage, { maxLength: 4 }),
      fc.constantFrom('line', 'source' as const),
      within(1_500, (blocks, stages, timestamp) => {
        const parse: ParseSettings = { format, timestamp, multiline: undefined };
        expect(taken(blocks, parse, { asText: false, stages })).toEqual(
          taken(blocks, parse, { asText: true, stages }),
        );
      }),
    ),
  );
});

it('lines of a block that is no UTF-8 come with U+FFFD in its place, others as they are', () => {
  const parse: ParseSettings = { format: 'auto', timestamp: 'line', multiline: undefined };
  const blocks = [Buffer.from('gr\xfcn\ngut\n', 'latin1'), Buffer.from('grün\n')];
  const { entries } = taken(blocks, parse, { asText: false });
  expect(entries.map((entry) => entry.line)).toEqual(['gr\ufffdn', 'gut', 'grün']);
});
