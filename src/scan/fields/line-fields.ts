// The fields of a line of unknown format: JSON if it is an object, else logfmt.

import { unescapedLabel } from '../../formats/json-scan.ts';
import { LogfmtScanner } from '../../formats/logfmt-scan.ts';
import { labelNameOf, labelNamePart } from '../../pipeline/labels/label-name.ts';
import { eachField } from '../../pipeline/stages/json.ts';

export type LineParser = 'json' | 'logfmt';

export interface LineField {
  /** As `| json` or `| logfmt` would name the label. */
  readonly name: string;
  readonly value: string;
  /** Keys from the document's root, as they are written there; undefined for logfmt. */
  readonly jsonPath: readonly string[] | undefined;
}

export interface LineFields {
  readonly parser: LineParser;
  readonly fields: readonly LineField[];
}

/** Objects inside objects beyond this are left out. */
const nestingMax = 128;
/** Characters of all names of nested fields of one line: each repeats the names above it. The rest is left out. */
const nestedNamesLengthMax = 2 ** 22;

/** The fields in the line's order. A line that is neither JSON nor logfmt has none. */
export function parseLineFields(line: string): LineFields {
  const fields: LineField[] = [];
  if (walk(line, 0, line.length, '', [], { fields, nestedNamesLength: 0 }) === undefined)
    return { parser: 'json', fields };
  return { parser: 'logfmt', fields: logfmtFields(line) };
}

interface Found {
  readonly fields: LineField[];
  nestedNamesLength: number;
}

/** The error that makes the line no JSON object, or undefined. */
function walk(
  text: string,
  start: number,
  end: number,
  prefix: string,
  path: readonly string[],
  found: Found,
): string | undefined {
  return eachField<string>(text, start, end, (key, value) => {
    if (value.type === 'array' || value.type === 'null') return undefined;
    const name = joinName(prefix, key);
    if (name === '') return undefined;
    const jsonPath = [...path, key];
    if (value.type === 'object') {
      if (jsonPath.length > nestingMax) return undefined;
      return walk(text, value.start, value.end, name, jsonPath, found);
    }
    if (path.length > 0) found.nestedNamesLength += name.length;
    if (found.nestedNamesLength > nestedNamesLengthMax) return undefined;
    const raw = text.slice(value.start, value.end);
    found.fields.push({ name, value: value.type === 'string' ? unescapedLabel(raw) : raw, jsonPath });
    return undefined;
  });
}

function joinName(prefix: string, key: string): string {
  if (prefix === '') return labelNameOf(key);
  const part = labelNamePart(key);
  return part === '' ? prefix : `${prefix}_${part}`;
}

const scanner = new LogfmtScanner();

function logfmtFields(line: string): LineField[] {
  const fields: LineField[] = [];
  scanner.reset(line);
  while (!scanner.ended) {
    if (!scanner.next() || scanner.value === '') continue;
    const name = labelNameOf(scanner.key);
    if (name !== '') fields.push({ name, value: scanner.value, jsonPath: undefined });
  }
  return fields;
}
