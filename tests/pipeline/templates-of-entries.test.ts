// What templates see of an entry: its line's bytes, the pipeline's errors, labels under their own names.
import { expect, it } from 'vitest';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { compileLogPipeline } from '../../src/pipeline/log-pipeline.ts';
import { inputOf } from './query-parts.ts';

const run = (query: string, line: Buffer | string) => {
  const { stages } = parseLogQuery(query);
  const stream = compileLogPipeline(stages).forStream([['app', 'x']]);
  return stream.process(inputOf(Buffer.from(line)));
};

it.each([
  ['of no UTF-8', Buffer.from([0x61, 0xff, 0xfe]), '{app="x"} | line_format "{{ len __line__ }}"', '3'],
  ['piped', Buffer.from([0xff]), '{app="x"} | line_format "{{ __line__ | len }}"', '1'],
  ['of UTF-8', 'ä', '{app="x"} | line_format "{{ len __line__ }}"', '2'],
  [
    'made before',
    Buffer.from([0xff]),
    '{app="x"} | line_format "<{{.app}}>" | line_format "{{ len __line__ }}"',
    '3',
  ],
])('the length of a line %s', (_, line, query, printed) => {
  expect(run(query, line)?.line).toBe(printed);
});

it.each([
  ['alone', '{{.__error__}}', ''],
  ['alone, with space', '{{ .__error_details__ }}', ''],
  ['beside text', '{{.__error__}}!', 'JSONParserErr!'],
  ['in a function', '{{ upper .__error__ }}', 'JSONPARSERERR'],
  ['alone, with a field of that name', '{{.__error__}}', 'own', '{"__error__":"own"}'],
])('an error in a line: %s', (_, template, printed, line = 'no json') => {
  expect(run(`{app="x"} | json | line_format "${template}"`, line)?.line).toBe(printed);
});

it.each([
  ['onto itself', 'a=a', [['b', '2']]],
  ['onto another', 'b=a', [['b', '1']]],
  [
    'of what is not there',
    'a=c',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
])('a rename %s', (_, rename, parsed) => {
  expect(run(`{app="x"} | logfmt | label_format ${rename}`, 'a=1 b=2')?.labels.parsed).toEqual(parsed);
});
