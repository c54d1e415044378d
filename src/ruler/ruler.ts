// The ruler: groups of the API and of files, each with what evaluates it, and the senders of what they have to say.
import type { RuleEventQuery, RuleStore, StoredRuleEvent } from '../store/rule-store.ts';
import { exploreLink, toldAlert } from './alertmanager.ts';
import { alertmanagerTarget } from './alertmanager-target.ts';
import { type DryRunRule, dryRun } from './dry-run.ts';
import type { GroupQueries, RuleQueries } from './evaluate-rule.ts';
import { checkCounts, checkNames } from './group-checks.ts';
import type { GroupRunner } from './group-runner.ts';
import { Heartbeat } from './heartbeat.ts';
import { Notifications } from './notify/notifications.ts';
import type { FiringAlert } from './notify/notifier.ts';
import { receiverTarget } from './notify/receiver-target.ts';
import { OutboxSender } from './outbox-sender.ts';
import { printGroup } from './print-group.ts';
import { readGroup } from './read-group.ts';
import type { RecordedRequest } from './recorded/recorded-api.ts';
import { RecordedSeriesQueries } from './recorded/recorded-series.ts';
import { remoteWriteTarget } from './remote-write.ts';
import { type GroupKey, groupKeyText, namedReceivers, type RuleGroup } from './rule-group.ts';
import { eventsMax } from './rule-history.ts';
import type { LoadedGroup } from './rule-record.ts';
import { type FileReport, RuleSources } from './rule-sources.ts';
import type { RulerAnswer, RulerLog } from './ruler-protocol.ts';
import { RunningGroups, type RunningGroupsParts, templateEnvironment } from './running-groups.ts';
import { keptSamplesMax, type RulerSettings, ruleLimitsOf, type TenantRuleLimits } from './settings.ts';
import { Turns } from './turns.ts';

export interface RulerParts {
  readonly store: RuleStore;
  readonly queries: GroupQueries;
  readonly settings: RulerSettings;
  readonly nowMs: () => number;
  readonly log: RulerLog;
}

/** Rules evaluated at the same time; the rest of the gateway has the other places. */
const queriesAtOnce = 4;

