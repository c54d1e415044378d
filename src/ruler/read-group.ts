// Rule groups from YAML: one, as the API takes it, or a file of them. The API is lenient about what it does not know and
// short about what is wrong, as clients have it from other rulers; a file's faults are told with their place.

import { parsePrometheusDuration } from '../go/prometheus-duration.ts';
import { ParseError } from '../logql/parse-error.ts';
import { parseExpr } from '../logql/parser.ts';
import { nsPerMs } from '../model/time.ts';
import { TemplateError } from '../template/template-error.ts';
import { absentFault } from './absent-by.ts';
import { linesFault } from './alert-lines.ts';
import { checkAlertTemplate } from './alert-template.ts';
import type { Rule, RuleGroup, Texts } from './rule-group.ts';
import { readYaml, type YamlField, YamlShapeError, type YamlValue } from './yaml-reader.ts';

/** A group or file that is refused; the message is for its author, on one line. */
export class RuleGroupError extends Error {
  override readonly name = 'RuleGroupError';
}

/** One group without `groups:` around it. Throws {@link RuleGroupError}. */
export function readGroup(text: string): RuleGroup {
  const draft = decoded(text);
  const faults = faultsOf(draft, 0);
  if (faults.length > 0) throw new RuleGroupError(faults.join(', '));
  return groupOf(draft);
}

function decoded(text: string): GroupDraft {
  try {
    const value = readYaml(text);
    return value === undefined ? emptyDraft : readDraft(value, 'lenient');
  } catch (error) {
    if (error instanceof YamlShapeError) throw new RuleGroupError('unable to decoded rule group');
    throw error;
  }
}

/** The groups of a file. Throws {@link RuleGroupError} with line and column. */
export function readRuleFile(text: string): readonly RuleGroup[] {
  try {
    const value = readYaml(text);
    if (value === undefined) throw new RuleGroupError('EOF');
    const top = value.fields('a rule file');
    refuseUnknown(top, ['groups', 'namespace'], 'rulefmt.RuleGroups');
    const values = top.get('groups')?.value.items('groups') ?? [];
    const names = new Set<string>();
    return values.map((item, index) => {
      const draft = readDraft(item, 'strict');
      const [fault] = faultsOf(draft, index);
      if (fault !== undefined) item.fail(fault);
      if (names.has(draft.name)) item.fail(`groupname: "${draft.name}" is repeated in the same file`);
      names.add(draft.name);
      return groupOf(draft);
    });
  } catch (error) {
    if (error instanceof YamlShapeError) throw new RuleGroupError(error.message, { cause: error });
    throw error;
  }
}

/** What the YAML says, before it is known whether it makes sense. */
interface GroupDraft extends Omit<RuleGroup, 'rules'> {
  readonly rules: readonly RuleDraft[];
}
interface RuleDraft {
  readonly alert: string;
  readonly record: string;
  readonly expr: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly labels: Texts;
  readonly annotations: Texts;
}
const emptyDraft: GroupDraft = {
  name: '',
  intervalMs: 0,
  limit: 0,
  queryOffsetMs: undefined,
  aligned: false,
  labels: [],
  rules: [],
};

type Strictness = 'strict' | 'lenient';
type Fields = ReadonlyMap<string, YamlField>;

const groupFields = [
  'name',
  'interval',
  'query_offset',
  'limit',
  'labels',
  'rules',
  'align_evaluation_time_on_interval',
];
const ruleFields = ['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'];

function readDraft(value: YamlValue, strictness: Strictness): GroupDraft {
  const fields = value.fields('a rule group');
  if (strictness === 'strict') refuseUnknown(fields, groupFields, 'rulefmt.RuleGroup');
  const offset = fields.get('query_offset');
  return {
    name: textOf(fields, 'name'),
    intervalMs: durationOf(fields, 'interval'),
    limit: Math.max(0, integerOf(fields, 'limit')),
    queryOffsetMs:
      offset === undefined || offset.value.isNull ? undefined : durationOf(fields, 'query_offset'),
    aligned: flagOf(fields, 'align_evaluation_time_on_interval'),
    labels: textsOf(fields, 'labels'),
    rules: (fields.get('rules')?.value.items('rules') ?? []).map((rule) => readRule(rule, strictness)),
  };
}

function readRule(value: YamlValue, strictness: Strictness): RuleDraft {
  const fields = value.fields('a rule');
  if (strictness === 'strict') refuseUnknown(fields, ruleFields, 'rulefmt.RuleNode');
  return {
    alert: textOf(fields, 'alert'),
    record: textOf(fields, 'record'),
    expr: textOf(fields, 'expr').replace(/\n+$/, ''),
    forMs: durationOf(fields, 'for'),
    keepFiringForMs: durationOf(fields, 'keep_firing_for'),
    labels: textsOf(fields, 'labels'),
    annotations: textsOf(fields, 'annotations'),
  };
}

