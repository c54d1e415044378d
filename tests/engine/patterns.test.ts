import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QueryEngine } from '../../src/engine/run/query-engine.ts';
import { parseLogQuery } from '../../src/logql/parser.ts';
import { patternFilterError } from '../../src/logql/pattern.ts';
import { levelCode } from '../../src/model/entry.ts';
import { nsPerSecond } from '../../src/model/time.ts';
import { compileLineFilters } from '../../src/pipeline/stages/line-filter.ts';
import { PatternMiner } from '../../src/scan/patterns/pattern-miner.ts';
import { minePatterns, type PatternBudget, patternBudget } from '../../src/scan/patterns/patterns.ts';
import { ScanControl } from '../../src/scan/scan-control.ts';
import { ScanSession } from '../../src/scan/scan-unit-loop.ts';
import type { PatternRow } from '../../src/store/scan-results.ts';
import { within } from '../within.ts';
import { inProcessWorkers } from './in-process-workers.ts';
import { type MemoryEntry, MemoryStore, type MemoryStoreOptions, type MemoryStream } from './memory-store.ts';
import { testContext } from './recorded-engine.ts';

/** Lines at one second each, so that a sample's time names its line. */
const streamOf = (lines: readonly (string | Buffer)[], level = 'info', name = 'x'): MemoryStream => ({
  labels: [['app', name]],
  entries: lines.map(
    (line, i): MemoryEntry => ({
      timestampNs: BigInt(i) * nsPerSecond,
      line: Buffer.from(line),
      structuredMetadata: [],
      level: levelCode(level),
    }),
  ),
});

async function mine(
  streams: readonly MemoryStream[],
  budget: Partial<PatternBudget> = {},
  options: MemoryStoreOptions = {},
  stepSeconds = 1,
): Promise<{ rows: PatternRow[]; bytesRead: number }> {
  const store = new MemoryStore(streams, options);
  const session = new ScanSession(store, { snapshot: undefined, scanBytesMax: 0 }, new ScanControl());
  const { matchers } = parseLogQuery('{app=~".+"}');
  const range = { startNs: 0n, endNs: 1_000_000n * nsPerSecond };
  const rows = await minePatterns({ tenant: 'fake', matchers, range, stepSeconds }, session, async () => {}, {
    ...patternBudget,
    linesMin: 1,
    ...budget,
  });
  return { rows, bytesRead: session.counters.bytes };
}

const matching = (pattern: string, line: Buffer): boolean =>
  compileLineFilters([
    { kind: 'lineFilter', op: '|>', alternatives: [{ text: pattern, ip: false }] },
  ]).matches(line, 0, line.length);

/** Lines that a pattern counts and does not match, and lines that no pattern counts. */
function faults(rows: readonly PatternRow[], lines: readonly Buffer[]): string[] {
  const counted = new Set<number>();
  const wrong: string[] = [];
  for (const { pattern, samples } of rows) {
    if (patternFilterError(pattern) !== undefined) wrong.push(`no filter: ${pattern}`);
    for (const [second] of samples) {
      counted.add(second);
      const line = lines[second] as Buffer;
      if (!matching(pattern, line))
        wrong.push(`${JSON.stringify(pattern)} not in ${JSON.stringify(String(line))}`);
    }
  }
  lines.forEach((line, second) => {
    if (line.length > 0 && !counted.has(second)) wrong.push(`not counted: ${JSON.stringify(String(line))}`);
  });
  return wrong;
}

const word = fc.constantFrom(
  ...[
    'a',
    'b',
    'GET',
    '7',
    '200',
    '1.5s',
    '/x/1',
    'é',
    '李',
    '<_>',
    '<x>',
    'a<b>',
    '>',
    '<',
    'k:v',
    ':',
    '\\"',
  ],
  ...['level', 'msg', '10.0.0.1', '-', '\uFFFD', '%20'],
);
const gap = fc.constantFrom(
  ' ',
  ' ',
  ' ',
  '=',
  '="',
  '" ',
  '":"',
  '","',
  '":',
  '{"',
  '}',
  ', ',
  ': ',
  '[',
  ']',
  '\n',
  '\t',
  '  ',
  '\0',
);
const shapedLine = fc
  .array(fc.tuple(word, gap), { minLength: 1, maxLength: 6 })
  .map((parts) => parts.flat().join(''));
