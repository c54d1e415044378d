// Ways in that take records, JSON objects of any shape: what becomes label, line, time and metadata, what is refused, and
// how that is said.
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PushFormat, PushRequest, PushResponse } from '../../../src/ingest/client/ingest-service.ts';
import { labelsToRecord } from '../../../src/model/labels.ts';
import { type Harness, harness, harnessOfOneWay, testNowMs } from '../push-harness.ts';

const now = BigInt(testNowMs) * 1_000_000n;
/** A minute before, in each writing. */
const iso = new Date(testNowMs - 60_000).toISOString();
const before = now - 60_000_000_000n;

interface Sent extends Partial<PushRequest> {
  readonly format: PushFormat;
  readonly bytes: string | Uint8Array;
}

interface Stored {
  readonly labels: Readonly<Record<string, string>>;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly timestampNs: bigint;
}

function sent(request: Sent, gateway: Harness = harness()): { response: PushResponse; stored: Stored[] } {
  const response = gateway.push(request);
  const stored = gateway.stored.map(({ labels, line, metadata, timestampNs }) => {
    const { detected_level: _, ...others } = metadata;
    const { service_name: service, ...own } = labelsToRecord(labels);
    const named =
      service === 'unknown_service' || own.service === service ? own : { ...own, service_name: service };
    return { labels: named as Record<string, string>, line, metadata: others, timestampNs };
  });
  return { response, stored };
}

const textOf = ({ body, message }: PushResponse): string => Buffer.from(body ?? message).toString();
const bulk = (...lines: readonly (object | string)[]): string =>
  lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');

const jsonline = { format: 'jsonline' } as const;
const elastic = { format: 'elasticsearch' } as const;
const named = { ...elastic, options: { index: 'logs' } };
const index = '{"index":{}}';

