// What is read out of lines whatever they are: levels, fields, patterns.

import { levelOfLine } from '../../src/ingest/entries/detected-level.ts';
import { levelTables } from '../../src/ingest/entries/line-levels.ts';
import { LevelDetector } from '../../src/kernels/level-detector.ts';
import { levelName } from '../../src/model/entry.ts';
import { parseLineFields } from '../../src/scan/fields/line-fields.ts';
import { PatternMiner } from '../../src/scan/patterns/pattern-miner.ts';
import { type FuzzTarget, must } from './target.ts';

const lines = [
  'level=info ts=2026-11-24T10:00:00Z msg="a \\"quoted\\" text" took=12ms err= status=200',
  '{"a":{"b":[1,{"c":"d"}]},"msg":"ok\\u00e9\\n","severity":"WARN","n":-1.5e3,"t":true,"x":null}',
  '10.0.0.7 - - [24/Nov/2026:13:05:11 +0000] "GET /api HTTP/1.1" 200 512 "-" "curl/8"',
  '[ERROR] request 8f14e45f failed: code=500 (<a> of {b})',
];
const words = ['="', '\\"', '{"', '":', '}', '[', ' = ', '"level":', 'error', '<_>', '\0', ': '];

const detector = new LevelDetector(levelTables);
const open = 255;

export const lineTargets: readonly FuzzTarget[] = [
  {
    name: 'line-level',
    seeds: lines,
    dictionary: words,
    errors: [],
    run(input) {
      const level = levelOfLine(input, 0, input.length);
      const levels = Uint8Array.of(open);
      const columns = { lineStarts: Uint32Array.of(0), lineEnds: Uint32Array.of(input.length) };
      detector.detect({ bytes: input, count: 1, ...columns }, levels, open);
      must(levels[0] === open || levels[0] === level, `kernel ${levels[0]}, code without it ${level}`);
      return levelName(level);
    },
  },
  {
    name: 'line-fields',
    seeds: lines,
    dictionary: words,
    errors: [],
    run(input) {
      const { parser, fields } = parseLineFields(input.toString());
      return `${parser} ${'f'.repeat(Math.min(9, fields.length))}`;
    },
  },
  {
    name: 'line-patterns',
    seeds: lines.map((line, i) => `${line}\n${lines[(i + 1) % lines.length]}\n${line}`),
    dictionary: words,
    errors: [],
    run(input) {
      const miner = new PatternMiner();
      for (const line of input.toString().split('\n')) miner.add(line, false, 0);
      return 'p'.repeat(Math.min(9, miner.patterns().length));
    },
  },
];
