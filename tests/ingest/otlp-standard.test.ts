// OTLP: the answers that its specification asks for, and 64-bit integers without quotes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { otlpType } from '../../src/ingest/otlp/otlp-schema.ts';
import { quoteWideIntegers } from '../../src/ingest/otlp/wide-integers.ts';
import { harness } from './push-harness.ts';

const record = '{"timeUnixNano":"1795500000000000000","body":{"stringValue":"x"}}';
const logs = Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${record}]}]}]}`);
const nothing = Buffer.from('{"resourceLogs":[]}');

describe('a success', () => {
  it.each([
    ['records', logs],
    ['no records', nothing],
  ])('of JSON with %s is 200 and an empty object', (_, bytes) => {
    const { status, body, contentType } = harness().push({ format: 'otlp', bytes });
    expect({ status, contentType }).toEqual({ status: 200, contentType: 'application/json' });
    expect(JSON.parse(Buffer.from(body ?? []).toString())).toEqual({});
  });

  it('of protobuf is 200 and an empty message', () => {
    const answer = harness().push({
      format: 'otlp',
      contentType: 'application/x-protobuf',
      bytes: Buffer.alloc(0),
    });
    expect(answer).toMatchObject({ status: 200, contentType: 'application/x-protobuf' });
    const message = otlpType('ExportLogsServiceResponse').decode(answer.body ?? Buffer.from('none'));
    expect(message.toJSON()).toEqual({});
  });
});

describe('wide integers', () => {
  it('keep their digits', () => {
    const wide = '{"timeUnixNano":1795500000123456789,"body":{"intValue":-9007199254740993}}';
    const gateway = harness();
    gateway.push({
      format: 'otlp',
      bytes: Buffer.from(`{"resourceLogs":[{"scopeLogs":[{"logRecords":[${wide}]}]}]}`),
    });
    expect(gateway.stored).toMatchObject([{ timestampNs: 1795500000123456789n, line: '-9007199254740993' }]);
  });

  it.each([
    ['{"a":1234567890123456}', '{"a":"1234567890123456"}'],
    ['[-1234567890123456 , 1]', '["-1234567890123456" , 1]'],
    [
      '{"a": "x:1234567890123456", "b":[ 12345678901234567]}',
      '{"a": "x:1234567890123456", "b":[ "12345678901234567"]}',
    ],
    ['{"a\\":":"1234567890123456","b":2}', '{"a\\":":"1234567890123456","b":2}'],
    [
      '[1234567890123456.5,1234567890123456e2,0123456789012345678]',
      '[1234567890123456.5,1234567890123456e2,0123456789012345678]',
    ],
    ['[123456789012345]', '[123456789012345]'],
  ])('%s', (json, quoted) => {
    expect(quoteWideIntegers(json)).toBe(quoted);
  });

  it('and nothing else is touched', () => {
    const narrow = fc.jsonValue().map((value) => JSON.stringify(value));
    fc.assert(
      fc.property(narrow, (json) => {
        const read = JSON.parse(quoteWideIntegers(json), (_, value: unknown) =>
          typeof value === 'string' && /^-?[1-9]\d{15,}$/.test(value) ? Number(value) : value,
        );
        const want = JSON.parse(json, (_, value: unknown) =>
          typeof value === 'string' && /^-?[1-9]\d{15,}$/.test(value) ? Number(value) : value,
        );
        expect(read).toEqual(want);
      }),
    );
  });
});
