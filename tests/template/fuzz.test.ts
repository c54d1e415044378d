// Random templates never crash, hang or print without end.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { outputLengthMax } from '../../src/template/limits.ts';
import { compileTemplate } from '../../src/template/template.ts';
import { TemplateError } from '../../src/template/template-error.ts';

const piece = fc.constantFrom(
  ...[
    '{{',
    '}}',
    '{{-',
    '-}}',
    ' ',
    '\n',
    '.',
    '.a',
    '$',
    '$x',
    ':=',
    '=',
    '|',
    ',',
    '(',
    ')',
    '"s"',
    '`r`',
    "'c'",
  ],
  ...[
    '0',
    '1',
    '-7',
    '1e9',
    '0x1f',
    '9223372036854775807',
    'true',
    'nil',
    'if',
    'else',
    'end',
    'range',
    'with',
  ],
  ...[
    'define "T"',
    'template "T"',
    'block "B"',
    'break',
    'continue',
    'and',
    'or',
    'not',
    'eq',
    'lt',
    'index',
    'len',
  ],
  ...[
    'slice',
    'printf "%v %d %s %5.2f"',
    'print',
    'html',
    'upper',
    'repeat',
    'indent',
    'substr',
    'trunc',
    'replace',
  ],
  ...[
    'add',
    'div',
    'mod',
    'divf',
    'round',
    'date "2006"',
    'toDate "2006" "x"',
    'unixToTime',
    'fromJson "[1,[2]]"',
  ],
  ...[
    '__line__',
    '__timestamp__',
    '__timestamp__.Add',
    'regexReplaceAll "(a*)*" "aaa" "$1"',
    'count',
    '/*',
    '*/',
    'text',
  ],
);
const template = fc.oneof(
  fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(' ')),
  fc.array(piece, { maxLength: 12 }).map((pieces) => `{{${pieces.join(' ')}}}`),
  fc.string({ unit: 'binary', maxLength: 200 }),
);

it('random templates are refused with a clear error or run within bounds', () => {
  const data = {
    get: () => 'value',
    entries: () => [['a', 'value'] as const],
    line: 'line',
    timestampNs: 1n,
  };
  fc.assert(
    fc.property(template, (text) => {
      try {
        const result = compileTemplate(text, 'line').execute(data);
        if ('text' in result) expect(result.text.length).toBeLessThanOrEqual(outputLengthMax);
        else expect(result.error).toMatch(/^template: line:/);
      } catch (error) {
        expect(error).toBeInstanceOf(TemplateError);
      }
    }),
    { numRuns: 20_000, interruptAfterTimeLimit: 10_000 },
  );
});