const anyLine = fc.oneof(
  { weight: 4, arbitrary: shapedLine.map((line) => Buffer.from(line)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }).map((line) => Buffer.from(line)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)) },
);

describe('patterns', () => {
  it('match every line they count, and count every line', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyLine, { minLength: 1, maxLength: 40 }),
        within(10_000, async (lines) => {
          const { rows } = await mine([streamOf(lines)]);
          expect(faults(rows, lines)).toEqual([]);
        }),
      ),
      { numRuns: 500 },
    );
  });

  it('match long lines and lines of many tokens by their beginning', async () => {
    const lines = [
      `${'word '.repeat(300)}end`,
      `${'word '.repeat(300)}other end`,
      `start ${'x'.repeat(20_000)} end`,
      `start ${'é'.repeat(20_000)}`,
      `a=1 ${'b="2 3" '.repeat(4000)}`,
      ' '.repeat(20_000),
      `${'='.repeat(8190)}x${'='.repeat(20)}`,
    ].map((line) => Buffer.from(line));
    const { rows } = await mine([streamOf(lines)]);
    expect(faults(rows, lines)).toEqual([]);
  });

  const several = (template: string, ...values: string[]): string[] =>
    values.map((value) => template.replace('%', value));

  it.each<[string, string[], string[]]>([
    ['numbers', several('took % ms', '1', '22', '333'), ['took <_> ms']],
    ['one word', several('user % logged in', 'ann', 'bob', 'eve'), ['user <_> logged in']],
    ['what never changes, though it has digits', several('HTTP/1.1 % done', '1', '2'), ['HTTP/1.1 <_> done']],
    [
      'values of logfmt, by message',
      [
        ...several('level=info msg="request done" path=% status=200', '/a', '/b'),
        ...several('level=info msg="cache miss" path=% status=200', '/a', '/b'),
      ],
      [
        'level=info msg="cache miss" path=<_> status=200',
        'level=info msg="request done" path=<_> status=200',
      ],
    ],
    [
      'values of JSON, quoted and not',
      ['{"msg":"done","id":1,"user":"a7"}', '{"msg":"done","id":2,"user":"b8"}'],
      ['{"msg":"done","id":<_>,"user":"<_>"}'],
    ],
    ['not lines of other keys', ['a=1 b=2', 'a=2 c=3'], ['a=1 b=2', 'a=2 c=3']],
    [
      'not lines that begin with another word',
      ['Accepted key for ann', 'Rejected key for ann'],
      ['Accepted key for ann', 'Rejected key for ann'],
    ],
    ['text that looks like a capture', several('value <nil> of %', '1', '2'), ['value <_> of <_>']],
  ])('tell %s', async (_, lines, patterns) => {
    const { rows } = await mine([streamOf(lines)]);
    expect(rows.map(({ pattern }) => pattern).sort()).toEqual(patterns);
  });

  it('are counted by level and step, the most frequent first', async () => {
    const warns = streamOf(['disk 1 full', 'disk 2 full'], 'warn', 'a');
    const infos = streamOf(['disk 1 full', 'disk 2 full', 'disk 3 full'], 'info', 'b');
    const { rows } = await mine([warns, infos], {}, {}, 2);
    expect(rows).toEqual([
      {
        pattern: 'disk <_> full',
        level: 'info',
        samples: [
          [0, 2],
          [2, 1],
        ],
      },
      { pattern: 'disk <_> full', level: 'warn', samples: [[0, 2]] },
    ]);
  });

  it('take a level that is only in the metadata', async () => {
    const stream = streamOf(['a 1', 'a 2']);
    const entries = stream.entries.map(
      (entry, i): MemoryEntry => ({
        ...entry,
        level: 0,
        structuredMetadata: i === 0 ? [['detected_level', 'notice']] : [],
      }),
    );
    const { rows } = await mine([{ ...stream, entries }]);
    expect(rows.map(({ level }) => level).sort()).toEqual(['notice', 'unknown']);
  });

  it('of few lines are left out, and rows beyond the limit', async () => {
    const lines = [
      ...several('one %', '1', '2', '3'),
      ...several('two %', '1', '2'),
      ...several('six %', '1'),
    ];
    const patternsWith = async (budget: Partial<PatternBudget>) =>
      (await mine([streamOf(lines)], budget)).rows.map(({ pattern }) => pattern);
    expect(await patternsWith({ linesMin: 2 })).toEqual(['one <_>', 'two <_>']);
    expect(await patternsWith({ rowsMax: 1 })).toEqual(['one <_>']);
  });

  it('of a range beyond the budget are estimated from a share of every stream', async () => {
    const streams = ['a', 'b', 'c'].map((name, i) =>
      streamOf(
        Array.from({ length: 3000 * (i + 1) }, (_, n) => `${name} line ${String(n).padStart(9, '0')}`),
        'info',
        name,
      ),
    );
    const bytes = streams.reduce((sum, { entries }) => sum + entries.length * 16, 0);
    const { rows, bytesRead } = await mine(
      streams,
      { lineBytesMax: bytes / 10 },
      { unitEntries: 100 },
      1_000_000,
    );
    expect(bytesRead).toBeLessThanOrEqual(bytes / 10 + 1600);
    expect(rows).toEqual([
      { pattern: 'c line <_>', level: 'info', samples: [[0, 9000]] },
      { pattern: 'b line <_>', level: 'info', samples: [[0, 6000]] },
      { pattern: 'a line <_>', level: 'info', samples: [[0, 3000]] },
    ]);
  });

  it('are asked of the engine, which plans again when blocks have moved', async () => {
    const store = new MemoryStore([streamOf(several('took %', '1', '2', '3'))], { goneScans: 2 });
    const engine = new QueryEngine({
      workers: inProcessWorkers(store),
      runningMax: 1,
    });
    const selector = parseLogQuery('{app="x"}');
    const request = { selector, startNs: 0n, endNs: 100n * nsPerSecond, stepSeconds: 10 };
    expect(await engine.patterns(request, testContext())).toEqual([
      { pattern: 'took <_>', level: 'info', samples: [[0, 3]] },
    ]);
    expect(await engine.patterns({ ...request, endNs: 0n }, testContext())).toEqual([]);
  });
});

describe('a miner', () => {
  it('holds a bounded number of clusters, the largest', () => {
    const miner = new PatternMiner({ clustersMax: 10, leafClustersMax: 5 });
    for (let i = 0; i < 50; i++) {
      miner.add('often seen', false, 0);
      miner.add(`${'key='.repeat(i)} x`, false, 0);
    }
    const patterns = miner.patterns();
    expect(patterns.length).toBeLessThanOrEqual(10);
    expect(patterns.find(({ pattern }) => pattern === 'often seen')?.counts.get(0)).toBe(50);
  });

  it('compares a line with a bounded number of clusters', () => {
    const miner = new PatternMiner({ clustersMax: 100, leafClustersMax: 2 });
    const letters = [...'abcdefghij'];
    for (const c of letters) miner.add(`x ${c}${c} ${c}y ${c}z`, false, 0);
    const patterns = miner.patterns();
    expect(patterns.length).toBeLessThanOrEqual(2);
    expect(patterns.reduce((sum, { counts }) => sum + (counts.get(0) ?? 0), 0)).toBe(letters.length);
  });
});
