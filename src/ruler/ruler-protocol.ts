// What crosses between the main thread and the ruler's. Structured-cloneable.
import type { LinesRequest } from './alert-lines.ts';
import type { GroupQuery, RuleAnswer, RuleOutcome, RuleQuery } from './evaluate-rule.ts';
import type { AlertmanagerRequest } from './notify/alertmanager-api.ts';
import type { RecordedRequest } from './recorded/recorded-api.ts';
import type { ViewParameters } from './rules-view.ts';
import type { RulerSettings, TenantRuleLimits } from './settings.ts';

/** An HTTP answer. */
export interface RulerAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface GroupPath {
  readonly tenant: string;
  readonly namespace: string;
  readonly group: string;
}

export interface RulerForMain {
  /** The settings come once, first of all. Rejects when the store cannot be opened. */
  open(settings: RulerSettings): void;
  rules(params: { readonly tenant: string; readonly parameters: ViewParameters }): RulerAnswer;
  alerts(params: { readonly tenant: string }): RulerAnswer;
  /** YAML of all namespaces, or one; `labels`: only rules that have one of these. */
  list(params: {
    readonly tenant: string;
    readonly namespace: string | undefined;
    readonly labels: string;
  }): RulerAnswer;
  group(params: GroupPath): RulerAnswer;
  setGroup(params: {
    readonly tenant: string;
    readonly namespace: string;
    readonly body: ArrayBuffer;
  }): Promise<RulerAnswer>;
  /** What the group would give now; nothing is kept. */
  tryGroup(params: { readonly tenant: string; readonly body: ArrayBuffer }): Promise<RulerAnswer>;
  deleteGroup(params: GroupPath): Promise<RulerAnswer>;
  deleteNamespace(params: Omit<GroupPath, 'group'>): Promise<RulerAnswer>;
  alertmanager(params: {
    readonly tenant: string;
    readonly request: AlertmanagerRequest;
  }): Promise<RulerAnswer>;
  history(params: { readonly tenant: string; readonly parameters: ViewParameters }): Promise<RulerAnswer>;
  /** `receiver` undefined: all. */
  notifyTest(params: {
    readonly tenant: string;
    readonly receiver: string | undefined;
  }): Promise<RulerAnswer>;
  recorded(params: { readonly tenant: string; readonly request: RecordedRequest }): Promise<RulerAnswer>;
  /** For rules made, and evaluations, from now on. */
  setLimits(params: TenantRuleLimits): void;
  report(params: undefined): Promise<RulerReport>;
  close(params: undefined): Promise<void>;
}

export interface MainForRuler {
  instant(request: RuleQuery): Promise<RuleAnswer>;
  instants(request: GroupQuery): Promise<readonly RuleOutcome[]>;
  lines(request: LinesRequest): Promise<Uint8Array>;
  log(line: RulerLogLine): void;
}

export interface RulerLogLine {
  readonly level: 'warn' | 'error';
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** How what runs in the ruler's thread says what operators should know. */
export type RulerLog = (
  level: RulerLogLine['level'],
  fields: RulerLogLine['fields'],
  message: RulerLogLine['message'],
) => void;

/** For metrics. Counts are since the group, or the target, runs. */
export interface RulerReport {
  readonly groups: readonly GroupReport[];
  readonly targets: readonly TargetReport[];
  readonly reloads: number;
  readonly filesAreGood: boolean;
  /** Unix seconds. */
  readonly lastGoodSeconds: number | undefined;
  /** Tenants some of whose files are not used as they are. */
  readonly tenantsWithBadFiles: readonly string[];
}
export interface GroupReport {
  readonly tenant: string;
  /** `<namespace>;<group>`. */
  readonly group: string;
  readonly rules: number;
  readonly intervalSeconds: number;
  readonly evaluations: number;
  readonly failures: number;
  readonly iterations: number;
  readonly missed: number;
  readonly lastSamples: number;
  readonly lastSeconds: number;
  /** Unix seconds; 0: not yet. */
  readonly lastEvaluationSeconds: number;
}
export interface TargetReport {
  readonly name: string;
  readonly kind: 'alerts' | 'samples';
  readonly sent: number;
  readonly dropped: number;
  readonly errors: number;
  readonly waiting: number;
  readonly latencySeconds: number;
}