describe('becomes an entry', () => {
  it.each<[name: string, request: Sent, stored: readonly Partial<Stored>[]]>([
    [
      'a line of JSON by the names of VictoriaLogs',
      {
        ...jsonline,
        options: { _stream_fields: 'app,host.name' },
        bytes: bulk({
          _msg: 'hi',
          _time: iso,
          app: 'web',
          host: { name: 'a', ip: '::1' },
          n: 1.5,
          ok: true,
          no: null,
        }),
      },
      [
        {
          labels: { app: 'web', host_name: 'a', service_name: 'web' },
          line: 'hi',
          metadata: { host_ip: '::1', n: '1.5', ok: 'true' },
          timestampNs: before,
        },
      ],
    ],
    [
      'a line by names of its own',
      {
        ...jsonline,
        options: { _msg_field: 'text,log', _time_field: 'ts', ignore_fields: 'b', extra_fields: 'env=prod' },
        bytes: bulk({ log: 'x', ts: Number(before / 1_000_000n), a: [1, { b: 2 }], b: 'c' }),
      },
      [{ labels: {}, line: 'x', metadata: { a: '[1,{"b":2}]', env: 'prod' }, timestampNs: before }],
    ],
    [
      'a record without a message is its own line, escapes and all',
      {
        ...jsonline,
        options: { _stream_fields: 'a' },
        bytes: bulk('', ' {"a":"x\\u00e9\\n", "b": {"c":1}} ', ''),
      },
      [{ labels: { a: 'xé\n' }, line: '{"a":"x\\u00e9\\n", "b": {"c":1}}', metadata: {}, timestampNs: now }],
    ],
    [
      'escapes in the message, in names and in values',
      { ...jsonline, bytes: bulk('{"_msg":"a\\n\\"b\\"","k\\u0065y":"\\ud83d\\ude00","_time":"0"}') },
      [{ line: 'a\n"b"', metadata: { key: '😀' }, timestampNs: now }],
    ],
    [
      'of a repeated field the last value',
      { ...jsonline, bytes: bulk('{"_msg":"a","_msg":"b","c":"1","c":"2"}') },
      [{ line: 'b', metadata: { _msg: 'a', c: '2' } }],
    ],
    [
      'compressed',
      { ...jsonline, contentEncoding: 'gzip', bytes: gzipSync(bulk({ _msg: 'z' })) },
      [{ line: 'z' }],
    ],
    [
      'a document of a bulk',
      {
        ...elastic,
        bytes: bulk(
          { create: { _index: 'logs-nginx-default' } },
          {
            '@timestamp': iso,
            message: 'GET /',
            service: { name: 'nginx' },
            http: { response: { status_code: 200 } },
          },
          { index: { _index: 'other', _id: '1' } },
          { log: 'from Fluentd' },
        ),
      },
      [
        {
          labels: { index: 'logs-nginx-default', service_name: 'nginx' },
          line: 'GET /',
          metadata: { http_response_status_code: '200' },
          timestampNs: before,
        },
        { labels: { index: 'other' }, line: 'from Fluentd', timestampNs: now },
      ],
    ],
    [
      'a document to the index of the path',
      { ...named, bytes: bulk(index, { message: 'x' }) },
      [{ labels: { index: 'logs' }, line: 'x' }],
    ],
    [
      "records of Datadog's agent",
      {
        format: 'datadog',
        bytes: JSON.stringify([
          {
            message: 'hello',
            status: 'warn',
            timestamp: Number(before / 1_000_000n),
            hostname: 'h',
            service: 's',
            ddsource: 'go',
            ddtags: 'env:prod,version:1.2,flag',
          },
          { message: { a: 1 }, service: 's' },
        ]),
      },
      [
        {
          labels: { host: 'h', service: 's', source: 'go', env: 'prod' },
          line: 'hello',
          metadata: { level: 'warn', version: '1.2', flag: 'true' },
          timestampNs: before,
        },
        { labels: { service: 's' }, line: '{"a":1}', metadata: {} },
      ],
    ],
    [
      'a record of Datadog with the rest in parameters',
      {
        format: 'datadog',
        options: { service: 'p', ddsource: 'js', ddtags: 'env:test' },
        bytes: '{"message":"one","service":"own"}',
      },
      [{ labels: { service: 'own', source: 'js', env: 'test' }, line: 'one' }],
    ],
    ['the question whether Datadog is there', { format: 'datadog', bytes: '{}' }, []],
    [
      "Splunk's events behind each other",
      {
        format: 'splunk-event',
        options: { host: 'p', index: 'main' },
        bytes: `{"time":${before / 1_000_000_000n}.000,"host":"h","sourcetype":"st","event":"one","fields":{"k":"v"}}{"event":{"a":"b"},"time":"${before / 1_000_000_000n}"}\n`,
      },
      [
        {
          labels: { host: 'h', sourcetype: 'st', index: 'main' },
          line: 'one',
          metadata: { k: 'v' },
          timestampNs: (before / 1_000_000_000n) * 1_000_000_000n,
        },
        { labels: { host: 'p', index: 'main' }, line: '{"a":"b"}', metadata: {} },
      ],
    ],
    [
      "Splunk's raw lines",
      { format: 'splunk-raw', options: { sourcetype: 'access' }, bytes: 'one\r\n\n  two\nthree' },
      ['one', '  two', 'three'].map((line) => ({ labels: { sourcetype: 'access' }, line, timestampNs: now })),
    ],
  ])('%s', (_name, request, want) => {
    const { response, stored } = sent(request);
    expect(response.status, textOf(response)).toBeLessThan(300);
    expect(stored).toHaveLength(want.length);
    expect(stored).toMatchObject(want.map((one) => one));
    for (const [at, { labels, metadata }] of want.entries()) {
      if (labels !== undefined) expect(stored[at]?.labels).toEqual(labels);
      if (metadata !== undefined) expect(stored[at]?.metadata).toEqual(metadata);
    }
  });
});

describe('a record that cannot be stored is refused with its place, and the others are stored', () => {
  it.each<[name: string, bad: string, why: string]>([
    ['is no JSON', 'hello', 'line 2: a record must be an object'],
    ['is cut', '{"_msg":"a"', 'line 2: invalid JSON at byte'],
    ['is two', '{"_msg":"a"}{"_msg":"b"}', 'line 2: invalid JSON at byte'],
    ['is an array', '[{"_msg":"a"}]', 'line 2: a record must be an object, got an array'],
    ['has a time that is none', '{"_msg":"a","_time":"soon"}', "line 2: the field '_time' must be a time"],
    ['is nested endlessly', `{"a":${'['.repeat(2000)}`, 'line 2: invalid JSON'],
  ])('a line that %s', (_name, bad, why) => {
    const { response, stored } = sent({ ...jsonline, bytes: bulk({ _msg: 'one' }, bad, { _msg: 'three' }) });
    expect(response.status).toBe(400);
    expect(response.message).toContain(why);
    expect(stored.map(({ line }) => line)).toEqual(['one', 'three']);
  });

  it('a line whose end is in the next line', () => {
    const { response, stored } = sent({ ...jsonline, bytes: '{"_msg":\n"a"}\n{"_msg":"b"}' });
    expect(response.status).toBe(400);
    expect(stored.map(({ line }) => line)).toEqual(['b']);
  });

  it('so many that reading them would cost more than they are worth are refused with all', () => {
    const { response, stored } = sent({ ...jsonline, bytes: bulk({ _msg: 'one' }) + 'x\n'.repeat(1001) });
    expect(response.status).toBe(400);
    expect(response.message).toContain('more than 1000 records that cannot be read');
    expect(stored).toEqual([]);
  });

  it('one of an array', () => {
    const { response, stored } = sent({ format: 'datadog', bytes: '[{"message":"a"},7,{"message":"b"}]' });
    expect(response.status).toBe(400);
    expect(JSON.parse(textOf(response))).toEqual({
      errors: ['record 2: a record must be an object, got a number'],
    });
    expect(stored.map(({ line }) => line)).toEqual(['a', 'b']);
  });

  it('fields beyond what an entry may have refuse the entry, not the push', () => {
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`f${at}`, at]));
    const { response, stored } = sent({
      ...jsonline,
      bytes: bulk({ _msg: 'many', ...many }, { _msg: 'few' }),
    });
    expect(response.status).toBe(400);
    expect(response.message).toContain('structured metadata too large');
    expect(stored.map(({ line }) => line)).toEqual(['few']);
  });

  it('names that nest to more than all memory are refused', () => {
    const name = 'n'.repeat(100_000);
    const leaves = Object.fromEntries(Array.from({ length: 400 }, (_, at) => [at, 1]));
    const { response } = sent({ ...jsonline, bytes: JSON.stringify({ [name]: leaves }) });
    expect(response.status).toBe(413);
  });
});

