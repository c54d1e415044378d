// The largest entries there are: with every limit of the tenant off, the store's own bound answers in a limit's words.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { entryPartBytesMax } from '../../src/store/store.ts';
import { nowNs, type PushEntry, protobufBody, protobufHeaders } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { push, queryLogs } from './client.ts';

const timestampNs = nowNs() - 60_000_000_000n;
const range = { startNs: timestampNs, endNs: timestampNs + 1n };
const text = (bytes: number): string => 'abcdefg '.repeat(Math.ceil(bytes / 8)).slice(0, bytes);

let server: Server;
beforeAll(async () => {
  server = await startServer({
    environment: { SKALD_LIMITS_MAX_LINE_SIZE: '0', SKALD_LIMITS_MAX_STRUCTURED_METADATA_SIZE: '0' },
  });
});
afterAll(() => server.remove());

const kept: PushEntry = { timestampNs, line: 'beside it' };
const rows: [name: string, large: PushEntry, refusal: string, lineBytes: number[]][] = [
  ['the largest line', { timestampNs, line: text(entryPartBytesMax) }, '', [9, entryPartBytesMax]],
  [
    'a line one byte larger',
    { timestampNs, line: text(entryPartBytesMax + 1) },
    `max entry size '${entryPartBytesMax}' bytes exceeded for stream '{app="larger", service_name="larger"}' while adding an entry with length '${entryPartBytesMax + 1}' bytes`,
    [9],
  ],
  [
    'metadata too large',
    { timestampNs, line: 'small', structuredMetadata: { k: text(entryPartBytesMax) } },
    'has structured metadata too large',
    [9],
  ],
  [
    'a level that is too much when it is there twice',
    { timestampNs, line: 'small', structuredMetadata: { level: text(entryPartBytesMax / 2) } },
    'has structured metadata too large',
    [9],
  ],
];

it.each(rows)('%s', async (name, large, refusal, lineBytes) => {
  const app = name.split(' ').at(-1) as string;
  const answer = await push(
    server.baseUrl,
    protobufBody([{ labels: `{app="${app}"}`, entries: [kept, large] }]),
    protobufHeaders,
  );
  expect(answer.status).toBe(refusal === '' ? 204 : 400);
  expect(answer.text).toContain(refusal);
  const streams = await queryLogs(server.baseUrl, `{app="${app}"}`, range);
  const lengths = streams.flatMap(({ values }) => values.map(([, line]) => line.length));
  expect(lengths.sort((a, b) => a - b)).toEqual(lineBytes);
});
