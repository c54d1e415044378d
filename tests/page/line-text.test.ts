// Lines as the page shows and saves them: JSON as written, colours, marks, files.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../../src/page/gateway/entry.ts';
import { styledTexts, withoutStyles } from '../../src/page/lines/ansi.ts';
import { jsonFields, laidOutJson } from '../../src/page/lines/exact-json.ts';
import { fileHead, fileRow, isoNs } from '../../src/page/lines/line-files.ts';
import { logfmtFields } from '../../src/page/lines/logfmt-fields.ts';
import { marksFinder } from '../../src/page/lines/marks.ts';
import { compilePattern } from '../../src/page/lines/pattern-marks.ts';

describe('JSON', () => {
  it('laid out has the same tokens', () => {
    const strings = fc.string({ unit: fc.constantFrom('"', '\\', '{', ',', ':', ' ', 'é', '\n', 'a') });
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        strings,
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.constantFrom(null, true, false),
        fc.array(tie('value')),
        fc.dictionary(strings, tie('value')),
      ),
    })).value;
    fc.assert(
      fc.property(values, (value) => {
        const line = JSON.stringify(value);
        const laidOut = laidOutJson(line);
        const isJson = typeof value === 'object' && value !== null;
        expect(laidOut).toBe(isJson ? JSON.stringify(value, undefined, 2) : undefined);
      }),
    );
  });

  it.each([
    [
      'large and long numbers',
      '{"a":12345678901234567890,"b":1.10,"c":1E2}',
      '{\n  "a": 12345678901234567890,\n  "b": 1.10,\n  "c": 1E2\n}',
    ],
    ['equal keys', '{"a":1,"a":2}', '{\n  "a": 1,\n  "a": 2\n}'],
    ['escapes', '{"a":"\\u00e9\\/"}', '{\n  "a": "\\u00e9\\/"\n}'],
    ['empty ones', '[{},[]]', '[\n  {},\n  []\n]'],
  ])('keeps %s', (_, line, wanted) => {
    expect(laidOutJson(line)).toBe(wanted);
  });

  it.each([
    'text',
    '{"a":1',
    '{a:1}',
    '"text"',
    '7',
    '['.repeat(100_000),
    `${'['.repeat(500)}${']'.repeat(500)}`,
  ])('leaves what is none, or too deep: %.20s', (line) => {
    expect(laidOutJson(line)).toBeUndefined();
  });

  it('has its fields under the names that queries use', () => {
    const line = '{"a":1.0,"b":{"c d":"x\\"y","e":[{"f":1}]},"1g":null,"a":true}';
    expect(jsonFields(line)?.map(({ name, value, isNumber }) => `${name} ${value} ${isNumber}`)).toEqual([
      'a 1.0 true',
      'b_c_d x"y false',
      '_1g null false',
      'a true false',
    ]);
  });
});

describe('key=value lines', () => {
  it.each([
    ['level=info msg="a \\"b\\" c" took=1.5', ['level info', 'msg a "b" c', 'took 1.5']],
    ['2026 level=warn user.id=7 x=', ['level warn', 'user_id 7', 'x ']],
    ['a sentence with one=thing', undefined],
    ['plain', undefined],
  ])('%s', (line, wanted) => {
    expect(logfmtFields(line)?.map(({ name, value }) => `${name} ${value}`)).toEqual(wanted);
  });
});

