import { describe, expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import type { FieldsRequest } from '../../src/engine/run/query-service.ts';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { levelCode } from '../../src/model/entry.ts';
import type { Labels } from '../../src/model/labels.ts';
import { nsPerSecond } from '../../src/model/time.ts';
import { fieldTypeOf } from '../../src/scan/fields/field-type.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { MemoryStore } from './memory-store.ts';
import { testContext } from './recorded-engine.ts';

interface Line {
  readonly line: string;
  readonly metadata?: Labels;
  readonly level?: string;
}

/** One stream `{app="x", env="prod"}`; later lines are newer. */
function engineOver(lines: readonly (string | Line)[]): QueryEngine {
  const entries = lines
    .map((line) => (typeof line === 'string' ? { line } : line))
    .map(({ line, metadata = [], level = '' }: Line, i) => ({
      timestampNs: BigInt(i) * nsPerSecond,
      line: Buffer.from(line),
      structuredMetadata: metadata,
      level: levelCode(level),
    }));
  const store = new MemoryStore([
    {
      labels: [
        ['app', 'x'],
        ['env', 'prod'],
      ],
      entries,
    },
  ]);
  return new QueryEngine({ workers: inProcessWorkers(store), runningMax: 1 });
}

const request = (changes: Partial<FieldsRequest> = {}): FieldsRequest => ({
  query: parseLogQuery('{app="x"}'),
  startNs: 0n,
  endNs: 10_000n * nsPerSecond,
  lineLimit: 100,
  limit: 1000,
  ...changes,
});

const fieldsOf = (
  lines: readonly (string | Line)[],
  query = '{app="x"}',
  changes: Partial<FieldsRequest> = {},
) => engineOver(lines).detectedFields(request({ query: parseLogQuery(query), ...changes }), testContext());

describe('detected fields', () => {
  it.each<[string, (string | Line)[], Record<string, unknown>[]]>([
    [
      'JSON by its path, nested names joined',
      ['{"user":{"geo.country":"de","id":7},"tags":[1],"none":null,"ok":true}'],
      [
        { label: 'ok', type: 'boolean', parsers: ['json'], jsonPath: ['ok'] },
        { label: 'user_geo_country', type: 'string', parsers: ['json'], jsonPath: ['user', 'geo.country'] },
        { label: 'user_id', type: 'int', parsers: ['json'], jsonPath: ['user', 'id'] },
      ],
    ],
    [
      'logfmt',
      ['took=1.5ms size=3KiB msg="a \\"b\\"" flag empty='],
      [
        { label: 'msg', type: 'string', parsers: ['logfmt'], jsonPath: undefined },
        { label: 'size', type: 'bytes', parsers: ['logfmt'] },
        { label: 'took', type: 'duration', parsers: ['logfmt'] },
      ],
    ],
    [
      'a field that both formats have',
      ['{"id":1}', 'id=2'],
      [{ label: 'id', type: 'int', cardinality: 2, parsers: ['json', 'logfmt'], jsonPath: ['id'] }],
    ],
    ['broken JSON as logfmt', ['{"a":1, b=2'], [{ label: 'b', parsers: ['logfmt'] }]],
    [
      'structured metadata and levels, without parsers',
      [{ line: 'text', metadata: [['trace_id', 'a1']], level: 'warn' }],
      [
        { label: 'detected_level', type: 'string', parsers: [], jsonPath: undefined },
        { label: 'trace_id', type: 'string', parsers: [] },
      ],
    ],
    [
      'a field named like an index label',
      ['app=y env=dev z=1'],
      [{ label: 'app_extracted' }, { label: 'env_extracted' }, { label: 'z' }],
    ],
    ['nothing in plain text', ['GET /index.html 200'], []],
  ])('lists %s', async (_, lines, wanted) => {
    const fields = await fieldsOf(lines);
    expect(fields.map(({ label }) => label)).toEqual(wanted.map(({ label }) => label));
    expect(fields).toMatchObject(wanted);
  });

  it('reads the newest lines that pass the query, as it leaves them', async () => {
    const lines = ['old=1', 'a=1 drop=1', 'b=2', 'c=3 drop=1'];
    const labels = async (query: string, lineLimit: number) =>
      (await fieldsOf(lines, query, { lineLimit })).map(({ label }) => label);
    expect(await labels('{app="x"}', 2)).toEqual(['b', 'c', 'drop']);
    expect(await labels('{app="x"} != "drop"', 2)).toEqual(['b', 'old']);
    expect(await labels('{app="x"} | line_format "new={{.env}}"', 2)).toEqual(['new']);
  });

  it('lists labels that only the query extracts under its parsers, and no errors', async () => {
    const lines = ['{"a":{"b":"1"}}', 'no json'];
    const parsed = async (query: string) =>
      (await fieldsOf(lines, query)).map(({ label, parsers }) => [label, parsers]);
    expect(await parsed('{app="x"} | json c="a.b"')).toEqual([
      ['a_b', ['json']],
      ['c', ['json']],
    ]);
    expect(await parsed('{app="x"} |= "json" | pattern "<first> <_>"')).toEqual([
      ['first', ['json', 'logfmt']],
    ]);
  });

  it('keeps the fields of the newest lines when there are too many', async () => {
    const fields = await fieldsOf(['a=1 b=2', 'c=3', 'd=4'], '{app="x"}', { limit: 2 });
    expect(fields.map(({ label }) => label)).toEqual(['c', 'd']);
  });

  it('stands the nesting of any line', async () => {
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    expect(await fieldsOf([deep, 'x=1'])).toMatchObject([{ label: 'x' }]);
  });

  it('takes names of the language for data', async () => {
    const fields = await fieldsOf(['{"__proto__":1,"constructor":2,"toString":3}']);
    expect(fields.map(({ label }) => label)).toEqual(['__proto__', 'constructor', 'toString']);
  });

  it('gives the values of one field, newest first', async () => {
    const engine = engineOver([{ line: 'id=1', metadata: [['id', '4']] }, 'id=2', '{"id":"3"}', 'id=1']);
    const valuesOf = (name: string, limit = 10) =>
      engine.detectedFieldValues(name, request({ limit }), testContext());
    expect(await valuesOf('id')).toEqual(['1', '3', '2', '4']);
    expect(await valuesOf('id', 2)).toEqual(['1', '3']);
    expect(await valuesOf('other')).toEqual([]);
  });
});

describe('the type of a field', () => {
  it.each<[string, string]>([
    ['1', 'int'],
    ['-2', 'int'],
    ['+3', 'int'],
    ['9223372036854775807', 'int'],
    ['9223372036854775808', 'float'],
    ['1e9', 'float'],
    ['0x1p4', 'float'],
    ['Inf', 'float'],
    ['NaN', 'float'],
    ['true', 'boolean'],
    ['t', 'boolean'],
    ['0', 'int'],
    ['1.5s', 'duration'],
    ['2m3s', 'duration'],
    ['12KB', 'bytes'],
    ['3 MiB', 'bytes'],
    ['', 'string'],
    ['web-1s', 'string'],
    ['0012a81f', 'string'],
    ['9'.repeat(100), 'string'],
  ])('whose value is %j', (value, type) => {
    expect(fieldTypeOf(value)).toBe(type);
  });

  it.each<[string, string, string[], string]>([
    ['the oldest of several lines of a stream', '{app="x"}', ['a=1', 'a=true', 'a=2s', 'b=1'], 'int'],
    ['the first of several in a line', '{app="x"}', ['{"a":1,"a":"x"}'], 'int'],
  ])('is told by %s', async (_, query, lines, type) => {
    expect(await fieldsOf(lines, query)).toContainEqual(expect.objectContaining({ label: 'a', type }));
  });

  it('is told by the last stream by labels', async () => {
    const streamOf = (app: string, seconds: number, line: string) => ({
      labels: [['app', app] as const],
      entries: [
        {
          timestampNs: BigInt(seconds) * nsPerSecond,
          line: Buffer.from(line),
          structuredMetadata: [],
          level: levelCode(''),
        },
      ],
    });
    const store = new MemoryStore([
      streamOf('b', 2, 'a=1KB'),
      streamOf('a', 1, 'a=1'),
      streamOf('a1', 3, 'a=x'),
    ]);
    const engine = new QueryEngine({
      workers: inProcessWorkers(store),
      runningMax: 1,
    });
    const query = parseLogQuery('{app=~".+"}');
    const fields = await engine.detectedFields(request({ query }), testContext());
    expect(fields).toContainEqual(expect.objectContaining({ label: 'a', type: 'bytes', cardinality: 3 }));
  });
});