function refuseUnknown(fields: Fields, known: readonly string[], type: string): void {
  for (const [name, { key }] of fields)
    if (!known.includes(name)) key.fail(`field ${name} not found in type ${type}`);
}

const textOf = (fields: Fields, name: string): string => fields.get(name)?.value.text(name) ?? '';

function durationOf(fields: Fields, name: string): number {
  const value = fields.get(name)?.value;
  if (value === undefined || value.isNull) return 0;
  // A bare number has no unit, but for none at all.
  const ns = parsePrometheusDuration(value.text(name));
  if (typeof ns === 'string') return value.fail(`${name}: ${ns}`);
  return Number(ns / nsPerMs);
}

function integerOf(fields: Fields, name: string): number {
  const value = fields.get(name)?.value;
  if (value === undefined || value.isNull) return 0;
  const text = value.text(name);
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) value.fail(`${name} must be a whole number`);
  return number;
}

function flagOf(fields: Fields, name: string): boolean {
  const value = fields.get(name)?.value;
  if (value === undefined || value.isNull) return false;
  const text = value.text(name).toLowerCase();
  if (text !== 'true' && text !== 'false') value.fail(`${name} must be true or false`);
  return text === 'true';
}

function textsOf(fields: Fields, name: string): Texts {
  const pairs = [...(fields.get(name)?.value.fields(name) ?? [])];
  return pairs
    .map(([key, { value }]) => [key, value.text(`${name}.${key}`)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** The first fault of each rule, or that of the group. */
function faultsOf(draft: GroupDraft, index: number): readonly string[] {
  if (draft.name === '') return [`group ${index}: Groupname must not be empty`];
  const fault = labelFault(draft.labels);
  if (fault !== undefined) return [fault];
  return draft.rules.flatMap((rule) => faultOf(rule, draft.name) ?? []);
}

function faultOf(rule: RuleDraft, group: string): string | undefined {
  const { alert, record, expr } = rule;
  if (record !== '' && alert !== '') return "only one of 'record' and 'alert' must be set";
  if (record === '' && alert === '') return "one of 'record' or 'alert' must be set";
  if (expr === '') return "field 'expr' must be set in rule";
  const kind = alert === '' ? 'record' : 'alert';
  const wrong = parseFault(expr);
  if (wrong !== undefined)
    return `could not parse expression for ${kind} '${alert || record}' in group '${group}': ${wrong}`;
  return (
    (alert === '' ? recordFault(rule) : undefined) ??
    labelFault(rule.labels) ??
    annotationFault(rule.annotations) ??
    linesFault(rule.annotations) ??
    absentFault(rule.annotations, parseExpr(expr)) ??
    (alert === '' ? undefined : templateFault(rule))
  );
}

function parseFault(expr: string): string | undefined {
  try {
    parseExpr(expr);
    return undefined;
  } catch (error) {
    if (error instanceof ParseError) return error.message;
    throw error;
  }
}

function recordFault({ annotations, forMs, record }: RuleDraft): string | undefined {
  if (annotations.length > 0) return "invalid field 'annotations' in recording rule";
  if (forMs !== 0) return "invalid field 'for' in recording rule";
  return /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(record) ? undefined : `invalid recording rule name: ${record}`;
}

const isLabelName = (name: string): boolean => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);

function labelFault(labels: Texts): string | undefined {
  const wrong = labels.find(([name]) => !isLabelName(name) || name === '__name__');
  return wrong && `invalid label name: ${wrong[0]}`;
}

function annotationFault(annotations: Texts): string | undefined {
  const wrong = annotations.find(([name]) => !isLabelName(name));
  return wrong && `invalid annotation name: ${wrong[0]}`;
}

function templateFault({ alert, labels, annotations }: RuleDraft): string | undefined {
  const all = [
    ...labels.map(([name, text]) => ['label', name, text] as const),
    ...annotations.map(([name, text]) => ['annotation', name, text] as const),
  ];
  for (const [kind, name, text] of all) {
    try {
      checkAlertTemplate(alert, text);
    } catch (error) {
      if (error instanceof TemplateError) return `${kind} "${name}": ${error.message}`;
      throw error;
    }
  }
  return undefined;
}

const groupOf = (draft: GroupDraft): RuleGroup => ({ ...draft, rules: draft.rules.map(ruleOf) });

function ruleOf(draft: RuleDraft): Rule {
  const { alert, record, expr, labels } = draft;
  const query = parseExpr(expr);
  if (alert === '') return { kind: 'recording', name: record, expr, query, labels };
  const { forMs, keepFiringForMs, annotations } = draft;
  return { kind: 'alerting', name: alert, expr, query, forMs, keepFiringForMs, labels, annotations };
}
