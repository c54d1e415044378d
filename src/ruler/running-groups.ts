// The groups that run, and how one takes the place of another: its alerts go on, or are over.
import type { RuleGroupChange, RuleStore, StoredRules } from '../store/rule-store.ts';
import { type EndedRule, endOfRules } from './alert-posts.ts';
import type { TemplateEnvironment } from './alert-template.ts';
import type { RuleQueries } from './evaluate-rule.ts';
import { GroupRunner, type RunnerParts } from './group-runner.ts';
import { type KeptStates, keptStates } from './kept-states.ts';
import { printGroup } from './print-group.ts';
import { type GroupKey, groupKeyText, nameOfIdentity } from './rule-group.ts';
import { type LoadedGroup, type RuleRecord, ruleRecords } from './rule-record.ts';
import type { RulerSettings } from './settings.ts';

export interface RunningGroupsParts extends RunnerParts {
  readonly store: RuleStore;
}

export class RunningGroups {
  readonly #parts: RunningGroupsParts;
  readonly #runners = new Map<string, GroupRunner>();
  /** States of rules that were not running when the ruler was opened. */
  #kept: KeptStates = new Map();
  readonly #slots = new Map<string, number>();

  constructor(parts: RunningGroupsParts) {
    this.#parts = parts;
  }

  /** What the store has of groups that are to run. */
  takeUp(stored: StoredRules): void {
    for (const { slotMs, ...key } of stored.slots) this.#slots.set(groupKeyText(key), slotMs);
    this.#kept = keptStates(stored);
  }

  /** Of one tenant, or all; sorted by namespace, those of a file in its order. */
  of(tenant?: string): readonly GroupRunner[] {
    return [...this.#runners.values()]
      .filter(({ loaded }) => tenant === undefined || loaded.key.tenant === tenant)
      .sort((a, b) => compare(a.loaded.key.namespace, b.loaded.key.namespace) || compareInFile(a, b));
  }

  /** Undefined: it does not run. */
  get(key: GroupKey): GroupRunner | undefined {
    return this.#runners.get(groupKeyText(key));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
  }

  /** Makes what runs be what files and API say. */
  async reconcile(wanted: ReadonlyMap<string, LoadedGroup>): Promise<void> {
    for (const [text, { loaded }] of this.#runners)
      if (!wanted.has(text)) await this.replace(loaded.key, undefined, undefined);
    for (const [text, loaded] of wanted) {
      const running = this.#runners.get(text)?.loaded;
      const same =
        running?.origin === loaded.origin && printGroup(running.group) === printGroup(loaded.group);
      if (!same) await this.replace(loaded.key, loaded, undefined);
    }
    // Groups that went while nobody looked.
    for (const text of this.#kept.keys()) {
      const [tenant = '', namespace = '', group = ''] = text.split('\0');
      await this.replace({ tenant, namespace, group }, undefined, undefined);
    }
  }

  /** Puts one group in the place of another of its address, together with what the store has of it. */
  async replace(
    key: GroupKey,
    loaded: LoadedGroup | undefined,
    definition: RuleGroupChange['definition'],
  ): Promise<void> {
    const text = groupKeyText(key);
    const old = this.#runners.get(text);
    await old?.stop();
    const before = this.#statesBefore(text, old);
    const records = loaded === undefined ? [] : this.#records(loaded, before);
    const lastSlotMs = old?.lastSlotMs ?? this.#slots.get(text);
    const next = loaded && new GroupRunner(loaded, records, lastSlotMs, this.#parts);
    const staying = new Set(records.map(({ identity }) => identity));
    const gone = before.filter(({ identity }) => !staying.has(identity));
    const { settings, nowMs, store } = this.#parts;
    const intervalMs = (old ?? next)?.intervalMs ?? settings.evaluationIntervalMs;
    const isTakenUp =
      next !== undefined && definition === undefined && gone.length === 0 && lastSlotMs !== undefined;
    try {
      if (!isTakenUp)
        await store.apply(
          {
            address: key,
            ...(definition !== undefined && { definition }),
            // A group that was never evaluated begins with what comes from now on, also after a restart.
            slotMs: next?.lastSlotMs ?? 'forgotten',
            ...endOfRules(gone, nowMs(), { tenant: key.tenant, intervalMs, settings }),
          },
          { durable: true },
        );
    } catch (error) {
      // As if nothing had been asked.
      if (old !== undefined)
        this.#run(text, new GroupRunner(old.loaded, old.records, old.lastSlotMs, this.#parts));
      throw error;
    }
    this.#kept.delete(text);
    this.#slots.delete(text);
    if (next === undefined) this.#runners.delete(text);
    else this.#run(text, next);
    this.#parts.onPosts();
    this.#parts.onAlerts();
  }

  #run(text: string, runner: GroupRunner): void {
    this.#runners.set(text, runner);
    runner.start();
  }

  #statesBefore(text: string, old: GroupRunner | undefined): readonly EndedRule[] {
    if (old !== undefined)
      return old.records.map(({ identity, state, rule }) => ({
        identity,
        name: rule.name,
        state,
        query: rule.query,
      }));
    return [...(this.#kept.get(text) ?? [])].map(([identity, state]) => ({
      identity,
      name: nameOfIdentity(identity),
      state,
      query: undefined,
    }));
  }

  #records(loaded: LoadedGroup, before: readonly EndedRule[]): readonly RuleRecord[] {
    const timeoutMs = loaded.group.intervalMs || this.#parts.settings.evaluationIntervalMs;
    const states = new Map(before.map(({ identity, state }) => [identity, state]));
    return ruleRecords(
      loaded.group,
      templateEnvironment(this.#parts, loaded.key.tenant, timeoutMs),
      (identity) => states.get(identity),
    );
  }
}

/** What templates of a tenant's alerts may use. */
export function templateEnvironment(
  { queries, settings }: { readonly queries: RuleQueries; readonly settings: RulerSettings },
  tenant: string,
  timeoutMs: number,
): TemplateEnvironment {
  const { externalUrl, externalLabels } = settings;
  return {
    externalUrl,
    externalLabels,
    query: async (expr, timeMs) => {
      const signal = AbortSignal.timeout(timeoutMs);
      return (await queries.instant({ tenant, expr, absentBy: [], timeMs, timeoutMs }, signal)).samples;
    },
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Of the API's groups the name decides; a file has its own order. */
const compareInFile = (a: GroupRunner, b: GroupRunner): number =>
  a.loaded.origin === 'api' ? compare(a.loaded.key.group, b.loaded.key.group) : 0;
