// `relabel` and `stages` of a collector: lists in the file, in Promtail's words.
import { z } from 'zod';
import type { RelabelRule } from '../collectors/relabel.ts';
import { relabelDefaults } from '../collectors/settings.ts';
import type { Stage } from '../collectors/stages/stage.ts';
import { timeZone } from '../go/zone.ts';
import type { Nested } from './section.ts';
import { byteSize, duration, labelMap, zodType } from './setting-types.ts';

/** A text that `check` takes; the issue is what it throws. */
const checked = (check: (value: string) => unknown) =>
  z.string().superRefine((value, context) => report(() => check(value), context));

function report(check: () => unknown, context: z.RefinementCtx): void {
  try {
    check();
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
}

/** RE2 is loaded for the first of them. */
export const loadedRegex = z.string().superRefine(async (value, context) => {
  const { checkRegex } = await import('../regex/re2.ts');
  report(() => checkRegex(value), context);
});

export const zoneName = checked(timeZone);
const labelName = z.string().regex(/^[a-zA-Z_]\w*$/, 'expected a label name');
const source = z.string().default('');
/** New name → source; nothing behind the name stands for the name itself, as in Promtail. */
const names = z.record(
  z.string(),
  z.union([z.string(), z.null()]).transform((from) => from ?? ''),
);
const labelNames = z.record(
  labelName,
  z.union([z.string(), z.null()]).transform((from) => from ?? ''),
);

const actions = [
  'replace',
  'keep',
  'drop',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

const relabelShape = (regex: z.ZodType<string>) =>
  z.strictObject({
    action: z.enum(actions).default(relabelDefaults.action),
    source_labels: z.array(z.string()).default([...relabelDefaults.sourceLabels]),
    separator: z.string().default(relabelDefaults.separator),
    regex: regex.default(relabelDefaults.regex),
    target_label: z.string().default(relabelDefaults.targetLabel),
    replacement: z.string().default(relabelDefaults.replacement),
  });
const conditions = (regex: z.ZodType<string>) =>
  z
    .strictObject({
      source,
      expression: regex.optional(),
      longer_than: zodType(byteSize).default(0),
      older_than: zodType(duration).default(0),
    })
    .refine(
      (when) =>
        when.source !== '' || when.expression !== undefined || when.longer_than > 0 || when.older_than > 0,
      'expected at least one of source, expression, longer_than, older_than',
    );

const stageShape = (regex: z.ZodType<string>) =>
  z
    .strictObject({
      json: z.strictObject({ expressions: names.default({}), source }),
      logfmt: z.strictObject({ mapping: names.default({}), source }),
      regex: z.strictObject({ expression: regex, source }),
      timestamp: z.strictObject({ source: z.string(), format: z.string(), location: zoneName.default('') }),
      level: z.strictObject({ source: z.string() }),
      labels: labelNames,
      structured_metadata: z.union([labelNames, z.literal('*')]),
      output: z.strictObject({ source: z.string() }),
      replace: z.strictObject({ expression: regex, replace: z.string().default(''), source }),
      drop: conditions(regex),
      keep: conditions(regex),
      labeldrop: z.array(labelName),
      static_labels: zodType(labelMap),
    })
    .partial()
    .refine(
      (stage) => Object.keys(stage).length === 1,
      'expected exactly one stage in each item of the list',
    );
type RelabelValues = z.output<ReturnType<typeof relabelShape>>;
type StageValues = z.output<ReturnType<typeof stageShape>>;

const list = <T extends z.ZodType>(shape: T): Nested<readonly z.output<T>[]> => ({
  kind: 'nested',
  zod: z.array(shape).default([]) as unknown as z.ZodType<readonly z.output<T>[]>,
  print: (items) => items.map((item) => item),
});

export const relabelList: Nested<readonly RelabelValues[]> = list(relabelShape(loadedRegex));
export const stageList: Nested<readonly StageValues[]> = list(stageShape(loadedRegex));

/** The same for who has what reads regexes. */
export function listsOf(checkRegex: (pattern: string) => void) {
  const regex = checked(checkRegex);
  return { relabelList: list(relabelShape(regex)), stageList: list(stageShape(regex)) };
}

export const relabelRules = (values: readonly RelabelValues[]): readonly RelabelRule[] =>
  values.map(({ action, source_labels, separator, regex: pattern, target_label, replacement }) => ({
    action,
    sourceLabels: source_labels,
    separator,
    regex: pattern,
    targetLabel: target_label,
    replacement,
  }));

export const stages = (values: readonly StageValues[]): readonly Stage[] => values.flatMap(stage);

function stage(values: StageValues): Stage[] {
  const { json, logfmt, regex: pattern, timestamp, level, labels, output, replace } = values;
  const { drop, keep, labeldrop, structured_metadata: metadata, static_labels: fixed } = values;
  const made: Stage[] = [];
  if (json) made.push({ kind: 'json', fields: json.expressions, source: json.source });
  if (logfmt) made.push({ kind: 'logfmt', fields: logfmt.mapping, source: logfmt.source });
  if (pattern) made.push({ kind: 'regex', ...pattern });
  if (timestamp)
    made.push({
      kind: 'timestamp',
      source: timestamp.source,
      format: timestamp.format,
      zone: timestamp.location,
    });
  if (level) made.push({ kind: 'level', ...level });
  if (labels) made.push({ kind: 'labels', labels });
  if (metadata !== undefined)
    made.push({
      kind: 'structured_metadata',
      fields: metadata === '*' ? {} : metadata,
      rest: metadata === '*',
    });
  if (output) made.push({ kind: 'output', ...output });
  if (replace)
    made.push({
      kind: 'replace',
      expression: replace.expression,
      replacement: replace.replace,
      source: replace.source,
    });
  for (const [kind, when] of Object.entries({ drop, keep }) as ['drop' | 'keep', typeof drop][])
    if (when)
      made.push({
        kind,
        when: {
          source: when.source,
          expression: when.expression,
          longerThanBytes: when.longer_than,
          olderThanMs: when.older_than,
        },
      });
  if (labeldrop) made.push({ kind: 'labeldrop', names: labeldrop });
  if (fixed) made.push({ kind: 'static_labels', labels: fixed });
  return made;
}