describe('colours', () => {
  it.each([
    [
      '\u001b[31mred\u001b[0m plain',
      [
        ['red', { colour: 1 }],
        [' plain', {}],
      ],
    ],
    ['\u001b[1;94;41mx', [['x', { bold: true, colour: 12, background: 1 }]]],
    [
      '\u001b[38;5;196mx\u001b[39my',
      [
        ['x', { colour: 'rgb(255 0 0)' }],
        ['y', {}],
      ],
    ],
    ['\u001b[38;2;1;2;300mx', [['x', { colour: 'rgb(1 2 255)' }]]],
    ['\u001b[48;5;232mx', [['x', { background: 'rgb(8 8 8)' }]]],
    [
      '\u001b[mx\u001b[2Ky\u001b]0;title\u0007z',
      [
        ['x', {}],
        ['y', {}],
        ['z', {}],
      ],
    ],
    [
      '\u001b[3;4;7;2mx\u001b[22;23;24;27my',
      [
        ['x', { italic: true, underline: true, inverse: true, dim: true }],
        ['y', {}],
      ],
    ],
  ])('%j', (line, wanted) => {
    expect(styledTexts(line).map(({ text, style }) => [text, style])).toEqual(wanted);
  });

  it('take nothing of the text', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '\u001b[0m',
        '\u001b[38;5m',
        '\u001b[',
        '\u001b',
        '\u001b[38;2;9m',
        '\u001b]x',
        '\u001b[1;;2m',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const line = pieces.join('');
        const texts = styledTexts(line).map(({ text }) => text);
        expect(texts.join('')).toBe(withoutStyles(line));
      }),
    );
    expect(styledTexts('no colours')).toEqual([{ text: 'no colours', style: {} }]);
  });
});

describe('marks', () => {
  const marked = (text: string, ...terms: Parameters<typeof marksFinder>[0]) =>
    marksFinder(terms, compilePattern)(text).map(({ start, end }) => text.slice(start, end));
  const text = (value: string) => ({ kind: 'text', value }) as const;
  const pattern = (value: string) => ({ kind: 'pattern', value }) as const;

  it.each([
    ['a text, each time', 'ab ab', [text('ab')], ['ab', 'ab']],
    ['letters of any case', 'Error error', [pattern('(?i)ERROR')], ['Error', 'error']],
    ['an expression', 'took 12ms, 7ms', [pattern('\\d+ms')], ['12ms', '7ms']],
    ['what overlaps, once', 'abcd', [text('abc'), text('bcd')], ['abcd']],
    ['nothing for a wrong expression', 'a(', [pattern('a(')], []],
    ['nothing for one that matches nothing', 'aaa', [pattern('b*')], []],
  ])('%s', (_, line, terms, wanted) => {
    expect(marked(line, ...terms)).toEqual(wanted);
  });

  it('come to an end for an expression that others take for ever for', () => {
    expect(marked(`${'a'.repeat(2000)}!`, pattern('(a+)+$'))).toEqual([]);
  });
});

describe('files', () => {
  const entry: Entry = {
    timestampNs: '1700000000123456789',
    line: '=1+1, "quoted"\nand more',
    stream: { app: 'web' },
    metadata: { trace: '-7' },
    parsed: {},
  };
  it('text is the line', () => {
    expect(fileRow('text', entry, [])).toBe(`${entry.line}\n`);
  });
  it('JSON lines hold all of it', () => {
    expect(JSON.parse(fileRow('json', entry, []))).toEqual({
      timestamp: '2023-11-14T22:13:20.123456789Z',
      timestampNs: entry.timestampNs,
      labels: { app: 'web', trace: '-7' },
      line: entry.line,
    });
  });
  it('CSV has the chosen columns, and nothing that a spreadsheet computes', () => {
    expect(fileHead('csv', ['app', 'trace'])).toBe('time,timestamp_ns,app,trace,labels,line\r\n');
    expect(fileRow('csv', entry, ['app', 'trace'])).toBe(
      `2023-11-14T22:13:20.123456789Z,1700000000123456789,web,'-7,"{""app"":""web"",""trace"":""-7""}","'=1+1, ""quoted""\nand more"\r\n`,
    );
  });
  it.each([
    ['0', '1970-01-01T00:00:00.000000000Z'],
    ['1', '1970-01-01T00:00:00.000000001Z'],
    ['9999999999', '1970-01-01T00:00:09.999999999Z'],
  ])('%s ns is %s', (ns, wanted) => {
    expect(isoNs(ns)).toBe(wanted);
  });
});
