import { describe, expect, it } from 'vitest';
import {
  commonLabels,
  type EntryFormat,
  formatEntry,
  formatLabels,
  formatTimestamp,
} from '../../src/commands/cli/entry-format.ts';
import { visibleControls } from '../../src/commands/cli/terminal.ts';
import type { LogEntry } from '../../src/commands/client/log-pages.ts';

const plain: EntryFormat = {
  mode: 'default',
  timestamps: 'rfc3339nano',
  utc: true,
  colours: false,
  noLabels: false,
  includeLabels: [],
  excludeLabels: [],
  labelsLength: 0,
};
const entry: LogEntry = {
  timestampNs: 1_767_225_600_000_000_020n,
  line: 'level=error "x"',
  labels: { env: 'prod', app: 'a"b', level: 'error' },
  structuredMetadata: {},
};
const time = '2026-01-01T00:00:00.00000002Z';

describe('formatEntry', () => {
  it.each<[name: string, format: Partial<EntryFormat>, want: string]>([
    ['default', {}, `${time} {app="a\\"b", env="prod", level="error"} level=error "x"\n`],
    ['raw is the line alone', { mode: 'raw' }, 'level=error "x"\n'],
    ['no labels', { noLabels: true }, `${time} level=error "x"\n`],
    ['one label', { includeLabels: ['env'] }, `${time} {env="prod"} level=error "x"\n`],
    ['without one', { excludeLabels: ['app', 'level'] }, `${time} {env="prod"} level=error "x"\n`],
    ['padded', { includeLabels: ['env'], labelsLength: 14 }, `${time} {env="prod"}   level=error "x"\n`],
    [
      'colours by level',
      { colours: true, noLabels: true },
      `\u001b[2m${time}\u001b[0m \u001b[31mlevel=error "x"\u001b[0m\n`,
    ],
  ])('%s', (_name, format, want) => {
    expect(formatEntry(entry, { ...plain, ...format })).toBe(want);
  });

  it('leaves out labels said before, but not another value of them', () => {
    expect(formatEntry(entry, plain, { env: 'prod', level: 'info' })).toBe(
      `${time} {app="a\\"b", level="error"} level=error "x"\n`,
    );
  });

  it('jsonl is one object with every label', () => {
    expect(JSON.parse(formatEntry(entry, { ...plain, mode: 'jsonl' }))).toEqual({
      labels: entry.labels,
      line: entry.line,
      timestamp: time,
    });
  });
});

it.each<[ns: bigint, format: Parameters<typeof formatTimestamp>[1], want: string]>([
  [1_767_225_600_123_456_789n, 'rfc3339', '2026-01-01T00:00:00Z'],
  [1_767_225_600_123_456_789n, 'rfc3339milli', '2026-01-01T00:00:00.123Z'],
  [1_767_225_600_123_456_789n, 'rfc3339nano', '2026-01-01T00:00:00.123456789Z'],
  [1_767_225_600_000_000_000n, 'rfc3339nano', '2026-01-01T00:00:00Z'],
  [1_767_225_600_123_456_789n, 'unix', '1767225600123456789'],
  [-1n, 'rfc3339nano', '1969-12-31T23:59:59.999999999Z'],
])('time %s as %s', (ns, format, want) => {
  expect(formatTimestamp(ns, format, true)).toBe(want);
});

it.each([
  [{}, '{}'],
  [{ b: '1', a: 'x\ny' }, '{a="x\\ny", b="1"}'],
])('labels %j', (labels, want) => {
  expect(formatLabels(labels)).toBe(want);
});

it('finds the labels that all entries share', () => {
  const of = (labels: Record<string, string>): LogEntry => ({ ...entry, labels });
  expect(commonLabels([of({ a: '1', b: '1' }), of({ a: '1', b: '2' }), of({ a: '1', c: '1' })])).toEqual({
    a: '1',
  });
  expect(commonLabels([])).toEqual({});
});

it.each([
  ['colours stay', 'a \u001b[1;31mb\u001b[0m', 'a \u001b[1;31mb\u001b[0m'],
  ['a title does not', '\u001b]0;x\u0007', '\\x1b]0;x\\x07'],
  ['nor a cursor', '\u001b[2Ja', '\\x1b[2Ja'],
  ['nor a carriage return', 'a\rb', 'a\\x0db'],
  ['nor a C1 control', '\u009b2J', '\\x9b2J'],
  ['tabs and line feeds stay', 'a\tb\nc', 'a\tb\nc'],
])('on a terminal: %s', (_name, text, want) => {
  expect(visibleControls(text)).toBe(want);
});
