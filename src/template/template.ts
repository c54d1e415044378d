// Go text/template as line_format and label_format use it: compiled once per query, bounded in steps and output.
import { systemClock } from '../model/time.ts';
import { compile } from './compile.ts';
import type { CallContext, FunctionLookup } from './function-table.ts';
import { functionNamed, specialForms } from './functions.ts';
import { labelsUsed } from './labels-used.ts';
import type { Node } from './nodes.ts';
import { parseTemplate } from './parser.ts';
import { TemplateError } from './template-error.ts';
import { LabelMap, type LabelSource, type Value } from './value.ts';

export interface TemplateData extends LabelSource {
  readonly line: string;
  /** Default: those of `line` as UTF-8. */
  lineBytes?(): number;
  readonly timestampNs: bigint;
}

export type TemplateResult = { readonly text: string } | { readonly error: string };

export interface Template {
  execute(data: TemplateData): TemplateResult;
  /** Labels it names. */
  readonly requiredLabels: readonly string[];
  /** Set when the template is nothing but `{{ .name }}`. */
  readonly onlyLabel: string | undefined;
}

/**
 * Compiles a template. `name` is in error texts: `line` or `label`.
 * Throws {@link TemplateError} with Go's text (`template: line:1: function "x" not defined`).
 */
export function compileTemplate(text: string, name: string, clock = systemClock): Template {
  const { parsed, run } = compiledTemplate(text, name, functionNamed);
  const labels = labelsUsed(parsed);
  return {
    requiredLabels: labels,
    onlyLabel: onlyLabelOf(parsed.root),
    execute: (data) => {
      const context: CallContext = {
        line: data.line,
        lineBytes: () => data.lineBytes?.() ?? Buffer.byteLength(data.line),
        timestampNs: data.timestampNs,
        nowNs: () => clock.nowNs(),
      };
      return executed(run, context, new LabelMap(data));
    },
  };
}

/**
 * A template with functions and data of its own, for what is no line: `functionNamed` tells its functions, besides
 * `and`, `or` and `call`. Throws {@link TemplateError} like {@link compileTemplate}.
 */
export function compileWith(
  text: string,
  name: string,
  functionNamed: FunctionLookup,
): (dot: Value, nowNs: bigint) => TemplateResult {
  const { run } = compiledTemplate(text, name, functionNamed);
  return (dot, nowNs) =>
    executed(run, { line: '', lineBytes: () => 0, timestampNs: nowNs, nowNs: () => nowNs }, dot);
}

function compiledTemplate(text: string, name: string, functionNamed: FunctionLookup) {
  const parsed = parseTemplate(text, name, (f) => specialForms.has(f) || functionNamed(f) !== undefined);
  return { parsed, run: compile(parsed, text, name, functionNamed) };
}

function executed(run: ReturnType<typeof compile>, context: CallContext, dot: Value): TemplateResult {
  const state = { context, out: '', steps: 0, depth: 0, variables: [] };
  try {
    run(state, dot);
    return { text: state.out };
  } catch (error) {
    if (error instanceof TemplateError) return { error: error.message };
    throw error;
  }
}

function onlyLabelOf(root: readonly Node[]): string | undefined {
  const [node] = root;
  if (node?.kind !== 'action' || root.length > 1) return undefined;
  const { commands, declares } = node.pipe;
  const [operand] = commands[0]?.operands ?? [];
  const isAlone = commands.length === 1 && commands[0]?.operands.length === 1 && declares.length === 0;
  return isAlone && operand?.kind === 'field' && operand.names.length === 1 ? operand.names[0] : undefined;
}
