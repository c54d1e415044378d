// What loggers write and Loki takes for no level: the numbers of pino and bunyan, and words between colours.
import { type JsonValue, nextToken, readJsonValue, stringEnd } from '../../formats/json-scan.ts';
import { levelOfPino } from '../../formats/logger-levels.ts';
import { type LevelCode, levelCode } from '../../model/entry.ts';
import { decolorize } from '../../pipeline/stages/decolorize.ts';
import { levelOfLine } from './detected-level.ts';

const unknown = levelCode('unknown');
const escapeByte = 0x1b;
const brace = 0x7b;
/** Loggers write the level early; what stands behind is not looked at. */
const lookedAtBytesMax = 65_536;

/** The level of a line `bytes[start, end)` that {@link levelOfLine} knows none of. */
export function levelOfLoggerLine(bytes: Buffer, start: number, end: number): LevelCode {
  const stop = Math.min(end, start + lookedAtBytesMax);
  if (bytes[start] === brace) return levelOfNumber(bytes.toString('latin1', start, stop));
  if (!bytes.subarray(start, stop).includes(escapeByte)) return unknown;
  const plain = Buffer.from(decolorize(bytes.toString('latin1', start, stop)), 'latin1');
  return levelOfLine(plain, 0, plain.length);
}

/** `{"level":30,…}` */
function levelOfNumber(text: string): LevelCode {
  const value: JsonValue = { type: 'null', start: 0, end: 0, next: 0 };
  let at = 1;
  for (;;) {
    const key = nextToken(text, at, text.length);
    if (key < 0 || text[key] !== '"') return unknown;
    const keyEnd = stringEnd(text, key + 1, text.length);
    if (keyEnd < 0) return unknown;
    const colon = nextToken(text, keyEnd + 1, text.length);
    if (colon < 0 || text[colon] !== ':') return unknown;
    if (readJsonValue(text, colon + 1, text.length, value) !== undefined) return unknown;
    if (value.type === 'number' && text.slice(key + 1, keyEnd) === 'level')
      return levelCode(levelOfPino(Number(text.slice(value.start, value.end))) ?? 'unknown');
    const comma = nextToken(text, value.next, text.length);
    if (comma < 0 || text[comma] !== ',') return unknown;
    at = comma + 1;
  }
}
