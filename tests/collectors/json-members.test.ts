// Members found by walking are those that JSON.parse finds.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonLineNames, parseJsonLine } from '../../src/collectors/parse/json-line.ts';
import { JsonMembers, loadBlock } from '../../src/collectors/parse/json-members.ts';
import { TimeReader } from '../../src/collectors/parse/time-reader.ts';
import { acceptedByDefault } from '../../src/collectors/settings.ts';
import { JsonFields } from '../../src/collectors/stages/extract.ts';
import { Extracted } from '../../src/collectors/stages/extracted.ts';
import { timeZone } from '../../src/go/zone.ts';
import { within } from '../within.ts';

const nowNs = 1_795_532_645_000_000_000n;

/** A reader of members that has read nothing and never will: everything is left to JSON.parse. */
class NoMembers extends JsonMembers {
  override read(): boolean {
    return false;
  }
}

/** `block`: what places are in. */
function extracted(line: string, names: Record<string, string>, members: JsonMembers, block = ''): unknown {
  const into = new Extracted();
  into.clear(block);
  new JsonFields(Object.entries(names), members).extract(line, into);
  return into.names().map((name) => [name, into.get(name)]);
}

const isObject = (line: string): boolean => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

it.each([
  '{}',
  ' { } ',
  '{"a":1}',
  '{"a":-0,"b":-1.5e+3,"c":0.0,"d":1E5}',
  '{"a":"\\u00e9\\n","b":[],"c":{},"d":[[],{}]}',
  '{"a" : [1 , {"b" : [true , false , null]}] , "c" : "d"}\r\n',
  '{"a":1,"a":2}',
])('%s is read', (line) => expect([isObject(line), new JsonMembers().read(line)]).toEqual([true, true]));

it.each([
  '',
  '{',
  '{"a"',
  '{"a":',
  '{"a":1',
  '{"a":1,}',
  '{,}',
  '{"a":01}',
  '{"a":1.}',
  '{"a":.5}',
  '{"a":+1}',
  '{"a":1e}',
  '{"a":-}',
  '{"a":tru}',
  '{"a":nul,"b":1}',
  '{"a":[1,]}',
  '{"a":[1}]',
  '{"a":{"b"}}',
  '{"a":{"b":1,}}',
  '{"a":[}',
  '{"a":"\t"}',
  '{"a":"\\x"}',
  '{"a":"\\u12g4"}',
  '{"a":"\\u12"}',
  '{"a":"b}',
  '{"a":1}}',
  '{"a":1} x',
  '{a:1}',
  "{'a':1}",
  '[]',
  '"a"',
  '1',
])('%s is none', (line) => expect([isObject(line), new JsonMembers().read(line)]).toEqual([false, false]));

it.each<[string, string]>([
  ['an escape in a name', '{"\\u0061":1}'],
  ['very many members', `{${Array.from({ length: 1_000 }, (_, i) => `"m${i}":${i}`).join(',')}}`],
  ['very deep ones', `{"a":${'['.repeat(1_000)}${']'.repeat(1_000)}}`],
])('%s: left to JSON.parse', (_, line) => {
  expect([isObject(line), new JsonMembers().read(line)]).toEqual([true, false]);
  expect(extracted(line, {}, new JsonMembers())).toEqual(extracted(line, {}, new NoMembers()));
});

const key = fc.constantFrom(
  'a',
  'b',
  'a.b',
  'time',
  'level',
  'ts',
  '@l',
  '1',
  '__proto__',
  '',
  'ü',
  '\\u0061',
);
const scalar = fc.oneof(
  fc.constantFrom('1795532645123', '"2026-11-24T15:04:05Z"', '30', '"warn"', '-0', '1e400', '1.50', 'null'),
  fc.json({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 10 }).map((text) => JSON.stringify(text)),
);
const space = fc.constantFrom('', '', ' ', '\t', '\r', '\u00a0');
const line = fc
  .record({
    members: fc.array(fc.tuple(key, space, scalar, space), { maxLength: 6 }),
    /** What is cut out, and what is there instead. */
    at: fc.nat(300),
    length: fc.constantFrom(0, 0, 0, 1, 2, 300),
    instead: fc.constantFrom('', '', ',', '"', '}', ']', '\\', '0', '{', ':', '\n'),
  })
  .map(({ members, at, length, instead }) => {
    const whole = `{${members.map(([name, before, value, behind]) => `"${name}"${before}:${value}${behind}`).join(',')}}`;
    return whole.slice(0, at) + instead + whole.slice(at + length);
  });

it('what is read is an object, and gives what JSON.parse gives', () => {
  const members = new JsonMembers();
  const known = new JsonMembers(['a', 'b', 'a.b', '', '1']);
  fc.assert(
    fc.property(
      line,
      fc.dictionary(
        fc.constantFrom('x', 'a', 'y'),
        fc.constantFrom('', 'a', 'b', 'a.b', 'a.b.c', 'a.length', '1', '__proto__'),
      ),
      within(3_000, (text, names) => {
        if (members.read(text)) expect(isObject(text)).toBe(true);
        expect(extracted(text, names, members)).toEqual(extracted(text, names, new NoMembers()));
        const bytes = Buffer.from(`x{${text}}\n`);
        const block = bytes.toString('latin1');
        const loaded = loadBlock(block, bytes, 0);
        if (loaded && known.readLoaded(text, loaded, 2, bytes.length - 2)) expect(isObject(text)).toBe(true);
        expect(extracted(text, names, known, block)).toEqual(extracted(text, names, new NoMembers()));
      }),
    ),
  );
});

it('a line says the same time and level, its members read or not', () => {
  const members = new JsonMembers(jsonLineNames);
  const reader = new TimeReader(timeZone('UTC'), acceptedByDefault).at(nowNs);
  fc.assert(
    fc.property(
      line,
      within(3_000, (text) => {
        expect(parseJsonLine(text, reader, members)).toEqual(parseJsonLine(text, reader));
      }),
    ),
  );
});
