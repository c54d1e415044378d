// Labels and annotations of alerts are Go templates over the alert's labels and value, with Prometheus' functions.
import type { Labels } from '../model/labels.ts';
import type { TemplateFunction } from '../template/function-table.ts';
import { compileWith, type TemplateResult } from '../template/template.ts';
import { LabelMap, type Value } from '../template/value.ts';
import { type QueriedSample, templateFunctions } from './template-functions.ts';

/** The variables that templates may name. Their text comes before the template's own and counts in columns of errors. */
const checkedPrefix = '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$value := .Value}}';
const executedPrefix =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}';

const templateName = (alert: string): string => `__alert_${alert}`;

const knownFunctions = templateFunctions({ externalUrl: '', answerOf: () => [] });
const isPlain = (text: string): boolean => !text.includes('{{');

/** Throws TemplateError when the text is no template of the alert. */
export function checkAlertTemplate(alert: string, text: string): void {
  if (isPlain(text)) return;
  compileWith(checkedPrefix + text, templateName(alert), (name) => knownFunctions.get(name));
}

export interface TemplateEnvironment {
  readonly externalUrl: string;
  readonly externalLabels: Labels;
  /** An instant metric query of the rule's tenant. Rejects with the text for the alert's reader. */
  readonly query: (expr: string, timeMs: number) => Promise<readonly QueriedSample[]>;
}

export interface AlertData {
  readonly labels: Labels;
  readonly value: number;
  readonly timeMs: number;
}

/** Queries that one template may ask for in one execution. */
const queriesMax = 10;

/** Asked for by a template that cannot wait: it is executed again with the answer. */
class AnswerMissing extends Error {
  readonly expr: string;
  constructor(expr: string) {
    super('a query of a template has no answer yet');
    this.expr = expr;
  }
}

/** One label or annotation. */
export class AlertTemplate {
  readonly #environment: TemplateEnvironment;
  readonly #execute: ((dot: Value, nowNs: bigint) => TemplateResult) | undefined;
  readonly #text: string;
  readonly #name: string;
  #answers = new Map<string, readonly QueriedSample[] | Error>();

  /** Throws TemplateError. */
  constructor(alert: string, text: string, environment: TemplateEnvironment) {
    this.#environment = environment;
    this.#text = text;
    this.#name = templateName(alert);
    if (isPlain(text)) return;
    const functions: ReadonlyMap<string, TemplateFunction> = templateFunctions({
      externalUrl: environment.externalUrl,
      answerOf: (expr) => this.#answerOf(expr),
    });
    this.#execute = compileWith(executedPrefix + text, this.#name, (name) => functions.get(name));
  }

  /** The text; what fails stands in it, so that the alert is told of all the same. */
  async expand(data: AlertData): Promise<{ readonly text: string; readonly error?: string }> {
    if (this.#execute === undefined) return { text: this.#text };
    this.#answers = new Map();
    const dot = new Map<string, Value>([
      ['Labels', labelMap(data.labels)],
      ['ExternalLabels', labelMap(this.#environment.externalLabels)],
      ['ExternalURL', this.#environment.externalUrl],
      ['Value', data.value],
    ]);
    for (;;) {
      try {
        const result = this.#execute(dot, BigInt(Math.round(data.timeMs * 1000)) * 1000n);
        if ('text' in result) return result;
        const error = `error executing template ${this.#name}: ${result.error}`;
        return { text: `<error expanding template: ${error}>`, error };
      } catch (error) {
        if (!(error instanceof AnswerMissing)) throw error;
        this.#answers.set(error.expr, await this.#ask(error.expr, data.timeMs));
      }
    }
  }

  #answerOf(expr: string): readonly QueriedSample[] {
    const answer = this.#answers.get(expr);
    if (answer === undefined) throw new AnswerMissing(expr);
    if (answer instanceof Error) throw answer;
    return answer;
  }

  async #ask(expr: string, timeMs: number): Promise<readonly QueriedSample[] | Error> {
    if (this.#answers.size >= queriesMax) return new Error(`more than ${queriesMax} queries in one template`);
    try {
      return await this.#environment.query(expr, timeMs);
    } catch (error) {
      // Only what a function of the template may fail with.
      return new Error(error instanceof Error ? error.message : String(error));
    }
  }
}

const labelMap = (labels: Labels): LabelMap => {
  const values = new Map(labels);
  return new LabelMap({ get: (name) => values.get(name), entries: () => labels });
};