export class Ruler {
  readonly #parts: RulerParts;
  readonly #runnerParts: RunningGroupsParts;
  readonly #senders: readonly OutboxSender[];
  readonly #sources: RuleSources;
  readonly #recorded: RecordedSeriesQueries;
  readonly #running: RunningGroups;
  readonly #heartbeat: Heartbeat;
  #notifications: Notifications | undefined;
  #poll: NodeJS.Timeout | undefined;
  #trim: NodeJS.Timeout | undefined;
  #limits: TenantRuleLimits;
  #reloads = 0;
  /** Changes happen one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  private constructor(parts: RulerParts) {
    const { store, settings, nowMs, log, queries } = parts;
    this.#parts = parts;
    this.#limits = settings;
    this.#runnerParts = {
      store,
      queries,
      settings,
      limitsOf: (tenant) => ruleLimitsOf(this.#limits, tenant),
      turns: new Turns(queriesAtOnce),
      nowMs,
      log,
      onPosts: () => {
        for (const sender of this.#senders) sender.wake();
      },
      onAlerts: () => this.#notifications?.wake(),
    };
    this.#running = new RunningGroups(this.#runnerParts);
    const { notificationTimeoutMs, queueCapacity } = settings;
    this.#senders = [
      ...settings.alertmanagers.map((one) => alertmanagerTarget(one, notificationTimeoutMs)),
      ...settings.remoteWrites.map(remoteWriteTarget),
      ...settings.receivers.map((receiver) => receiverTarget(receiver, notificationTimeoutMs)),
    ].map((target) => new OutboxSender(target, { store, queueCapacity, nowMs, log }));
    this.#heartbeat = new Heartbeat(settings.heartbeat, {
      groups: () =>
        this.groups().map(({ loaded: { key }, intervalMs, lastSlotMs, counts }) => ({
          name: `${key.tenant}/${key.namespace}/${key.group}`,
          intervalMs,
          lastSlotMs,
          missed: counts.missed,
        })),
      targets: () =>
        this.#senders.map(({ target: { name }, refusingSinceMs }) => ({ name, refusingSinceMs })),
      nowMs,
      log,
    });
    this.#sources = new RuleSources({ rulesDir: settings.rulesDir, nowMs, log });
    this.#recorded = new RecordedSeriesQueries({ store, keepSeriesMs: settings.keepSeriesMs, nowMs });
  }

  /** Takes up what the store has, reads the files, and begins. */
  static async open(parts: RulerParts): Promise<Ruler> {
    const ruler = new Ruler(parts);
    await ruler.#takeUp();
    await ruler.#sources.look();
    await ruler.#inTurn(() => ruler.#reconcile());
    for (const sender of ruler.#senders) sender.start();
    ruler.#notifications?.start();
    ruler.#heartbeat.start();
    ruler.#trim = setInterval(() => void ruler.#trimHistory(), trimEveryMs).unref();
    if (ruler.#sources.hasFiles)
      ruler.#poll = setInterval(() => void ruler.reload(), parts.settings.pollIntervalMs).unref();
    return ruler;
  }

  /** Looks at the files now. */
  async reload(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#isClosed) return;
      if (await this.#sources.look()) await this.#reconcile();
      else this.#sources.tellErrors();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#poll);
    clearInterval(this.#trim);
    this.#heartbeat.stop();
    await this.#inTurn(async () => {
      const parts = [this.#running, ...this.#senders, this.notifications];
      await Promise.all(parts.map((part) => part.stop()));
      await this.#parts.store.close();
    });
  }

  /** Of one tenant, or all; sorted by namespace, those of a file in its order. */
  groups(tenant?: string): readonly GroupRunner[] {
    return this.#running.of(tenant);
  }

  get notifications(): Notifications {
    if (this.#notifications === undefined) throw new Error('the ruler has not taken up what it knew');
    return this.#notifications;
  }

  history(query: RuleEventQuery): Promise<readonly StoredRuleEvent[]> {
    return this.#parts.store.events(query);
  }

  /** What is asked about recorded series. */
  recorded(tenant: string, request: RecordedRequest): Promise<RulerAnswer> {
    return this.#recorded.answer(tenant, request);
  }

  setLimits(limits: TenantRuleLimits): void {
    this.#limits = limits;
  }

  get senders(): readonly OutboxSender[] {
    return this.#senders;
  }

  waitingPosts(): Promise<ReadonlyMap<string, number>> {
    return this.#parts.store.waiting();
  }

  get fileReport(): FileReport & { readonly reloads: number } {
    return { ...this.#sources.report, reloads: this.#reloads };
  }

  /** What the group would give now. Rejects with {@link RuleGroupError}. */
  async tryGroup(tenant: string, text: string): Promise<readonly DryRunRule[]> {
    const group = readGroup(text);
    const { settings, queries, nowMs } = this.#parts;
    const intervalMs = group.intervalMs || settings.evaluationIntervalMs;
    const evaluation = {
      tenant,
      timeMs: nowMs(),
      queryOffsetMs: group.queryOffsetMs ?? settings.queryOffsetMs,
      timeoutMs: intervalMs,
      resendDelayMs: settings.resendDelayMs,
      redact: settings.redact,
    };
    const turns: RuleQueries = {
      instant: (request, signal) => this.#runnerParts.turns.run(() => queries.instant(request, signal)),
      lines: (request, signal) => this.#runnerParts.turns.run(() => queries.lines(request, signal)),
    };
    return dryRun(group, templateEnvironment(this.#parts, tenant, intervalMs), turns, evaluation, intervalMs);
  }

  /** Makes or replaces a group. Rejects with {@link RuleGroupError}. */
  setGroup(tenant: string, namespace: string, text: string): Promise<void> {
    return this.#inTurn(async () => {
      const group = readGroup(text);
      const key = { tenant, namespace, group: group.name };
      checkNames(key);
      this.#sources.checkEditable(tenant, namespace);
      this.#checkLimits(key, group);
      const loaded: LoadedGroup = { key, group, origin: 'api' };
      await this.#running.replace(key, loaded, { yaml: printGroup(group) });
      this.#sources.putApiGroup(loaded);
    });
  }

  /** Resolves with how many groups there were: those of one name, or of the whole namespace. */
  deleteGroups(tenant: string, namespace: string, group?: string): Promise<number> {
    return this.#inTurn(async () => {
      this.#sources.checkEditable(tenant, namespace);
      const found = this.#sources.apiGroups(tenant, namespace, group);
      for (const { key } of found) {
        await this.#running.replace(key, undefined, 'removed');
        this.#sources.removeApiGroup(key);
      }
      return found.length;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #takeUp(): Promise<void> {
    const { store, settings, nowMs, log } = this.#parts;
    const stored = await store.load();
    const { groups } = stored;
    this.#notifications = new Notifications(
      { store, settings, nowMs, log, firing: () => this.#firing(), onPosts: this.#runnerParts.onPosts },
      stored,
    );
    for (const { tenant, namespace, group: name, yaml } of groups) {
      const key = { tenant, namespace, group: name };
      try {
        this.#sources.putApiGroup({ key, group: readGroup(yaml), origin: 'api' });
      } catch (error) {
        // It was right once: another version has written it.
        this.#parts.log('error', { ...key, error }, 'a stored rule group cannot be read');
      }
    }
    this.#running.takeUp(stored);
  }

  *#firing(): Iterable<FiringAlert> {
    const { settings } = this.#parts;
    for (const { loaded, records } of this.#running.of())
      for (const { rule, state } of records) {
        if (rule.kind === 'recording' || state.alerts.size === 0) continue;
        const receivers = namedReceivers(rule);
        const link = exploreLink(rule.query, settings);
        for (const alert of state.alerts.values())
          if (alert.state === 'firing')
            yield { tenant: loaded.key.tenant, alert: toldAlert(alert, link, settings), receivers };
      }
  }

  async #trimHistory(): Promise<void> {
    const { store, settings, nowMs, log } = this.#parts;
    try {
      await store.trimEvents(nowMs() - settings.historyPeriodMs, eventsMax);
      await store.trimSamples(nowMs() - settings.keepSeriesMs, keptSamplesMax);
    } catch (error) {
      log('error', { error }, 'the history of rules cannot be trimmed');
    }
  }

  async #reconcile(): Promise<void> {
    await this.#running.reconcile(this.#sources.wanted());
    this.#reloads++;
    this.#sources.tellErrors();
  }

  #checkLimits(key: GroupKey, group: RuleGroup): void {
    const text = groupKeyText(key);
    const others = this.groups(key.tenant).filter(({ loaded }) => groupKeyText(loaded.key) !== text);
    const all = this.groups().reduce((sum, runner) => sum + runner.records.length, 0);
    const rules = group.rules.length;
    checkCounts(
      {
        rules,
        groups: others.length + 1,
        rulesOfAll: all + rules - (this.#running.get(key)?.records.length ?? 0),
      },
      ruleLimitsOf(this.#limits, key.tenant),
    );
  }
}

const trimEveryMs = 3_600_000;
