// detected_level of all lines of a push that labels and metadata leave open: by the kernel, a batch at a time.

import {
  besideSearchedWords,
  levelLabels,
  levelOfWord,
  levelWords,
  searchedLevelWords,
} from '../../formats/level-words.ts';
import { LevelDetector, type LevelTables } from '../../kernels/level-detector.ts';
import { levelCode } from '../../model/entry.ts';
import { levelOfLine } from './detected-level.ts';
import { levelOfLoggerLine } from './logger-level.ts';
import { levelByLine, type PushColumns } from './push-columns.ts';

const withLevels = (words: readonly string[]): readonly (readonly [string, number])[] =>
  words.map((word) => [word, levelOfWord(word)] as const);

/** What the kernel looks for: the same as {@link levelOfLine}. */
export const levelTables: LevelTables = {
  names: levelLabels,
  words: withLevels(levelWords),
  searched: withLevels(searchedLevelWords),
  ...besideSearchedWords,
  unknown: levelCode('unknown'),
};

/** A push of fewer lines is not worth the call. */
const kernelLinesMin = 4;

let detector: LevelDetector | undefined;

/** Replaces each {@link levelByLine} of the columns by a level; `ofLoggers`: also by what only loggers mean by it. */
export function fillLineLevels(columns: PushColumns, ofLoggers = false): void {
  const { bytes, count, lineStart, lineEnd, level } = columns;
  const asked = ofLoggers ? placesOf(level.subarray(0, count), levelByLine) : [];
  if (count >= kernelLinesMin) {
    detector ??= new LevelDetector(levelTables);
    detector.detect({ bytes, count, lineStarts: lineStart, lineEnds: lineEnd }, level, levelByLine);
  }
  // A line larger than the kernel's memory is left over.
  const open = level.subarray(0, count);
  for (let at = open.indexOf(levelByLine); at >= 0; at = open.indexOf(levelByLine, at + 1)) {
    level[at] = levelOfLine(bytes, lineStart[at] as number, lineEnd[at] as number);
  }
  for (const at of asked)
    if (level[at] === levelTables.unknown)
      level[at] = levelOfLoggerLine(bytes, lineStart[at] as number, lineEnd[at] as number);
}

function placesOf(levels: Uint8Array, value: number): readonly number[] {
  const places: number[] = [];
  for (let at = levels.indexOf(value); at >= 0; at = levels.indexOf(value, at + 1)) places.push(at);
  return places;
}
