// Files of `skald rules test`: promtool's layout with lines instead of series.
import { parse } from 'yaml';
import { z } from 'zod';
import { parsePrometheusDuration } from '../../go/prometheus-duration.ts';
import { parseSelector } from '../../logql/parser.ts';
import { nsPerMs } from '../../model/time.ts';
import { CommandError } from '../cli/command.ts';

/** `{app="web"}`; undefined for what is none, or more than that. */
function labelsOf(text: string): Readonly<Record<string, string>> | undefined {
  if (/^\s*\{\s*\}\s*$/.test(text)) return {};
  try {
    const matchers = parseSelector(text);
    if (matchers.some(({ op }) => op !== '=')) return undefined;
    return Object.fromEntries(matchers.map(({ name, value }) => [name, value]));
  } catch {
    return undefined;
  }
}

const duration = z.union([z.string(), z.literal(0)]).transform((text, context): number => {
  const ns = parsePrometheusDuration(String(text));
  if (typeof ns !== 'string') return Number(ns / nsPerMs);
  context.issues.push({ code: 'custom', message: ns, input: text });
  return z.NEVER;
});

const labels = z.union([
  z.record(z.string(), z.coerce.string()),
  z.string().transform((text, context) => {
    const found = labelsOf(text);
    if (found !== undefined) return found;
    context.issues.push({ code: 'custom', message: 'expected labels such as {app="web"}', input: text });
    return z.NEVER;
  }),
]);

const repeated = z.strictObject({
  line: z.coerce.string(),
  from: duration.default(0),
  every: duration.default(60_000),
  count: z.number().int().min(1).max(1_000_000).default(1),
});

const lines = z.union([
  z.array(
    z.union([
      repeated,
      z.coerce.string().transform((line) => ({ line, from: undefined, every: 0, count: 1 })),
    ]),
  ),
  repeated.transform((one) => [one]),
]);

const testShape = z.strictObject({
  name: z.string().default(''),
  interval: duration.default(60_000),
  input_streams: z.array(z.strictObject({ labels, lines })).default([]),
  alert_rule_test: z
    .array(
      z.strictObject({
        eval_time: duration,
        alertname: z.string(),
        exp_alerts: z
          .array(
            z.strictObject({
              exp_labels: z.record(z.string(), z.coerce.string()).default({}),
              /** Left out: whatever they are. */
              exp_annotations: z.record(z.string(), z.coerce.string()).optional(),
            }),
          )
          .default([]),
      }),
    )
    .default([]),
  logql_expr_test: z
    .array(
      z.strictObject({
        expr: z.string(),
        eval_time: duration,
        exp_samples: z.array(z.strictObject({ labels: labels.default({}), value: z.number() })).default([]),
      }),
    )
    .default([]),
});

const fileShape = z.strictObject({
  rule_files: z.array(z.string()).default([]),
  evaluation_interval: duration.default(60_000),
  tests: z.array(testShape).default([]),
});

export type RuleTestFile = z.infer<typeof fileShape>;
export type RuleTest = z.infer<typeof testShape>;

/** Throws CommandError with the path of what is wrong. */
export function readTestFile(name: string, text: string): RuleTestFile {
  try {
    const read = fileShape.safeParse(parse(text));
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    throw new CommandError(`${name}: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${name}: ${(error as Error).message}`, { cause: error });
  }
}
