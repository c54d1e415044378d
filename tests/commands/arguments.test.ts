import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../src/commands/cli/arguments.ts';
import { type Flag, UsageError } from '../../src/commands/cli/command.ts';

const flags: readonly Flag[] = [
  { name: 'limit', value: 'N', summary: '' },
  { name: 'output', short: 'o', value: 'MODE', choices: ['raw', 'jsonl'], summary: '' },
  { name: 'quiet', short: 'q', summary: '' },
  { name: 'follow', short: 'f', summary: '' },
  { name: 'no-labels', summary: '' },
  { name: 'label', value: 'NAME', repeated: true, summary: '' },
];
const names = ['limit', 'output'] as const;
const switches = ['quiet', 'follow', 'no-labels'] as const;

function parsed(given: readonly string[]) {
  const args = parseArguments(flags, given);
  return {
    words: args.words,
    texts: names.map((name) => args.text(name)),
    on: switches.filter((name) => args.on(name)),
    labels: args.list('label'),
  };
}

const nothing = { words: [], texts: [undefined, undefined], on: [], labels: [] };

describe('parseArguments', () => {
  it.each<[name: string, given: readonly string[], want: Partial<ReturnType<typeof parsed>>]>([
    ['nothing', [], {}],
    ['a word', ['{a="b"}'], { words: ['{a="b"}'] }],
    ['two dashes and a word', ['--limit', '5'], { texts: ['5', undefined] }],
    ['an equals sign', ['--limit=5'], { texts: ['5', undefined] }],
    ["Go's single dash", ['-limit=5'], { texts: ['5', undefined] }],
    ["Go's single dash, a word", ['-limit', '5', 'x'], { texts: ['5', undefined], words: ['x'] }],
    ['a letter', ['-o', 'raw'], { texts: [undefined, 'raw'] }],
    ['a letter and its value', ['-oraw'], { texts: [undefined, 'raw'] }],
    ['a letter, an equals sign', ['-o=raw'], { texts: [undefined, 'raw'] }],
    ['letters joined', ['-qf'], { on: ['quiet', 'follow'] }],
    ['letters joined, the last with a value', ['-qoraw'], { on: ['quiet'], texts: [undefined, 'raw'] }],
    ['a switch off again', ['--quiet', '--quiet=false'], {}],
    ['a name that begins with no', ['--no-labels'], { on: ['no-labels'] }],
    ['the last one wins', ['--limit', '1', '--limit', '2'], { texts: ['2', undefined] }],
    ['repeated', ['--label', 'a', '--label=b'], { labels: ['a', 'b'] }],
    ['flags behind words', ['x', '-q'], { words: ['x'], on: ['quiet'] }],
    ['words behind --', ['-q', '--', '-limit', '--x'], { on: ['quiet'], words: ['-limit', '--x'] }],
    ['a dash is a word', ['-'], { words: ['-'] }],
    ['a value that looks like a flag', ['--limit', '-q'], { texts: ['-q', undefined] }],
    ['a value with equals signs and lines', ['--limit=a=b\nc'], { texts: ['a=b\nc', undefined] }],
    ['an empty value', ['--limit='], { texts: ['', undefined] }],
  ])('%s', (_name, given, want) => {
    expect(parsed(given)).toEqual({ ...nothing, ...want });
  });

  it.each([
    [['--limt', '5'], 'unknown flag --limt; did you mean "limit"?'],
    [['-x'], 'unknown flag -x'],
    [['--limit'], 'flag --limit needs a value (N)'],
    [['-o'], 'flag -o needs a value (MODE)'],
    [['-o', 'xml'], 'flag -o: expected one of raw, jsonl, got "xml"'],
    [['--quiet=5'], 'flag --quiet takes no value'],
  ])('refuses %j', (given, message) => {
    expect(() => parseArguments(flags, given)).toThrow(new UsageError(message));
  });
});
