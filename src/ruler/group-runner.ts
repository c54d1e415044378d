// Evaluates one group at its slots. What an evaluation changes counts only once the store has it.

import { keptSeriesMax, type RuleStore } from '../store/rule-store.ts';
import { absentBy } from './absent-by.ts';
import type { PostContext } from './alert-posts.ts';
import { evaluateRule, type GroupQueries, type RuleEvaluation, type RuleOutcome } from './evaluate-rule.ts';
import { type EvaluatedRule, groupChange } from './group-change.ts';
import type { LoadedGroup, RuleRecord } from './rule-record.ts';
import type { RulerLog } from './ruler-protocol.ts';
import { intervalMsMin, type RuleLimits, type RulerSettings } from './settings.ts';
import { dueSlots, type SlotGrid, slotAt, slotGrid } from './slots.ts';
import type { Turns } from './turns.ts';
import { pause } from './waking-loop.ts';

export interface RunnerParts {
  readonly store: Pick<RuleStore, 'apply'>;
  readonly queries: GroupQueries;
  readonly settings: RulerSettings;
  /** Of a tenant, now. */
  readonly limitsOf: (tenant: string) => RuleLimits;
  /** Groups that ask. */
  readonly turns: Turns;
  readonly nowMs: () => number;
  /** Posts were put into the store. */
  readonly onPosts: () => void;
  /** Alerts have become others. */
  readonly onAlerts: () => void;
  readonly log: RulerLog;
}

/** Since the group runs. */
export interface GroupCounts {
  evaluations: number;
  failures: number;
  iterations: number;
  missed: number;
  /** Series of the last evaluation. */
  lastSamples: number;
}

/** The clock may be set while one waits. */
const waitMsMax = 60_000;
/** Rules that ask together: the answers of so many are held at a time. */
const rulesAtOnceMax = 50;
/**
 * After the start or a pause a group is not in time at first: what came due meanwhile is evaluated, too, so many times one
 * after the other. A group that is never in time would fall behind more and more.
 */
const catchUpsMax = 3;
/** Slots caught up with at one go. */
const catchUpSlotsMax = 1000;

export class GroupRunner {
  readonly loaded: LoadedGroup;
  readonly records: readonly RuleRecord[];
  readonly intervalMs: number;
  readonly counts: GroupCounts = {
    evaluations: 0,
    failures: 0,
    iterations: 0,
    missed: 0,
    lastSamples: 0,
  };
  /** When the last evaluation began, Unix ms, and how long it took. */
  lastEvaluationMs: number | undefined;
  evaluationSeconds = 0;
  readonly #parts: RunnerParts;
  readonly #grid: SlotGrid;
  readonly #stop = new AbortController();
  #lastSlotMs: number;
  /** Samples of the last evaluation had no room. */
  #hasLeftOut = false;
  #running: Promise<void> = Promise.resolve();

  /** `lastSlotMs`: of the last evaluation; undefined: the first is at the next slot. */
  constructor(
    loaded: LoadedGroup,
    records: readonly RuleRecord[],
    lastSlotMs: number | undefined,
    parts: RunnerParts,
  ) {
    this.loaded = loaded;
    this.records = records;
    this.#parts = parts;
    const { intervalMs } = loaded.group;
    this.intervalMs = Math.max(intervalMsMin, intervalMs || parts.settings.evaluationIntervalMs);
    this.#grid = slotGrid(loaded.key, this.intervalMs, loaded.group.aligned);
    this.#lastSlotMs = lastSlotMs ?? slotAt(this.#grid, parts.nowMs());
  }

  start(): void {
    this.#running = this.#run();
  }

  /** The last evaluated slot, for the one that follows this runner. */
  get lastSlotMs(): number {
    return this.#lastSlotMs;
  }

