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
  readonly posts: readonly NewPost[];
}

export interface StoredRules {
  readonly groups: readonly StoredRuleGroup[];
  readonly alerts: readonly (RuleGroupAddress & StoredAlert)[];
  readonly slots: readonly (RuleGroupAddress & { readonly slotMs: number })[];
}

export interface RuleStore {
  load(): Promise<StoredRules>;
  /**
   * `durable`: on disk when it resolves; else power lost soon after may take it back, as if the evaluation had not been.
   * Rejects when it cannot be kept; then nothing of it is.
   */
  apply(change: RuleGroupChange, options: { readonly durable: boolean }): Promise<void>;
  /** Oldest first. */
  posts(target: string, limit: number): Promise<readonly StoredPost[]>;
  removePosts(ids: readonly number[]): Promise<void>;
  /** Posts that wait, by target. */
  waiting(): Promise<ReadonlyMap<string, number>>;
  /** Removes the oldest posts of a target until so many are left; resolves with how many went. */
  trimPosts(target: string, postsMax: number): Promise<number>;
  close(): Promise<void>;
}
