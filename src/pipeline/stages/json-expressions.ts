// `| json label="path.to[0]["field"]"`: chosen values of the line's JSON, each under a label of its own.

import {
  blockEnd,
  type JsonError,
  type JsonValue,
  jsonLabelValue,
  nextToken,
  readJsonValue,
  stringEnd,
  unescapeJson,
} from '../../formats/json-scan.ts';
import { parseJsonPath } from '../../logql/extraction-path.ts';
import { ParseError } from '../../logql/parse-error.ts';
import type { LabelExtraction } from '../../logql/stages/extractions.ts';
import type { JsonStage } from '../../logql/stages/json.ts';
import { extractedSuffix } from '../labels/labels-builder.ts';
import type { Apply, CompiledStage, PipelineEntry } from '../stage.ts';
import { jsonParserError, setParserError } from './json.ts';

/** A field's name or an array's index. */
export type JsonPath = readonly (string | number)[];

/** Compiles `| json` with expressions. Throws ParseError for a path that is none. */
export const compileJsonExpressions = ({ expressions }: JsonStage): CompiledStage => ({
  labelsRead: [],
  apply: chosenValues(expressions),
});

function chosenValues(expressions: readonly LabelExtraction[]): Apply {
  const extractions = expressions.map(({ label, path }) => ({ label, path: pathOf(path) }));
  return (entry) => {
    if (entry.lineIsEmpty || entry.hints.done) return true;
    const line = entry.line;
    const first = line.charCodeAt(0);
    if (first !== 0x7b && first !== 0x5b && first !== 0x22) {
      setParserError(entry, jsonParserError, '');
      return true;
    }
    const value: JsonValue = { type: 'null', start: 0, end: 0, next: 0 };
    let missing = false;
    for (const { label, path } of extractions) {
      const found = findValue(line, path, value);
      if (found === true) setExtraction(entry, label, jsonLabelValue(line, value));
      else {
        missing = true;
        if (found !== false) setParserError(entry, jsonParserError, found);
      }
    }
    // Each expression leaves a label, so that templates and filters find an empty one.
    if (missing) {
      for (const { label } of extractions) {
        if (entry.labels.get(label) !== undefined) continue;
        entry.labels.set('parsed', label, '');
        entry.hints.record(label);
      }
    }
    return true;
  };
}

/** Sets the label of an expression; one of the stream keeps its name, this one takes the suffix. */
function setExtraction(entry: PipelineEntry, label: string, value: string): void {
  const name = entry.labels.clashes(label) ? label + extractedSuffix : label;
  entry.labels.set('parsed', name, value);
  entry.hints.record(name);
}

/**
 * Finds the first value at a path. The text around it may be broken. True: found, and in `value`; false: not
 * there; a text: it is there but cannot be read.
 */
export function findValue(text: string, path: JsonPath, value: JsonValue): boolean | JsonError {
  let from = nextToken(text, 0, text.length);
  let end = text.length;
  for (let i = 0; i < path.length; i++) {
    const step = path[i] as string | number;
    const at = typeof step === 'number' ? findIndex(text, from, end, step) : findField(text, from, end, step);
    if (at < 0) return false;
    const error = readJsonValue(text, at, end, value);
    if (error !== undefined) return i === path.length - 1 ? error : false;
    from = value.start;
    end = value.end;
    if (i < path.length - 1 && value.type !== 'object' && value.type !== 'array') return false;
  }
  return path.length > 0;
}

/** Offset after the colon of a field of the object at `from`, or -1. */
function findField(text: string, from: number, end: number, name: string): number {
  if (text.charCodeAt(from) !== 0x7b) return -1;
  let i = from + 1;
  while (i < end) {
    const c = text.charCodeAt(i);
    if (c === 0x7b || c === 0x5b) {
      const close = blockEnd(text, i, end);
      if (close < 0) return -1;
      i = close;
    } else if (c === 0x22) {
      const close = stringEnd(text, i + 1, end);
      if (close < 0) return -1;
      const colon = nextToken(text, close + 1, end);
      if (colon < 0) return -1;
      if (text.charCodeAt(colon) !== 0x3a) {
        i = close + 1;
        continue;
      }
      if (keyIs(text, i + 1, close, name)) return colon + 1;
      i = colon + 1;
      // A string value must not be taken for the next key.
      const next = nextToken(text, i, end);
      if (next >= 0 && text.charCodeAt(next) === 0x22) {
        const valueEnd = stringEnd(text, next + 1, end);
        if (valueEnd < 0) return -1;
        i = valueEnd + 1;
      }
    } else i++;
  }
  return -1;
}

function keyIs(text: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length && text.startsWith(name, start)) return true;
  const raw = text.slice(start, end);
  return raw.includes('\\') && unescapeJson(raw) === name;
}

/** Offset of the value with this index in the array at `from`, or -1. */
function findIndex(text: string, from: number, end: number, index: number): number {
  if (text.charCodeAt(from) !== 0x5b) return -1;
  const value: JsonValue = { type: 'null', start: 0, end: 0, next: 0 };
  let at = nextToken(text, from + 1, end);
  for (let i = 0; at >= 0 && text.charCodeAt(at) !== 0x5d; i++) {
    if (i === index) return at;
    if (readJsonValue(text, at, end, value) !== undefined) return -1;
    at = nextToken(text, value.next, end);
    if (at < 0 || text.charCodeAt(at) !== 0x2c) return -1;
    at = nextToken(text, at + 1, end);
  }
  return -1;
}

function pathOf(text: string): JsonPath {
  const path = parseJsonPath(text);
  if (typeof path === 'string') throw new ParseError(`cannot parse expression [${text}]: ${path}`);
  return path;
}
