// One execution of a template: its state, and where its errors point to.
import type { CallContext } from './function-table.ts';
import { stepsMax } from './limits.ts';
import { TemplateError } from './template-error.ts';
import type { Value } from './value.ts';

/** The output so far and what is in scope. */
export interface Run {
  readonly context: CallContext;
  out: string;
  steps: number;
  depth: number;
  variables: { readonly name: string; value: Value }[];
}

export type Evaluate = (run: Run, dot: Value) => Value;
/** The value that a pipeline hands over to its next command, if any. */
export type Final = { readonly value: Value } | undefined;
export type EvaluateWith = (run: Run, dot: Value, final: Final) => Value;

/** The value of the innermost variable of this name; undefined when there is none. */
export function lookUp(run: Run, name: string): Value {
  for (let i = run.variables.length - 1; i >= 0; i--) {
    const variable = run.variables[i];
    if (variable?.name === name) return variable.value;
  }
  return undefined;
}

/** Sets the innermost variable of this name. */
export function assign(run: Run, name: string, value: Value): void {
  for (let i = run.variables.length - 1; i >= 0; i--) {
    const variable = run.variables[i];
    if (variable?.name !== name) continue;
    variable.value = value;
    return;
  }
}

/** A template's text, for the places of its errors. */
export class TemplateSource {
  readonly #text: string;
  readonly #name: string;

  constructor(text: string, name: string) {
    this.#text = text;
    this.#name = name;
  }

  /** Go's text of an execution error: where, in which node, what. */
  error(at: number, nodeText: string, message: string): TemplateError {
    const before = this.#text.slice(0, at);
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
    return new TemplateError(
      `template: ${this.#name}:${line}:${column}: executing ${JSON.stringify(this.#name)} at <${nodeText}>: ${message}`,
    );
  }

  /** Counts one step of a run. Throws TemplateError when there are too many. */
  step(run: Run, at: number): void {
    if (++run.steps > stepsMax) throw this.error(at, '...', `too many steps: more than ${stepsMax}`);
  }
}
