// A group of rules played through the time of a test.
import type { Labels } from '../../model/labels.ts';
import { evaluateRule, type RuleQueries } from '../../ruler/evaluate-rule.ts';
import type { RuleGroup } from '../../ruler/rule-group.ts';
import { type RuleRecord, ruleRecords } from '../../ruler/rule-record.ts';

/** One group's evaluations from the start of the test. */
export class GroupPlay {
  readonly #group: RuleGroup;
  readonly #records: readonly RuleRecord[];
  readonly #queries: RuleQueries;
  readonly #intervalMs: number;
  readonly #startMs: number;
  readonly #signal: AbortSignal;
  #nextMs = 0;
  /** Of rules that cannot be evaluated. */
  readonly errors = new Set<string>();

  constructor(
    group: RuleGroup,
    evaluationMs: number,
    queries: RuleQueries,
    { startMs, signal }: { readonly startMs: number; readonly signal: AbortSignal },
  ) {
    this.#group = group;
    this.#queries = queries;
    this.#intervalMs = group.intervalMs || evaluationMs;
    this.#startMs = startMs;
    this.#signal = signal;
    const query = (expr: string, timeMs: number) =>
      queries
        .instant({ tenant: '', expr, absentBy: [], timeMs, timeoutMs: 0 }, signal)
        .then(({ samples }) => samples);
    this.#records = ruleRecords(group, { externalUrl: '', externalLabels: [], query }, () => undefined);
  }

  async playUntil(atMs: number): Promise<void> {
    for (; this.#nextMs <= atMs; this.#nextMs += this.#intervalMs)
      for (const record of this.#records) await this.#evaluate(record, this.#startMs + this.#nextMs);
  }

  firing(name: string): readonly { readonly labels: Labels; readonly annotations: Labels }[] {
    return this.#records
      .filter(({ rule }) => rule.kind === 'alerting' && rule.name === name)
      .flatMap(({ state }) => [...state.alerts.values()].filter((alert) => alert.state === 'firing'));
  }

  async #evaluate(record: RuleRecord, timeMs: number): Promise<void> {
    const settings = {
      tenant: '',
      timeMs,
      queryOffsetMs: this.#group.queryOffsetMs ?? 0,
      timeoutMs: 0,
      resendDelayMs: 0,
      redact: [],
    };
    try {
      const { state } = await evaluateRule(this.#group, record, this.#queries, settings, this.#signal);
      record.state = state;
    } catch (error) {
      this.#signal.throwIfAborted();
      this.errors.add(`${this.#group.name}: ${record.rule.name}: ${(error as Error).message}`);
    }
  }
}
