// `| logfmt [--strict] [--keep-empty] [label="field", …]`: `key=value` pairs as labels.

import { LogfmtScanner } from '../../formats/logfmt-scan.ts';
import { ParseError } from '../../logql/parse-error.ts';
import type { LogfmtStage } from '../../logql/stages/logfmt.ts';
import { FieldTargets, isWalkable, type SetField } from '../json-fields.ts';
import { KernelFields } from '../kernel-fields.ts';
import { labelNameOf, labelNamePart } from '../labels/label-name.ts';
import { extractedSuffix } from '../labels/labels-builder.ts';
import { walkLogfmtFields } from '../logfmt-fields.ts';
import { filtersBeforeParser, type HintRules } from '../parser-hints.ts';
import type { Apply, CompiledStage, PipelineEntry } from '../stage.ts';
import { setField, setParserError } from './json.ts';

const logfmtParserError = 'LogfmtParserErr';

/** Compiles `| logfmt`. Throws ParseError for an expression whose path is no field name. */
export const compileLogfmt = (stage: LogfmtStage): CompiledStage => ({
  labelsRead: [],
  apply: stage.expressions.length === 0 ? allFields(stage) : chosenFields(stage),
});

function allFields({ strict, keepEmpty }: LogfmtStage): Apply {
  const scanner = new LogfmtScanner();
  const set: SetField = (entry, field, text) => {
    // Before the full parser, a field that clashes waits for its turn: another may already have the name with the suffix.
    if (entry.hints.rules.required.length === 0 && entry.labels.clashes(field)) return undefined;
    return setField(entry, field, labelValue(text));
  };
  let rules: HintRules | undefined;
  let targets: FieldTargets | undefined;
  let kernel: KernelFields | undefined;
  return (entry) => {
    const { hints } = entry;
    if (hints.done) return true;
    if (rules !== hints.rules) {
      rules = hints.rules;
      const names = rules.required.length > 0 ? rules.required : filtersBeforeParser(rules);
      targets = isWalkable(names) ? new FieldTargets(names) : undefined;
      kernel = targets && rules.required.length > 0 ? new KernelFields(names, targets, set) : undefined;
    }
    // Bytes first: the fields asked for, or those that a later label filter may drop the line by.
    if (targets !== undefined && !strict && entry.lineIsBytes) {
      const verdict = kernel?.logfmt(entry, keepEmpty) ?? walkLogfmtFields(entry, targets, set, keepEmpty);
      if (verdict === 'drop') return false;
      if (verdict === 'all' || (verdict === 'end' && rules.required.length > 0)) return true;
    }
    scanner.reset(entry.line);
    while (!scanner.ended) {
      if (!scanner.next()) {
        if (strict) break;
        continue;
      }
      const field = labelNameOf(scanner.key);
      if (field === '' || (scanner.value === '' && !keepEmpty)) continue;
      const stop = setField(entry, field, labelValue(scanner.value));
      if (stop === 'drop') return false;
      if (stop === 'done') break;
    }
    if (strict && scanner.error !== '') setParserError(entry, logfmtParserError, scanner.error);
    return true;
  };
}

function chosenFields({ strict, keepEmpty, expressions }: LogfmtStage): Apply {
  for (const { label, path } of expressions) {
    if (!fieldPath.test(path)) {
      throw new ParseError(
        `parse error : cannot parse logfmt expression [${label}=${JSON.stringify(path)}]: syntax error: unexpected ${JSON.stringify(path)}`,
      );
    }
  }
  const names = new Set(expressions.map(({ label }) => label));
  const labelsByPath = new Map<string, string[]>();
  for (const { label, path } of expressions) {
    const labels = labelsByPath.get(path);
    if (labels === undefined) labelsByPath.set(path, [label]);
    else labels.push(label);
  }
  const scanner = new LogfmtScanner();
  return (entry) => {
    const { labels, hints } = entry;
    if (hints.done) return true;
    for (const { label } of expressions) if (!labels.clashes(label)) extract(entry, label, '');
    scanner.reset(entry.line);
    while (!scanner.ended) {
      if (!scanner.next()) {
        if (strict) break;
        continue;
      }
      if (scanner.value === '' && !keepEmpty) continue;
      const field = labelNamePart(scanner.key);
      const asking = labelsByPath.get(field);
      for (const label of asking ?? []) setExtraction(entry, label, scanner.value);
      // A field that no expression asks for, but whose name is an expression's label, overwrites that label.
      if (asking === undefined && names.has(field)) setExtraction(entry, field, scanner.value);
    }
    if (strict && scanner.error !== '') setParserError(entry, logfmtParserError, scanner.error);
    return true;
  };
}

function setExtraction(entry: PipelineEntry, label: string, value: string): void {
  extract(entry, entry.labels.clashes(label) ? label + extractedSuffix : label, labelValue(value));
}

function extract(entry: PipelineEntry, name: string, value: string): void {
  entry.labels.set('parsed', name, value);
  entry.hints.record(name);
}

const fieldPath = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const replacement = /\uFFFD/g;

/** U+FFFD marks broken UTF-8, which labels must not have. */
const labelValue = (value: string): string =>
  value.includes('\uFFFD') ? value.replace(replacement, ' ') : value;
