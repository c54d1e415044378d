// The kernel decides as ingest's byte-wise detection does, line by line.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levelLabels, levelWords } from '../../src/formats/level-words.ts';
import { levelOfLine } from '../../src/ingest/entries/detected-level.ts';
import { levelTables } from '../../src/ingest/entries/line-levels.ts';
import { LevelDetector } from '../../src/kernels/level-detector.ts';
import { levelCode } from '../../src/model/entry.ts';

const detector = new LevelDetector(levelTables);
const wanted = 255;

function detect(lines: readonly Buffer[]): number[] {
  const lineStarts = new Uint32Array(lines.length);
  const lineEnds = new Uint32Array(lines.length);
  let at = 3;
  lines.forEach((line, i) => {
    lineStarts[i] = at;
    at += line.length;
    lineEnds[i] = at;
    at += 1;
  });
  const bytes = Buffer.alloc(at, '"');
  lines.forEach((line, i) => void bytes.set(line, lineStarts[i]));
  const level = new Uint8Array(lines.length).fill(wanted);
  detector.detect({ bytes, count: lines.length, lineStarts, lineEnds }, level, wanted);
  return [...level];
}

describe('level detection by kernel', () => {
  it.each([
    ['{"level":"warn","msg":"info"}', 'warn'],
    ['{"level":30,"msg":"an error"}', 'error'],
    ['{"a":{"severity":"fatal"}}', 'fatal'],
    ['level=error msg="info"', 'error'],
    ['msg="x" LVL=dbg', 'debug'],
    ['12:00 WARN  slow query', 'warn'],
    ['informational text', 'unknown'],
    ['', 'unknown'],
    ['   ', 'unknown'],
    ['info', 'info'],
    ['errors: none', 'unknown'],
  ])('%s', (line, level) => {
    expect(detect([Buffer.from(line)])).toEqual([levelCode(level)]);
  });

  it('agrees with the byte-wise detection on any lines', () => {
    const piece = fc.constantFrom(
      ...levelLabels,
      ...levelWords,
      ...[
        '=',
        '="',
        '"',
        ':',
        ',',
        '{',
        '}',
        '[',
        ']',
        ' ',
        '\t',
        '\n',
        '\\',
        '{"',
        '":"',
        '","',
        '":',
        '": 30,',
        '30}',
        'url=',
        'x',
      ],
      ...['WARN', 'Error', 'iNFO', 'errors', 'text', 'Level', 'é', '\0'],
    );
    const line = fc.oneof(
      fc.array(piece, { maxLength: 25 }).map((pieces) => Buffer.from(pieces.join(''))),
      fc.array(piece, { maxLength: 25 }).map((pieces) => Buffer.from(`{"${pieces.join('')}}`)),
      fc
        .dictionary(
          fc.constantFrom('a', ...levelLabels),
          fc.oneof(piece, fc.nat(60), fc.dictionary(piece, piece)),
        )
        .map((o) => Buffer.from(JSON.stringify(o))),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        expect(detect(lines)).toEqual(lines.map((l) => levelOfLine(l, 0, l.length)));
      }),
      { numRuns: 3000 },
    );
  });

  it('leaves lines that have a level alone', () => {
    const bytes = Buffer.from('error error');
    const ranges = { bytes, count: 2, lineStarts: Uint32Array.of(0, 6), lineEnds: Uint32Array.of(5, 11) };
    const level = Uint8Array.of(3, wanted);
    detector.detect(ranges, level, wanted);
    expect([...level]).toEqual([3, levelCode('error')]);
  });
});
