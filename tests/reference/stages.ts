// The stages of a query, applied to one entry.

import { trimGoSpace } from '../../src/go/space.ts';
import type { LabelFilter } from '../../src/logql/ast.ts';
import { parseJsonPath } from '../../src/logql/extraction-path.ts';
import type { LabelSelector } from '../../src/logql/stages/drop-keep.ts';
import type { Stage } from '../../src/logql/stages.ts';
import type { Template } from '../../src/template/template.ts';
import { labelTemplate, lineTemplate, regex } from './compiled.ts';
import { Dropped, type Entry, FoundAll } from './entry.ts';
import { fitsMatcher, passesLabelFilter, passesLineFilter } from './filters.ts';
import { type Json, JsonError, labelText, pathText, valueAtPath, walkObject } from './json.ts';
import { logfmtPairs } from './logfmt.ts';

/** False: the entry is dropped. */
export function applyStage(stage: Stage, entry: Entry): boolean {
  switch (stage.kind) {
    case 'lineFilter':
      return passesLineFilter(stage, entry.line);
    case 'labelFilter':
      return passesLabelFilter(stage.filter, entry);
    case 'json':
    case 'logfmt':
    case 'pattern':
    case 'regexp':
    case 'unpack':
      return parse(stage, entry);
    case 'lineFormat': {
      const template = lineTemplate(stage.template);
      // A line of one label alone does not see errors.
      if (template.onlyLabel !== undefined) {
        entry.line = entry.get(template.onlyLabel) ?? '';
        return true;
      }
      const printed = print(template, entry);
      if (printed !== undefined) entry.line = printed;
      return true;
    }
    case 'labelFormat':
      formatLabels(stage, entry);
      return true;
    case 'decolorize':
      entry.line = entry.line.replace(
        /[\u001b\u009b][[\]()#;?]*(?:(?:[a-zA-Z\d]*(?:;[a-zA-Z\d]*)*)?\u0007|(?:\d{1,4}(?:;\d{0,4})*)?[\dA-PRZcf-ntqry=><~])/g,
        '',
      );
      return true;
    case 'drop':
      for (const selector of stage.labels) drop(selector, entry);
      return true;
    case 'keep':
      for (const [name, value] of Object.entries(entry.labels())) {
        if (name === '__error__' || name === '__error_details__') continue;
        const first = stage.labels.find((selector) => selector.name === name);
        if (first === undefined || (first.matcher !== undefined && !fitsMatcher(first.matcher, value)))
          entry.delete(name);
      }
      return true;
  }
}

type Parser = Extract<Stage, { kind: 'json' | 'logfmt' | 'pattern' | 'regexp' | 'unpack' }>;

function parse(stage: Parser, entry: Entry): boolean {
  if (entry.parsed) return true;
  try {
    if (stage.kind === 'json' && stage.expressions.length === 0) allJson(entry);
    else if (stage.kind === 'json') chosenJson(stage, entry);
    else if (stage.kind === 'logfmt') logfmt(stage, entry);
    else if (stage.kind === 'pattern') pattern(stage.pattern, entry);
    else if (stage.kind === 'regexp') regexp(stage.pattern, entry);
    else unpack(entry);
  } catch (error) {
    if (error instanceof Dropped) return false;
    if (error instanceof JsonError) entry.setParserError('JSONParserErr', error.message);
    else if (!(error instanceof FoundAll)) throw error;
  }
  return true;
}

function labelName(field: string, first: boolean): string {
  const text = trimGoSpace(field);
  const name = text.replace(/[^a-zA-Z0-9_]/gu, '_');
  return first && /^\d/.test(text) ? `_${name}` : name;
}

function allJson(entry: Entry): void {
  const walk = (text: string, prefix: string): void =>
    walkObject(text, (key, read) => {
      const value = read();
      const part = labelName(key, prefix === '');
      const name = prefix === '' ? part : part === '' ? prefix : `${prefix}_${part}`;
      if (value.kind === 'array' || (value.kind === 'word' && value.text === 'null')) return;
      if (value.kind === 'object') {
        // An object is entered only where a name that somebody reads may be in it.
        const { names } = entry.needs;
        if (names.size === 0 || [...names].some((needed) => needed.startsWith(name))) walk(value.text, name);
        return;
      }
      if (name === '') return;
      const own = entry.ownName(name);
      if (!entry.wants(own)) return;
      entry.field(name, value.kind === 'string' ? labelText(value.text) : value.text);
      entry.endWhenFound();
    });
  walk(entry.line, '');
}

function chosenJson({ expressions }: Extract<Stage, { kind: 'json' }>, entry: Entry): void {
  if (entry.line === '') return;
  if (!/^[{["]/.test(entry.line)) throw new JsonError('');
  let missing = false;
  for (const { label, path } of expressions) {
    let value: Json | undefined;
    try {
      value = valueAtPath(entry.line, parseJsonPath(path) as readonly (string | number)[]);
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      // A value that is there and cannot be read is an error, and missing all the same.
      entry.setParserError('JSONParserErr', error.message);
    }
    if (value === undefined) missing = true;
    else setChosen(entry, label, pathText(value));
  }
  if (!missing) return;
  for (const { label } of expressions) {
    if (entry.get(label) !== undefined) continue;
    entry.set(label, '');
    entry.note(label);
  }
}

function setChosen(entry: Entry, label: string, value: string): void {
  const name = entry.ownName(label);
  entry.set(name, value);
  entry.note(name);
}

function logfmt(stage: Extract<Stage, { kind: 'logfmt' }>, entry: Entry): void {
  const { strict, keepEmpty, expressions } = stage;
  const { pairs, error } = logfmtPairs(entry.line, strict);
  const text = (value: string): string => value.replaceAll('\uFFFD', ' ');
  if (expressions.length === 0) {
    for (const [key, value] of pairs) {
      const field = labelName(key, true);
      if (field === '' || (value === '' && !keepEmpty)) continue;
      if (!entry.wants(entry.ownName(field))) continue;
      entry.field(field, text(value));
      entry.endWhenFound();
    }
  } else {
    for (const { label } of expressions)
      if (entry.ownName(label) === label) {
        entry.set(label, '');
        entry.note(label);
      }
    for (const [key, value] of pairs) {
      if (value === '' && !keepEmpty) continue;
      const field = labelName(key, false);
      const asking = expressions.filter(({ path }) => path === field);
      for (const { label } of asking) setChosen(entry, label, text(value));
      if (asking.length === 0 && expressions.some(({ label }) => label === field))
        setChosen(entry, field, text(value));
    }
  }
  if (strict && error !== '') entry.setParserError('LogfmtParserErr', error);
}

function pattern(text: string, entry: Entry): void {
  if (entry.line === '') return;
  const parts = text.split(/(<[a-zA-Z_]\w*>)/).filter((part) => part !== '');
  const isCapture = (part: string | undefined): boolean =>
    part !== undefined && /^<[a-zA-Z_]\w*>$/.test(part);
  let rest = entry.line;
  for (const [i, part] of parts.entries()) {
    if (!isCapture(part)) {
      // What comes between captures was found with the one before.
      if (i > 0) continue;
      if (!rest.startsWith(part)) return;
      rest = rest.slice(part.length);
      continue;
    }
    const after = parts[i + 1];
    const found = after === undefined ? -1 : rest.indexOf(after);
    const name = part.slice(1, -1);
    if (name !== '_') entry.field(name, found < 0 ? rest : rest.slice(0, found));
    if (found < 0 || after === undefined) return;
    rest = rest.slice(found + after.length);
  }
}

function regexp(text: string, entry: Entry): void {
  const compiled = regex(text);
  const matcher = compiled.matcher(entry.line);
  if (!matcher.find()) return;
  const groups = Object.entries(compiled.namedGroups()).sort(([, a], [, b]) => a - b);
  for (const [name, index] of groups) entry.field(labelName(name, true), matcher.group(index) ?? '');
}

function unpack(entry: Entry): void {
  if (entry.line === '') return;
  if (!entry.line.startsWith('{')) throw new JsonError('expecting json object(6), but it is not');
  const fields: [string, string][] = [];
  let packed: string | undefined;
  walkObject(entry.line, (key, read) => {
    const value = read();
    if (value.kind !== 'string') return;
    if (key === '_entry') packed = labelText(value.text);
    else fields.push([key, labelText(value.text)]);
  });
  if (packed === undefined) return;
  const wanted = fields
    .map(([key, value]) => [entry.ownName(key), value] as const)
    .filter(([name]) => entry.wants(name));
  for (const [name, value] of wanted) {
    entry.set(name, value);
    entry.note(name);
    if (!entry.needs.keeps(name, entry)) throw new Dropped();
  }
  entry.line = packed;
}

function print(template: Template, entry: Entry, labels = entry.labels()): string | undefined {
  const result = template.execute({
    get: (name) => labels[name] ?? (name === '__error__' || name === '__error_details__' ? '' : undefined),
    entries: () => new Map(Object.entries(labels)),
    line: entry.line,
    timestampNs: entry.ns,
  });
  if ('text' in result) return result.text;
  entry.setError('TemplateFormatErr', result.error);
  return undefined;
}

function formatLabels({ assignments }: Extract<Stage, { kind: 'labelFormat' }>, entry: Entry): void {
  let before: Record<string, string> | undefined;
  for (const assignment of assignments) {
    if (assignment.kind === 'rename') {
      const value = entry.get(assignment.from);
      if (value === undefined) continue;
      entry.set(assignment.name, value);
      entry.delete(assignment.from);
      continue;
    }
    before ??= entry.labels();
    const printed = print(labelTemplate(assignment.template), entry, before);
    if (printed !== undefined) entry.set(assignment.name, printed);
  }
}

function drop({ name, matcher }: LabelSelector, entry: Entry): void {
  const fits = (value: string): boolean => matcher === undefined || fitsMatcher(matcher, value);
  if (name === '__error__') {
    if (fits(entry.error)) entry.error = '';
  } else if (name === '__error_details__') {
    if (fits(entry.details)) entry.details = '';
  } else if (fits(entry.get(name) ?? '')) entry.delete(name);
}

/** Label names that a stage reads: what metric queries ask of parsers. */
export function labelsRead(stage: Stage): readonly string[] {
  switch (stage.kind) {
    case 'labelFilter':
      return filterNames(stage.filter);
    case 'lineFormat':
      return lineTemplate(stage.template).requiredLabels;
    case 'labelFormat':
      return stage.assignments.flatMap((one) =>
        one.kind === 'rename' ? [one.from] : labelTemplate(one.template).requiredLabels,
      );
    default:
      return [];
  }
}

export function filterNames(filter: LabelFilter): readonly string[] {
  if ('left' in filter) return [...filterNames(filter.left), ...filterNames(filter.right)];
  return filter.kind === 'string' ? [filter.matcher.name] : [filter.name];
}

/** Label filters on one label that drop an entry while a parser is still at it. */
export function keepsFound(filters: readonly LabelFilter[]): (name: string, entry: Entry) => boolean {
  const single = filters.filter(({ kind }) => kind !== 'and' && kind !== 'or');
  return (name, entry) =>
    single
      .filter((filter) => filterNames(filter)[0] === name)
      .every((filter) => passesLabelFilter(filter, entry));
}