describe('the answer to a bulk', () => {
  const answer = (request: Sent, gateway?: Harness) => {
    const { response, stored } = sent(request, gateway);
    return {
      status: response.status,
      json: JSON.parse(textOf(response)),
      lines: stored.map(({ line }) => line),
    };
  };

  it('speaks of each item, in order', () => {
    const old = { '@timestamp': '2001-01-01T00:00:00Z', message: 'old' };
    const { status, json, lines } = answer({
      ...named,
      bytes: bulk(
        ...['{"create":{}}', { message: 'one' }, index, 'no json', '{"update":{"_id":"1"}}', { doc: {} }],
        ...['{"delete":{"_id":"1"}}', index, old, index, { message: 'two' }],
      ),
    });
    expect(status).toBe(200);
    expect(lines).toEqual(['one', 'two']);
    expect(json.errors).toBe(true);
    const items = json.items.map((item: Record<string, { status: number }>) =>
      Object.entries(item).map(([action, { status: each }]) => `${action} ${each}`),
    );
    expect(items).toEqual([
      ['create 201'],
      ['index 400'],
      ['update 400'],
      ['delete 400'],
      ['index 400'],
      ['index 201'],
    ]);
    expect(json.items[1].index.error).toEqual({
      type: 'document_parsing_exception',
      reason: expect.stringContaining('item 1: a record must be an object'),
    });
  });

  it('without faults says so', () => {
    expect(answer({ ...named, bytes: bulk(index, { message: 'x' }) }).json).toMatchObject({
      errors: false,
      items: [{ index: { status: 201 } }],
    });
  });

  it('tells what may be sent again from what may not', () => {
    const gateway = harness({ limits: { maxGlobalStreamsPerUser: 1 } });
    const { json, lines } = answer(
      {
        ...elastic,
        bytes: bulk(
          ...[{ index: { _index: 'a' } }, { message: 'one' }, { index: { _index: 'b' } }, { message: 'two' }],
          ...[{ index: {} }, { message: 'nowhere' }],
        ),
      },
      gateway,
    );
    expect(lines).toEqual(['one']);
    const statuses = json.items.map(({ index: item }: { index: { status: number } }) => item.status);
    expect(statuses).toEqual([201, 429, 400]);
    expect(json.items[1].index.error.type).toBe('es_rejected_execution_exception');
    expect(json.items[1].index.error.reason).toContain('maximum active stream limit');
    expect(json.items[2].index.error.reason).toContain('the index is missing');
  });

  it.each<[name: string, lines: readonly string[], why: string]>([
    ['is no JSON', ['x', '{}'], 'Malformed action/metadata line [1]'],
    ['is nothing', ['{}', '{}'], 'an action is missing'],
    ['is unknown', ['{"upsert":{}}', '{}'], "'upsert' is no action"],
    ['is two', ['{"index":{},"create":{}}', '{}'], 'more than one action'],
    ['has no document', [index], 'the document of the action in line 1 is missing'],
  ])('whose action %s is a refusal of all', (_name, lines, why) => {
    const {
      status,
      json,
      lines: stored,
    } = answer({
      ...named,
      bytes: bulk(index, { message: 'before' }) + bulk(...lines).trimEnd(),
    });
    expect(status).toBe(400);
    expect(json.error.reason).toContain(why.replace('line 1 ', 'line 3 ').replace('[1]', '[3]'));
    expect(json.status).toBe(400);
    expect(stored).toEqual([]);
  });
});

