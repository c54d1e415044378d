// What the ruler is told by the configuration. Structured-cloneable: it crosses to the ruler's thread.

import type { RelabelRule } from '../collectors/relabel.ts';
import type { Labels } from '../model/labels.ts';
import type { HeartbeatSettings } from './heartbeat.ts';
import type { ClientTls } from './http-delivery.ts';
import type { NotifySettings } from './notify/notifier.ts';
import type { ReceiverSettings } from './notify/receiver-settings.ts';

export interface AlertmanagerTarget {
  /** As configured, without credentials: names the target in metrics and in the outbox. */
  readonly url: string;
  /** `Authorization`; '' for none. */
  readonly authorization: string;
  readonly tls?: ClientTls;
}

/** Of a tenant. 0: no bound. */
export interface RuleLimits {
  readonly rulesPerGroupMax: number;
  readonly groupsPerTenantMax: number;
  /** True: its recorded series are sent to nobody. */
  readonly remoteWriteDisabled: boolean;
}

/** Of all tenants. */
export interface TenantRuleLimits {
  readonly limits: RuleLimits;
  readonly limitsOverrides: Readonly<Record<string, RuleLimits>>;
}

/** Where recorded series go. */
export interface RemoteWriteSettings {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** True: `X-Scope-OrgID` names the rule's tenant. */
  readonly withTenant: boolean;
  /** What becomes of each series before it is sent; in order. */
  readonly relabel: readonly RelabelRule[];
  readonly tls?: ClientTls;
}

export interface RulerSettings extends TenantRuleLimits {
  /** Holds a folder for each tenant; '' for none. */
  readonly rulesDir: string;
  /** How often the folder is looked at. */
  readonly pollIntervalMs: number;
  /** Of groups that name none. */
  readonly evaluationIntervalMs: number;
  readonly queryOffsetMs: number;
  /** An alert that goes on is told of again after this. */
  readonly resendDelayMs: number;
  /** Slots that were missed while the gateway did not run are caught up with, as far back as this. */
  readonly outageToleranceMs: number;
  /** Where links in alerts lead; '' for none. */
  readonly externalUrl: string;
  /** Grafana's data source in these links; '' when it is the default one. */
  readonly datasourceUid: string;
  /** Added to what is sent, where an alert has no label of the name. */
  readonly externalLabels: Labels;
  readonly alertmanagers: readonly AlertmanagerTarget[];
  readonly remoteWrites: readonly RemoteWriteSettings[];
  readonly receivers: readonly ReceiverSettings[];
  readonly notify: NotifySettings;
  readonly heartbeat: HeartbeatSettings;
  /** RE2 patterns of what is not to be seen in an alert's lines. */
  readonly redact: readonly string[];
  /** How long transitions of alerts are kept. */
  readonly historyPeriodMs: number;
  /** How long recorded series are kept; 0: they are not. */
  readonly keepSeriesMs: number;
  /** Posts that wait for a target; beyond it the oldest are dropped. */
  readonly queueCapacity: number;
  readonly notificationTimeoutMs: number;
}

/** What nobody has configured. */
export const rulerDefaults: RulerSettings = {
  rulesDir: '',
  pollIntervalMs: 10_000,
  evaluationIntervalMs: 60_000,
  queryOffsetMs: 0,
  resendDelayMs: 60_000,
  outageToleranceMs: 3_600_000,
  externalUrl: '',
  datasourceUid: '',
  externalLabels: [],
  alertmanagers: [],
  remoteWrites: [],
  receivers: [],
  notify: { groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 4 * 3_600_000 },
  heartbeat: { url: '', intervalMs: 60_000 },
  redact: [],
  historyPeriodMs: 30 * 24 * 3_600_000,
  keepSeriesMs: 0,
  queueCapacity: 10_000,
  notificationTimeoutMs: 10_000,
  limits: { rulesPerGroupMax: 1000, groupsPerTenantMax: 1000, remoteWriteDisabled: false },
  limitsOverrides: {},
};

/** Rules of all tenants together: each is a query every few seconds. */
export const rulesMax = 20_000;
/** Samples of recorded series that are kept of all tenants; the oldest go first. A row takes some 25 bytes. */
export const keptSamplesMax = 20_000_000;
/** Bytes of a rule file, or of a group that is sent. */
export const ruleTextBytesMax = 1_048_576;
/** The shortest interval: below it a group would do nothing but be evaluated. */
export const intervalMsMin = 1000;

export const ruleLimitsOf = (settings: TenantRuleLimits, tenant: string): RuleLimits =>
  settings.limitsOverrides[tenant] ?? settings.limits;
