// Long parameters: no work that grows faster than they do, and no answer that gives them back whole. What took
// more than time in proportion to them would not end within a test.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGoDuration } from '../../src/go/duration.ts';
import { parsePrometheusDuration } from '../../src/go/prometheus-duration.ts';
import { limitParameter } from '../../src/http/parameters/parameters.ts';
import { parseSecondsOrDuration, parseTime } from '../../src/http/parameters/time-parameters.ts';
import { errorAnswer } from '../../src/http/server/http-error.ts';
import { type FakeGateway, startFakeGateway } from '../http/fake-gateway.ts';

let gateway: FakeGateway;
let tenants: FakeGateway;
beforeAll(async () => {
  gateway = await startFakeGateway();
  tenants = await startFakeGateway({ settings: { authEnabled: true } });
});
afterAll(async () => {
  await gateway.close();
  await tenants.close();
});

const answerCharactersMax = 5000;
const formCharacters = 100_000;
const urlCharacters = 20_000;
const numbers = [
  'limit',
  'start',
  'end',
  'time',
  'since',
  'until',
  'step',
  'interval',
  'delay_for',
  'cursor',
];
const texts = ['query', 'match', 'direction', 'targetLabels', 'aggregateBy', 'level', 'source', 'request_id'];

/** Ends as no number does: to know that must not take a look back from every digit. */
const value = (length: number): string => `${'9'.repeat(length - 1)}x`;

/** The longest answer of all routes to one long parameter. */
async function longestAnswer(name: string): Promise<string> {
  let longest = '';
  for (const route of gateway.routes) {
    const path = route.path.replace(/\{\w+\}/g, 'docker');
    const sample = name === 'query' ? '' : '&query={a="b"}';
    for (const method of Object.keys(route.methods)) {
      // Pushes read no form, the page gives its file.
      if (path.includes('push') || path.includes('otlp') || path.startsWith('/page')) continue;
      const isForm = method === 'POST';
      const length = isForm ? formCharacters : urlCharacters;
      const text = `${name}=${encodeURIComponent(value(length))}${sample}`;
      const answer = await fetch(`${gateway.url}${path}${isForm ? '' : `?${text}`}`, {
        method,
        ...(isForm && { body: text, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }),
      });
      const type = answer.headers.get('content-type') ?? '';
      if (type.startsWith('text/event-stream')) {
        await answer.body?.cancel();
        continue;
      }
      const body = await answer.text();
      expect(answer.status, `${method} ${path}`).toBeLessThan(500);
      if (answer.status >= 400 && body.length > longest.length) longest = body;
    }
  }
  return longest;
}

it.each([...numbers, ...texts])('%s is answered, and not echoed whole', async (name) => {
  expect((await longestAnswer(name)).length).toBeLessThan(answerCharactersMax);
});

const longHeaders: readonly (readonly [name: string, value: string])[] = [
  ['X-Scope-OrgID', 'a'.repeat(50_000)],
  ['X-Scope-OrgID', 'a|'.repeat(25_000)],
  ['X-Scope-OrgID', `${'a'.repeat(50_000)}$`],
  ['X-Loki-Query-Limits', '9'.repeat(50_000)],
  ['X-Loki-Query-Limits', `{"maxQueryLength":"${'9'.repeat(50_000)}s"}`],
  ['X-Loki-Query-Limits', `{"maxQueryBytesRead":"${'9'.repeat(50_000)}x"}`],
  ['X-Loki-Response-Encoding-Flags', ','.repeat(50_000)],
  ['X-Query-Tags', 'a=b,'.repeat(12_000)],
  ['Content-Type', 'a'.repeat(50_000)],
  ['Content-Encoding', 'a'.repeat(50_000)],
  ['Last-Event-ID', '9'.repeat(50_000)],
  ['Accept', 'a,'.repeat(25_000)],
  ['Accept-Encoding', 'a,'.repeat(25_000)],
  ['Cache-Control', 'no-'.repeat(16_000)],
  ['User-Agent', 'a'.repeat(50_000)],
  ['Origin', 'a'.repeat(50_000)],
];

it.each(longHeaders)('the header %s of 50,000 characters is not echoed whole', async (name, value) => {
  for (const [method, path] of [
    ['GET', '/loki/api/v1/labels'],
    ['GET', '/loki/api/v1/query_range?query={a="b"}'],
    ['GET', '/api/logs'],
    ['POST', '/loki/api/v1/push'],
    ['POST', '/otlp/v1/logs'],
  ] as const) {
    const headers = { 'X-Scope-OrgID': 'a', [name]: value };
    const answer = await fetch(tenants.url + path, { method, headers });
    expect(answer.status).toBeLessThan(500);
    expect((await answer.text()).length).toBeLessThan(answerCharactersMax);
  }
  for (const { contentType = '', contentEncoding = '', userAgent = '' } of tenants.pushes)
    expect(Math.max(contentType.length, contentEncoding.length, userAgent.length)).toBeLessThan(2000);
});

describe('read as numbers', () => {
  const length = 1_000_000;
  const readers: readonly (readonly [name: string, read: (text: string) => unknown])[] = [
    ['a count', (text) => limitParameter(new Map([['limit', [text]]]), 'limit', 1)],
    ['a time', (text) => parseTime(text, 0n)],
    ['a step', parseSecondsOrDuration],
    ['a duration', parsePrometheusDuration],
    ['a duration in Go’s form', parseGoDuration],
  ];
  const values: readonly (readonly [name: string, text: string])[] = [
    ['digits', '9'.repeat(length)],
    ['digits with a unit', `${'9'.repeat(length)}s`],
    ['digits that end in a letter', `${'9'.repeat(length)}x`],
    ['zeros that end in a letter', `${'0'.repeat(length)}x`],
    ['two points', `${'9'.repeat(length)}.${'9'.repeat(length)}.`],
    ['a long exponent', `1e${'9'.repeat(length)}x`],
    ['what is escaped', '\u0001'.repeat(length)],
  ];
  it.each(
    readers.flatMap(([reader, read]) => values.map(([name, text]) => [reader, name, read, text] as const)),
  )('%s: %s are refused at once', (_reader, _name, read, text) => {
    const refusal = (): unknown => {
      try {
        return read(text);
      } catch (error) {
        return errorAnswer(error).message;
      }
    };
    expect(refusal()).toBeTypeOf('string');
  });
});