  /** Resolves when the evaluation under way is over; what it would have changed may be left out. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { nowMs, settings } = this.#parts;
    const { signal } = this.#stop;
    let busyUntilMs = 0;
    let catchUpsLeft = catchUpsMax;
    while (!signal.aborted) {
      const now = nowMs();
      // The clock was set back: its own slots begin again.
      if (this.#lastSlotMs > now + this.intervalMs) this.#lastSlotMs = slotAt(this.#grid, now);
      const due = dueSlots(
        this.#grid,
        { nowMs: now, lastMs: this.#lastSlotMs, busyUntilMs },
        { toleranceMs: settings.outageToleranceMs, slotsMax: catchUpSlotsMax },
      );
      this.counts.missed += due.missed;
      this.counts.iterations += due.missed;
      // After a pause.
      if (due.slots.length > 1 && catchUpsLeft === 0) catchUpsLeft = catchUpsMax;
      for (const slotMs of due.slots) {
        if (signal.aborted) return;
        await this.#evaluate(slotMs, due.slots.length > 1);
      }
      const newest = due.slots.at(-1);
      if (newest !== undefined) {
        catchUpsLeft = nowMs() < newest + this.intervalMs ? 0 : Math.max(0, catchUpsLeft - 1);
        if (catchUpsLeft > 0) continue;
        busyUntilMs = nowMs();
      }
      const next = slotAt(this.#grid, nowMs()) + this.intervalMs;
      await pause(Math.min(waitMsMax, Math.max(1, next - nowMs())), signal);
    }
  }

  async #evaluate(slotMs: number, isCatchingUp: boolean): Promise<void> {
    const { nowMs, store, log } = this.#parts;
    const { signal } = this.#stop;
    const startedMs = nowMs();
    const began = performance.now();
    const done: EvaluatedRule[] = [];
    this.counts.iterations++;
    let series = 0;
    for (let from = 0; from < this.records.length; from += rulesAtOnceMax) {
      const records = this.records.slice(from, from + rulesAtOnceMax);
      const evaluations = await this.#parts.turns.run(() => this.#evaluateRules(records, slotMs));
      if (signal.aborted) return;
      records.forEach((record, index) => {
        const evaluation = evaluations[index];
        if (evaluation === undefined) return;
        series += evaluation.seriesCount;
        done.push({ record, evaluation });
      });
    }
    this.#lastSlotMs = slotMs;
    this.lastEvaluationMs = startedMs;
    this.evaluationSeconds = (performance.now() - began) / 1000;
    this.counts.lastSamples = series;
    const change = groupChange(this.loaded.key, slotMs, done, this.#context);
    // Alerts are not told of without a change to them.
    const isNews = change.alertsPut.length + change.alertsRemoved.length > 0;
    try {
      const { samplesLeftOut } = await store.apply(change, { durable: isNews && !isCatchingUp });
      this.#tellLeftOut(samplesLeftOut);
    } catch (error) {
      // The alerts are as before: the next evaluation finds the same changes again.
      log('error', { ...this.#names, error }, 'the state of a rule group cannot be kept');
      return;
    }
    for (const { record, evaluation } of done) record.state = evaluation.state;
    if (change.posts.length > 0) this.#parts.onPosts();
    if (isNews) this.#parts.onAlerts();
  }

  /** Undefined: it failed. */
  async #evaluateRules(
    records: readonly RuleRecord[],
    slotMs: number,
  ): Promise<readonly (RuleEvaluation | undefined)[]> {
    const { queries, nowMs } = this.#parts;
    const { tenant } = this.loaded.key;
    const lastEvaluationMs = nowMs();
    const metric = records.filter(({ rule }) => rule.query.kind !== 'logQuery');
    const request = {
      tenant,
      questions: metric.map(({ rule }) => ({ expr: rule.expr, absentBy: absentBy(rule) })),
      timeMs: slotMs - this.#queryOffsetMs,
      timeoutMs: this.intervalMs,
      intervalMs: this.intervalMs,
    };
    let outcomes: readonly RuleOutcome[];
    try {
      outcomes = await queries.instants(request, this.#stop.signal);
    } catch (error) {
      outcomes = metric.map(() => ({ error: textOf(error), seconds: 0 }));
    }
    const outcomeOf = new Map(metric.map((record, index) => [record, outcomes[index]]));
    const evaluations: (RuleEvaluation | undefined)[] = [];
    for (const record of records) {
      if (this.#stop.signal.aborted) break;
      evaluations.push(await this.#evaluateRule(record, slotMs, outcomeOf.get(record), lastEvaluationMs));
    }
    return evaluations;
  }

  /** Undefined: it failed. */
  async #evaluateRule(
    record: RuleRecord,
    slotMs: number,
    outcome: RuleOutcome | undefined,
    lastEvaluationMs: number,
  ): Promise<RuleEvaluation | undefined> {
    const { queries, settings, log } = this.#parts;
    const { loaded, intervalMs } = this;
    const began = performance.now();
    const seconds = () => (outcome?.seconds ?? 0) + (performance.now() - began) / 1000;
    const instant = async () => {
      if (outcome === undefined || 'error' in outcome) throw new Error(outcome?.error ?? 'no answer');
      return outcome.answer;
    };
    this.counts.evaluations++;
    try {
      const evaluation = await evaluateRule(
        loaded.group,
        record,
        { instant, lines: (request, signal) => queries.lines(request, signal) },
        {
          tenant: loaded.key.tenant,
          timeMs: slotMs,
          queryOffsetMs: this.#queryOffsetMs,
          timeoutMs: intervalMs,
          resendDelayMs: settings.resendDelayMs,
          redact: settings.redact,
        },
        this.#stop.signal,
      );
      const [templateError] = evaluation.templateErrors;
      if (templateError !== undefined) log('warn', { ...this.#names, rule: record.rule.name }, templateError);
      record.health = { health: 'ok', lastError: '', lastEvaluationMs, evaluationSeconds: seconds() };
      return evaluation;
    } catch (error) {
      if (this.#stop.signal.aborted) return undefined;
      const lastError = textOf(error);
      this.counts.failures++;
      if (record.health.lastError !== lastError)
        log(
          'warn',
          { ...this.#names, rule: record.rule.name, error: lastError },
          'a rule cannot be evaluated',
        );
      record.health = { health: 'err', lastError, lastEvaluationMs, evaluationSeconds: seconds() };
      return undefined;
    }
  }

  /** Said once, not at each evaluation. */
  #tellLeftOut(samples: number): void {
    if (samples > 0 && !this.#hasLeftOut)
      this.#parts.log(
        'warn',
        { ...this.#names, series: samples },
        `recorded series are not kept: the tenant has ${keptSeriesMax}`,
      );
    this.#hasLeftOut = samples > 0;
  }

  get #queryOffsetMs(): number {
    return this.loaded.group.queryOffsetMs ?? this.#parts.settings.queryOffsetMs;
  }

  get #context(): PostContext {
    const { tenant } = this.loaded.key;
    const { settings, limitsOf } = this.#parts;
    const isSent = !limitsOf(tenant).remoteWriteDisabled;
    return {
      tenant,
      intervalMs: this.intervalMs,
      settings: isSent ? settings : { ...settings, remoteWrites: [] },
    };
  }

  get #names(): Readonly<Record<string, string>> {
    return { ...this.loaded.key };
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
