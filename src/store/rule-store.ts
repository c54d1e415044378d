// The contract of what the ruler keeps: groups made through the API, alerts as they are, and posts that their receivers
// have not taken yet. What one evaluation of a group changes is kept together or not at all.

/** A group of rules: of the API, or of a file. */
export interface RuleGroupAddress {
  readonly tenant: string;
  readonly namespace: string;
  readonly group: string;
}

/** A group made through the API. */
export interface StoredRuleGroup extends RuleGroupAddress {
  readonly yaml: string;
}

/** An alert of a rule; `rule` and `alert` are the ruler's keys, `state` its text. */
export interface StoredAlert {
  readonly rule: string;
  readonly alert: string;
  readonly state: string;
}

/** A series that the last evaluation of a recording rule gave: when it is there no more, its receivers learn so. */
export interface StoredSeries {
  readonly rule: string;
  /** The ruler's text of its labels. */
  readonly series: string;
}

/** A sample of a recorded series that is kept. */
export interface KeptSample {
  readonly timeMs: number;
  /** Undefined: the series has ended. */
  readonly value: number | undefined;
}
/** `series` as in {@link StoredSeries}. */
export interface NewSample extends KeptSample {
  readonly series: string;
}
export interface KeptSeries {
  readonly id: number;
  readonly series: string;
}

/** An alert has become another. `event` is the ruler's text. */
export interface NewRuleEvent {
  readonly timeMs: number;
  /** The rule's name. */
  readonly rule: string;
  readonly event: string;
}
export interface StoredRuleEvent extends NewRuleEvent, RuleGroupAddress {
  readonly id: number;
}
export interface RuleEventQuery {
  readonly tenant: string;
  /** Undefined: of all. */
  readonly namespace: string | undefined;
  readonly group: string | undefined;
  readonly rule: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  /** Only those before this one. */
  readonly beforeId: number | undefined;
  readonly limit: number;
}

/** Something to be sent to a target until it is taken. */
export interface NewPost {
  readonly target: string;
  readonly tenant: string;
  readonly body: string | Uint8Array;
  /** The target knows already: a newer reminder of the group takes the place of one that still waits. */
  readonly isReminder: boolean;
}
export interface StoredPost extends NewPost {
  readonly id: number;
}

/** Changes of one group, kept together. What is undefined stays. */
export interface RuleGroupChange {
  readonly address: RuleGroupAddress;
  readonly definition?: { readonly yaml: string } | 'removed';
  /** The last evaluation, Unix ms. */
  readonly slotMs?: number | 'forgotten';
  readonly alertsPut: readonly StoredAlert[];
  readonly alertsRemoved: readonly Pick<StoredAlert, 'rule' | 'alert'>[];
  readonly seriesPut: readonly StoredSeries[];
  readonly seriesRemoved: readonly StoredSeries[];
  /** Of series beyond {@link keptSeriesMax} of the tenant nothing is kept. */
  readonly samples: readonly NewSample[];
  readonly events: readonly NewRuleEvent[];
  readonly posts: readonly NewPost[];
}

/** Alerts that a receiver is told of together. `state` is the ruler's text of what it knows. */
export interface StoredNotification {
  readonly receiver: string;
  readonly tenant: string;
  readonly group: string;
  readonly state: string;
}
export interface NotificationChange extends Omit<StoredNotification, 'state'> {
  /** Undefined: there is nothing left to be known of. */
  readonly state: string | undefined;
  readonly post: NewPost | undefined;
}

export interface StoredSilence {
  readonly tenant: string;
  readonly id: string;
  readonly silence: string;
}

export interface StoredRules {
  readonly groups: readonly StoredRuleGroup[];
  readonly alerts: readonly (RuleGroupAddress & StoredAlert)[];
  readonly series: readonly (RuleGroupAddress & StoredSeries)[];
  readonly slots: readonly (RuleGroupAddress & { readonly slotMs: number })[];
  readonly notifications: readonly StoredNotification[];
  readonly silences: readonly StoredSilence[];
}

/** Recorded series of a tenant that are kept. */
export const keptSeriesMax = 10_000;

export interface RuleStore {
  load(): Promise<StoredRules>;
  /**
   * `durable`: on disk when it resolves; else power lost soon after may take it back, as if the evaluation had not been.
   * Rejects when it cannot be kept; then nothing of it is. Resolves with how many samples had no room.
   */
  apply(
    change: RuleGroupChange,
    options: { readonly durable: boolean },
  ): Promise<{ readonly samplesLeftOut: number }>;
  /** All or none; on disk when it resolves. */
  notify(changes: readonly NotificationChange[]): Promise<void>;
  /** On disk when it resolves; undefined removes it. */
  putSilence(
    silence: Omit<StoredSilence, 'silence'> & { readonly silence: string | undefined },
  ): Promise<void>;
  /** Newest first. */
  events(query: RuleEventQuery): Promise<readonly StoredRuleEvent[]>;
  /** Removes events before this time, and of what is left the oldest beyond `eventsMax`. */
  trimEvents(beforeMs: number, eventsMax: number): Promise<void>;
  keptSeries(tenant: string): Promise<readonly KeptSeries[]>;
  /** Later than `afterMs` up to `untilMs`, oldest first. */
  keptSamples(
    series: number,
    afterMs: number,
    untilMs: number,
    limit: number,
  ): Promise<readonly KeptSample[]>;
  /** Removes samples before this time, and older ones than others until so many are left of all tenants. */
  trimSamples(beforeMs: number, samplesMax: number): Promise<void>;
  /** Oldest first. */
  posts(target: string, limit: number): Promise<readonly StoredPost[]>;
  removePosts(ids: readonly number[]): Promise<void>;
  /** Posts that wait, by target. */
  waiting(): Promise<ReadonlyMap<string, number>>;
  /** Removes the oldest posts of a target until so many are left; resolves with how many went. */
  trimPosts(target: string, postsMax: number): Promise<number>;
  close(): Promise<void>;
}
