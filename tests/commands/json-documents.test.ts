import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importEntries } from '../../src/commands/store/import-entries.ts';
import { jsonDocuments } from '../../src/commands/store/json-documents.ts';
import { encodeEntries, type TransferEntry } from '../../src/commands/store/transfer-entry.ts';

/** The bytes in pieces of these sizes, over and over. */
async function* pieces(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });

describe('jsonDocuments', () => {
  it('finds every object however the file is laid out and cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 8 }),
        fc.constantFrom('\n', '\r\n', ' ', ''),
        fc.constantFrom(undefined, 2),
        sizes,
        async (objects, between, indent, cuts) => {
          const written = objects.map((object) => JSON.stringify(object, null, indent));
          const wanted: unknown[] = written.map((text) => JSON.parse(text));
          for (const text of [written.join(between), `[${written.join(',')}]\n`]) {
            const found = await all(jsonDocuments(pieces(text, cuts), 'f'));
            expect(found.map(({ value }) => value)).toEqual(wanted);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    ['{"a":1}\n{"a":', 'f:2: the file ends inside this JSON object'],
    ['{"a":1}\nhello', 'f:2: expected a JSON object'],
    ['\n\n{"a":x}', 'f:3: not JSON'],
  ])('says where %j is wrong', async (text, message) => {
    await expect(all(jsonDocuments(pieces(text, [3]), 'f'))).rejects.toThrow(message);
  });
});

const key = fc.stringMatching(/^[a-z_][a-z0-9_]{0,5}$/);
const labels = fc.dictionary(key, fc.string({ minLength: 1 }), { maxKeys: 3, noNullPrototype: true });
const transferEntry: fc.Arbitrary<TransferEntry> = fc.record({
  timestampNs: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  labels,
  line: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant(new Uint8Array([0x66, 0xff, 0x00]))),
  structuredMetadata: labels,
});

async function* stream<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

describe('importEntries', () => {
  it('reads back what an export wrote, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(transferEntry, { maxLength: 20 }), sizes, async (entries, cuts) => {
        const text = (await all(encodeEntries(stream(entries), 'ndjson'))).join('');
        const back = await all(importEntries(pieces(text, cuts), 'f'));
        expect(back.map((entry) => ({ ...entry, line: Buffer.from(entry.line) }))).toEqual(
          entries.map((entry) => ({ ...entry, line: Buffer.from(entry.line) })),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('reads back pushes, each stream in its order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(transferEntry, { maxLength: 20 }), async (entries) => {
        const texts = entries.map((entry) => ({ ...entry, line: Buffer.from(entry.line).toString() }));
        const written = (await all(encodeEntries(stream(texts), 'push'))).join('');
        const back = await all(importEntries(pieces(written, [7]), 'f'));
        const byStream = (list: readonly TransferEntry[]) => {
          const streams: Record<string, TransferEntry[]> = {};
          for (const entry of list) {
            const name = JSON.stringify(Object.entries(entry.labels).sort());
            streams[name] = [...(streams[name] ?? []), entry];
          }
          return streams;
        };
        expect(byStream(back)).toEqual(byStream(texts));
      }),
      { numRuns: 100 },
    );
  });

  const first = { timestampNs: 1n, labels: { a: 'b' }, line: 'x', structuredMetadata: {} };
  it.each<[name: string, document: unknown, want: readonly TransferEntry[]]>([
    [
      'a line of query -o jsonl',
      { labels: { a: 'b' }, line: 'x', timestamp: '1970-01-01T00:00:00.000000001Z' },
      [first],
    ],
    ['a push', { streams: [{ stream: { a: 'b' }, values: [['1', 'x']] }] }, [first]],
    [
      'a push with metadata',
      { streams: [{ stream: { a: 'b' }, values: [['1', 'x', { t: '1' }]] }] },
      [{ ...first, structuredMetadata: { t: '1' } }],
    ],
    [
      'an answer with categories',
      {
        status: 'success',
        data: {
          resultType: 'streams',
          result: [
            {
              stream: { a: 'b' },
              values: [['1', 'x', { structuredMetadata: { t: '1' }, parsed: { p: '2' } }]],
            },
          ],
        },
      },
      [{ ...first, structuredMetadata: { t: '1' } }],
    ],
  ])('%s', async (_name, document, want) => {
    expect(await all(importEntries(pieces(JSON.stringify(document), [9]), 'f'))).toEqual(want);
  });

  it.each([
    [{ labels: {}, line: 'x', timestamp: 'soon' }, 'f:1: expected a timestamp'],
    [{ labels: {}, timestamp: '1' }, 'there is neither line nor lineBase64'],
    [{ line: 'x' }, 'f:1: timestamp:'],
    [{ streams: [{ stream: {}, values: [[1, 'x']] }] }, 'f:1: streams.0.values.0.0:'],
    [{ data: { resultType: 'matrix', result: [] } }, 'f:1: data.resultType:'],
  ])('refuses %j', async (document, message) => {
    await expect(all(importEntries(pieces(JSON.stringify(document), [9]), 'f'))).rejects.toThrow(message);
  });
});
