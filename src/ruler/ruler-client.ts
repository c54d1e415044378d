// The ruler as the main thread holds it. Its thread starts with the first group: a gateway without rules has none.

import type { Worker } from 'node:worker_threads';
import { RpcPeer } from '../threads/rpc.ts';
import type { GroupQueries } from './evaluate-rule.ts';
import { noRules } from './no-rules.ts';
import type { AlertmanagerRequest } from './notify/alertmanager-api.ts';
import { seriesAreNotKept } from './prometheus-answer.ts';
import type { RecordedRequest } from './recorded/recorded-api.ts';
import type {
  GroupPath,
  MainForRuler,
  RulerAnswer,
  RulerForMain,
  RulerLogLine,
  RulerReport,
} from './ruler-protocol.ts';
import type { ViewParameters } from './rules-view.ts';
import type { RulerSettings, TenantRuleLimits } from './settings.ts';

export interface RulerClientOptions {
  readonly settings: RulerSettings;
  /** True: there are groups already. */
  readonly hasGroups: boolean;
  /** Starts the thread. */
  readonly startThread: () => Worker;
  /** The thread is gone: whatever it held is free again. */
  readonly onGone: () => void;
  readonly queries: GroupQueries;
  readonly onLog: (line: RulerLogLine) => void;
}

/** What HTTP asks of the ruler. Rejects with RpcClosedError while its thread is being replaced. */
export interface RulesApi {
  rules(tenant: string, parameters: ViewParameters): Promise<RulerAnswer>;
  alerts(tenant: string): Promise<RulerAnswer>;
  list(tenant: string, namespace: string | undefined, labels: string): Promise<RulerAnswer>;
  group(path: GroupPath): Promise<RulerAnswer>;
  setGroup(tenant: string, namespace: string, body: ArrayBuffer): Promise<RulerAnswer>;
  /** What the group would give now; nothing is kept. */
  tryGroup(tenant: string, body: ArrayBuffer): Promise<RulerAnswer>;
  deleteGroup(path: GroupPath): Promise<RulerAnswer>;
  deleteNamespace(path: Omit<GroupPath, 'group'>): Promise<RulerAnswer>;
  /** Silences, and what receivers are told. */
  alertmanager(tenant: string, request: AlertmanagerRequest): Promise<RulerAnswer>;
  /** What alerts became. */
  history(tenant: string, parameters: ViewParameters): Promise<RulerAnswer>;
  notifyTest(tenant: string, receiver: string | undefined): Promise<RulerAnswer>;
  /** Recorded series that are kept. */
  recorded(tenant: string, request: RecordedRequest): Promise<RulerAnswer>;
}

/** After the thread was lost; a rule that brings it down again and again does not keep a core busy. */
const restartMs = 5000;

export class RulerClient implements RulesApi {
  readonly #options: RulerClientOptions;
  #running: Promise<Running> | undefined;
  #restart: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** Since they changed. */
  #limits: TenantRuleLimits | undefined;
  /** True: reads are the thread's to answer. */
  #hasThread: boolean;

  constructor(options: RulerClientOptions) {
    this.#options = options;
    const { settings, hasGroups } = options;
    this.#hasThread = hasGroups || settings.rulesDir !== '';
    if (this.#hasThread) this.#startSoon();
  }

  rules(tenant: string, parameters: ViewParameters): Promise<RulerAnswer> {
    if (!this.#hasThread) return noRules.rules(tenant, parameters);
    return this.#ask((peer) => peer.call('rules', { tenant, parameters }));
  }

  alerts(tenant: string): Promise<RulerAnswer> {
    if (!this.#hasThread) return noRules.alerts(tenant);
    return this.#ask((peer) => peer.call('alerts', { tenant }));
  }

  list(tenant: string, namespace: string | undefined, labels: string): Promise<RulerAnswer> {
    if (!this.#hasThread) return noRules.list(tenant, namespace, labels);
    return this.#ask((peer) => peer.call('list', { tenant, namespace, labels }));
  }

  group(path: GroupPath): Promise<RulerAnswer> {
    if (!this.#hasThread) return noRules.group(path);
    return this.#ask((peer) => peer.call('group', path));
  }

  setGroup(tenant: string, namespace: string, body: ArrayBuffer): Promise<RulerAnswer> {
    return this.#ask((peer) => peer.call('setGroup', { tenant, namespace, body }, { transfer: [body] }));
  }

  tryGroup(tenant: string, body: ArrayBuffer): Promise<RulerAnswer> {
    return this.#ask((peer) => peer.call('tryGroup', { tenant, body }, { transfer: [body] }));
  }

  deleteGroup(path: GroupPath): Promise<RulerAnswer> {
    return this.#ask((peer) => peer.call('deleteGroup', path));
  }

  deleteNamespace(path: Omit<GroupPath, 'group'>): Promise<RulerAnswer> {
    return this.#ask((peer) => peer.call('deleteNamespace', path));
  }

  alertmanager(tenant: string, request: AlertmanagerRequest): Promise<RulerAnswer> {
    return this.#ask((peer) => peer.call('alertmanager', { tenant, request }));
  }

  history(tenant: string, parameters: ViewParameters): Promise<RulerAnswer> {
    return this.#ask((peer) => peer.call('history', { tenant, parameters }));
  }

  notifyTest(tenant: string, receiver: string | undefined): Promise<RulerAnswer> {
    return this.#ask((peer) => peer.call('notifyTest', { tenant, receiver }));
  }

  async recorded(tenant: string, request: RecordedRequest): Promise<RulerAnswer> {
    if (this.#options.settings.keepSeriesMs === 0) return seriesAreNotKept;
    return this.#ask((peer) => peer.call('recorded', { tenant, request }));
  }

  /** For rules made, and evaluations, from now on. */
  setLimits(limits: TenantRuleLimits): void {
    this.#limits = limits;
    void this.#running?.then(({ peer }) => peer.notify('setLimits', limits)).catch(() => {});
  }

  /** Undefined while no thread runs. */
  async report(): Promise<RulerReport | undefined> {
    const running = await this.#running?.catch(() => undefined);
    return running?.peer.call('report', undefined).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restart);
    const running = await this.#running?.catch(() => undefined);
    if (running === undefined) return;
    await running.peer.call('close', undefined);
    running.peer.close();
    await running.worker.terminate();
  }

  async #ask<T>(question: (peer: Running['peer']) => Promise<T>): Promise<T> {
    this.#hasThread = true;
    this.#running ??= this.#start();
    return question((await this.#running).peer);
  }

  #startSoon(): void {
    this.#running ??= this.#start();
    this.#running.catch(() => {});
  }

  async #start(): Promise<Running> {
    const { settings, startThread, queries, onLog, onGone } = this.#options;
    const worker = startThread();
    const peer = new RpcPeer<RulerForMain, MainForRuler>(worker, {
      instant: (request, { signal }) => queries.instant(request, signal),
      instants: (request, { signal }) => queries.instants(request, signal),
      lines: (request, { signal }) => queries.lines(request, signal),
      log: onLog,
    });
    void peer.closed.then((error) => {
      if (this.#isClosed) return;
      onLog({ level: 'error', fields: { error }, message: 'the ruler has failed and is started again' });
      this.#running = undefined;
      void worker.terminate().then(onGone);
      this.#restart = setTimeout(() => this.#startSoon(), restartMs).unref();
    });
    await peer.call('open', { ...settings, ...this.#limits });
    return { worker, peer };
  }
}

interface Running {
  readonly worker: Worker;
  readonly peer: RpcPeer<RulerForMain, MainForRuler>;
}