describe("Splunk's faults", () => {
  it.each([
    ['no event', '{"event":"a"}{"host":"x"}', 'event 1: Event field is required'],
    ['a blank one', '{"event":""}', 'event 0: Event field cannot be blank'],
    ['no object', '{"event":"a"} 7', 'event 1: a record must be an object, got a number'],
  ])('%s', (_name, bytes, text) => {
    const { response, stored } = sent({ format: 'splunk-event', bytes });
    expect(response.status).toBe(400);
    expect(JSON.parse(textOf(response))).toEqual({ text, code: 6 });
    expect(stored).toEqual([]);
  });
});

it.each<[format: PushFormat, status: number]>([
  ['jsonline', 200],
  ['elasticsearch', 200],
  ['datadog', 400],
  ['splunk-event', 200],
  ['splunk-raw', 200],
])('%s: an empty body', (format, status) => {
  expect(harness().push({ format, bytes: '' }).status).toBe(status);
});

it.each<[PushFormat]>([['jsonline'], ['elasticsearch'], ['datadog'], ['splunk-event']])(
  '%s: an encoding that nobody knows is refused in its form',
  (format) => {
    const response = harness().push({ format, bytes: '{}', contentEncoding: 'br' });
    expect(response.status).toBe(400);
    expect(textOf(response)).toContain('unsupported content encoding br');
  },
);

describe('a record is stored alike whatever stands before it in its body', () => {
  const text = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('a\nb', 'é', '"', '\\', '', 'x'));
  const value = fc.oneof(text, fc.integer(), fc.constant(null), fc.boolean());
  const record = fc.record(
    {
      line: text,
      time: fc.constantFrom(iso, iso.replace('Z', '5Z'), testNowMs - 1000, (testNowMs - 2000) / 1000, null),
      label: value,
      other: value,
      nested: fc.record({ a: value, b: fc.record({ c: text }, { requiredKeys: [] }) }, { requiredKeys: [] }),
    },
    { requiredKeys: ['line'] },
  );
  type AnyRecord = typeof record extends fc.Arbitrary<infer T> ? T : never;
  const named = (names: Readonly<Record<string, string>>, given: AnyRecord): Record<string, unknown> =>
    Object.fromEntries(Object.entries(given).map(([name, field]) => [names[name] ?? name, field]));
  const lineOf = (names: Readonly<Record<string, string>>, given: AnyRecord): string =>
    JSON.stringify(named(names, given));
  const lines = { line: '_msg', time: '_time', label: 'app' };
  const datadog = { line: 'message', time: 'timestamp', label: 'service', other: 'ddtags' };
  const documents = { line: 'message', time: '@timestamp', label: 'service.name' };
  const events = { line: 'event', label: 'host', nested: 'fields' };

  it.each<[format: PushFormat, bodyOf: (records: readonly AnyRecord[]) => string]>([
    ['jsonline', (all) => all.map((one) => `${lineOf(lines, one)}\n`).join('')],
    ['datadog', (all) => `[${all.map((one) => lineOf(datadog, one)).join(',')}]`],
    ['elasticsearch', (all) => all.map((one) => `${index}\n${lineOf(documents, one)}\n`).join('')],
    ['splunk-event', (all) => all.map((one) => lineOf(events, { ...one, line: `e${one.line}` })).join('')],
  ])('%s', (format, bodyOf) => {
    const options = { _stream_fields: 'app', index: 'logs' };
    const gateway = harnessOfOneWay({}, false);
    const storedOf = (records: readonly AnyRecord[]): unknown[] => {
      gateway.stored.length = 0;
      gateway.push({
        format,
        options: format === 'jsonline' || format === 'elasticsearch' ? options : {},
        bytes: bodyOf(records),
      });
      return gateway.stored.map((entry) => ({ ...entry }));
    };
    fc.assert(
      fc.property(fc.array(record, { minLength: 2, maxLength: 6 }), (records) => {
        const apart = records.flatMap((one) => storedOf([one]));
        expect(storedOf(records)).toEqual(apart);
      }),
    );
  });
});

it('a body of more records than a push may name streams is taken, as they are of few', () => {
  const gateway = harnessOfOneWay({}, true);
  const count = 140_000;
  const { status } = gateway.push({
    ...jsonline,
    options: { _stream_fields: 'app' },
    bytes: '{"_msg":"x","app":"web"}\n'.repeat(count),
  });
  expect(status).toBe(200);
  expect(gateway.stored.length).toBe(count);
});
