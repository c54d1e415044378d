// The ruler's tables. They are made when the first rule is: a store without rules has none.
import type { Database, Statement } from 'better-sqlite3';
import type {
  NewPost,
  NotificationChange,
  RuleEventQuery,
  RuleGroupAddress,
  RuleGroupChange,
  RuleStore,
  StoredAlert,
  StoredNotification,
  StoredPost,
  StoredRuleEvent,
  StoredRuleGroup,
  StoredRules,
  StoredSeries,
  StoredSilence,
} from '../../store/rule-store.ts';
import { openForWriting } from '../format/open-database.ts';
import { lockHolders } from '../main/settings.ts';
import { WriteLock } from '../threads/write-lock.ts';
import { SampleTables, sampleTablesSql } from './sample-tables.ts';

/** For the thread of the ruler: `workerData`, then {@link openRuleStore} there. */
export interface RuleStoreSettings {
  readonly path: string;
  readonly writeLock: SharedArrayBuffer;
}

/**
 * `rule_slot` holds the last evaluation of a group, `rule_series` the series that it gave; `rule_post.reminder` is 0 or 1.
 * `rule_event` is the history of alerts, `rule_notification` what receivers were told.
 */
const tablesSql = `
CREATE TABLE IF NOT EXISTS rule_group(tenant TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  yaml TEXT NOT NULL, PRIMARY KEY(tenant, namespace, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule_slot(tenant TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  slot INTEGER NOT NULL, PRIMARY KEY(tenant, namespace, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule_alert(tenant TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  rule TEXT NOT NULL, alert TEXT NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY(tenant, namespace, name, rule, alert)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule_series(tenant TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  rule TEXT NOT NULL, series TEXT NOT NULL, PRIMARY KEY(tenant, namespace, name, rule, series)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule_event(id INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL,
  namespace TEXT NOT NULL, name TEXT NOT NULL, rule TEXT NOT NULL, time INTEGER NOT NULL, event TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS rule_event_time ON rule_event(time);
CREATE INDEX IF NOT EXISTS rule_event_tenant ON rule_event(tenant, id);
CREATE TABLE IF NOT EXISTS rule_notification(receiver TEXT NOT NULL, tenant TEXT NOT NULL, alerts TEXT NOT NULL,
  state TEXT NOT NULL, PRIMARY KEY(receiver, tenant, alerts)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule_silence(tenant TEXT NOT NULL, id TEXT NOT NULL, silence TEXT NOT NULL,
  PRIMARY KEY(tenant, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule_post(id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, tenant TEXT NOT NULL,
  namespace TEXT NOT NULL, name TEXT NOT NULL, reminder INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS rule_post_target ON rule_post(target, id);
`;

/** Throws StoreFileError. */
export function openRuleStore({ path, writeLock }: RuleStoreSettings): RuleStore {
  return new RuleTables(openForWriting(path), new WriteLock(writeLock, lockHolders.ruler));
}

type Address = readonly [tenant: string, namespace: string, group: string];
const addressOf = ({ tenant, namespace, group }: RuleGroupAddress): Address => [tenant, namespace, group];

class RuleTables implements RuleStore {
  readonly #database: Database;
  readonly #lock: WriteLock;
  readonly #putGroup: Statement<[...Address, string]>;
  readonly #removeGroup: Statement<[...Address]>;
  readonly #putSlot: Statement<[...Address, number]>;
  readonly #removeSlot: Statement<[...Address]>;
  readonly #putAlert: Statement<[...Address, string, string, string]>;
  readonly #removeAlert: Statement<[...Address, string, string]>;
  readonly #putSeries: Statement<[...Address, string, string]>;
  readonly #removeSeries: Statement<[...Address, string, string]>;
  readonly #putEvent: Statement<[...Address, string, number, string]>;
  readonly #putNotification: Statement<[string, string, string, string]>;
  readonly #removeNotification: Statement<[string, string, string]>;
  readonly #putSilence: Statement<[string, string, string]>;
  readonly #removeSilence: Statement<[string, string]>;
  readonly #putPost: Statement<[string, ...Address, number, string | Uint8Array]>;
  readonly #removeReminders: Statement<[string, ...Address]>;
  readonly #posts: Statement<[string, number], StoredPost & { readonly reminder: number }>;
  readonly #removePost: Statement<[number]>;
  readonly #waiting: Statement<[], [string, number]>;
  readonly #trim: Statement<[string, string, number]>;
  readonly #kept: SampleTables;

  constructor(database: Database, lock: WriteLock) {
    this.#database = database;
    this.#lock = lock;
    this.#write({ durable: true }, () => database.exec(tablesSql + sampleTablesSql));
    this.#kept = new SampleTables(database);
    const ofGroup = 'tenant = ? AND namespace = ? AND name = ?';
    this.#putGroup = database.prepare('INSERT OR REPLACE INTO rule_group VALUES (?, ?, ?, ?)');
    this.#removeGroup = database.prepare(`DELETE FROM rule_group WHERE ${ofGroup}`);
    this.#putSlot = database.prepare('INSERT OR REPLACE INTO rule_slot VALUES (?, ?, ?, ?)');
    this.#removeSlot = database.prepare(`DELETE FROM rule_slot WHERE ${ofGroup}`);
    this.#putAlert = database.prepare('INSERT OR REPLACE INTO rule_alert VALUES (?, ?, ?, ?, ?, ?)');
    this.#removeAlert = database.prepare(
      `DELETE FROM rule_alert WHERE ${ofGroup} AND rule = ? AND alert = ?`,
    );
    this.#putSeries = database.prepare('INSERT OR REPLACE INTO rule_series VALUES (?, ?, ?, ?, ?)');
    this.#removeSeries = database.prepare(
      `DELETE FROM rule_series WHERE ${ofGroup} AND rule = ? AND series = ?`,
    );
    this.#putEvent = database.prepare(
      'INSERT INTO rule_event(tenant, namespace, name, rule, time, event) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#putNotification = database.prepare('INSERT OR REPLACE INTO rule_notification VALUES (?, ?, ?, ?)');
    this.#removeNotification = database.prepare(
      'DELETE FROM rule_notification WHERE receiver = ? AND tenant = ? AND alerts = ?',
    );
    this.#putSilence = database.prepare('INSERT OR REPLACE INTO rule_silence VALUES (?, ?, ?)');
    this.#removeSilence = database.prepare('DELETE FROM rule_silence WHERE tenant = ? AND id = ?');
    this.#putPost = database.prepare(
      'INSERT INTO rule_post(target, tenant, namespace, name, reminder, body) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#removeReminders = database.prepare(
      `DELETE FROM rule_post WHERE target = ? AND ${ofGroup} AND reminder = 1`,
    );
    this.#posts = database.prepare(
      'SELECT id, target, tenant, reminder, body FROM rule_post WHERE target = ? ORDER BY id LIMIT ?',
    );
    this.#removePost = database.prepare('DELETE FROM rule_post WHERE id = ?');
    this.#waiting = database
      .prepare<[], [string, number]>('SELECT target, count(*) FROM rule_post GROUP BY target')
      .raw();
    this.#trim = database.prepare(
      `DELETE FROM rule_post WHERE target = ? AND id <=
       (SELECT id FROM rule_post WHERE target = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    );
  }

  async load(): Promise<StoredRules> {
    const place = 'tenant, namespace, name AS "group"';
    const all = <T>(sql: string): T[] => this.#database.prepare<[], T>(sql).all();
    return {
      groups: all<StoredRuleGroup>(`SELECT ${place}, yaml FROM rule_group`),
      alerts: all<RuleGroupAddress & StoredAlert>(`SELECT ${place}, rule, alert, state FROM rule_alert`),
      series: all<RuleGroupAddress & StoredSeries>(`SELECT ${place}, rule, series FROM rule_series`),
      slots: all<RuleGroupAddress & { slotMs: number }>(`SELECT ${place}, slot AS slotMs FROM rule_slot`),
      notifications: all<StoredNotification>(
        'SELECT receiver, tenant, alerts AS "group", state FROM rule_notification',
      ),
      silences: all<StoredSilence>('SELECT tenant, id, silence FROM rule_silence'),
    };
  }

  async apply(change: RuleGroupChange, options: { readonly durable: boolean }) {
    const { definition, slotMs, alertsPut, alertsRemoved, seriesPut, seriesRemoved, events, posts } = change;
    const address = addressOf(change.address);
    return this.#write(options, () => {
      if (slotMs === 'forgotten') this.#removeSlot.run(...address);
      else if (slotMs !== undefined) this.#putSlot.run(...address, slotMs);
      if (definition === 'removed') this.#removeGroup.run(...address);
      else if (definition !== undefined) this.#putGroup.run(...address, definition.yaml);
      for (const { rule, alert } of alertsRemoved) this.#removeAlert.run(...address, rule, alert);
      for (const { rule, alert, state } of alertsPut) this.#putAlert.run(...address, rule, alert, state);
      for (const { rule, series } of seriesRemoved) this.#removeSeries.run(...address, rule, series);
      for (const { rule, series } of seriesPut) this.#putSeries.run(...address, rule, series);
      for (const { rule, timeMs, event } of events) this.#putEvent.run(...address, rule, timeMs, event);
      this.#putPosts(address, posts);
      return { samplesLeftOut: this.#kept.put(change.address.tenant, change.samples) };
    });
  }

  async keptSeries(tenant: string) {
    return this.#kept.series(tenant);
  }

  async keptSamples(series: number, afterMs: number, untilMs: number, limit: number) {
    return this.#kept.samples(series, afterMs, untilMs, limit);
  }

  async trimSamples(beforeMs: number, samplesMax: number): Promise<void> {
    this.#write({ durable: false }, () => this.#kept.trim(beforeMs, samplesMax));
  }

  async notify(changes: readonly NotificationChange[]): Promise<void> {
    this.#write({ durable: true }, () => {
      for (const { receiver, tenant, group, state, post } of changes) {
        if (state === undefined) this.#removeNotification.run(receiver, tenant, group);
        else this.#putNotification.run(receiver, tenant, group, state);
        if (post !== undefined) this.#putPosts([tenant, receiver, group], [post]);
      }
    });
  }

  async putSilence({
    tenant,
    id,
    silence,
  }: Omit<StoredSilence, 'silence'> & { readonly silence: string | undefined }): Promise<void> {
    this.#write({ durable: true }, () => {
      if (silence === undefined) this.#removeSilence.run(tenant, id);
      else this.#putSilence.run(tenant, id, silence);
    });
  }

  async events(query: RuleEventQuery): Promise<readonly StoredRuleEvent[]> {
    const { tenant, namespace, group, rule, fromMs, toMs, beforeId, limit } = query;
    return this.#database
      .prepare<unknown[], StoredRuleEvent>(
        `SELECT id, tenant, namespace, name AS "group", rule, time AS timeMs, event FROM rule_event
         WHERE tenant = ? AND id < ? AND time BETWEEN ? AND ? AND (? IS NULL OR namespace = ?)
           AND (? IS NULL OR name = ?) AND (? IS NULL OR rule = ?) ORDER BY id DESC LIMIT ?`,
      )
      .all(
        ...([tenant, beforeId ?? Number.MAX_SAFE_INTEGER, fromMs, toMs] as const),
        ...[namespace, namespace, group, group, rule, rule].map((text) => text ?? null),
        limit,
      );
  }

  async trimEvents(beforeMs: number, eventsMax: number): Promise<void> {
    this.#write({ durable: false }, () => {
      this.#database.prepare('DELETE FROM rule_event WHERE time < ?').run(beforeMs);
      this.#database
        .prepare(
          'DELETE FROM rule_event WHERE id <= (SELECT id FROM rule_event ORDER BY id DESC LIMIT 1 OFFSET ?)',
        )
        .run(eventsMax);
    });
  }

  #putPosts(address: Address, posts: readonly NewPost[]): void {
    for (const target of new Set(posts.filter((post) => post.isReminder).map((post) => post.target)))
      this.#removeReminders.run(target, ...address);
    for (const { target, isReminder, body } of posts)
      this.#putPost.run(target, ...address, isReminder ? 1 : 0, body);
  }

  async posts(target: string, limit: number): Promise<readonly StoredPost[]> {
    return this.#posts
      .all(target, limit)
      .map(({ reminder, ...post }) => ({ ...post, isReminder: reminder === 1 }));
  }

  async removePosts(ids: readonly number[]): Promise<void> {
    // Lost with the power, they are sent again: that is no harm.
    this.#write({ durable: false }, () => {
      for (const id of ids) this.#removePost.run(id);
    });
  }

  async waiting(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.#waiting.all());
  }

  async trimPosts(target: string, postsMax: number): Promise<number> {
    return this.#write({ durable: false }, () => this.#trim.run(target, target, postsMax).changes);
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  /** One transaction, in turn with the other threads that write. */
  #write<T>({ durable }: { readonly durable: boolean }, work: () => T): T {
    this.#lock.acquireBlocking();
    try {
      this.#database.pragma(`synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
      return this.#database.transaction(work).immediate();
    } finally {
      this.#lock.release();
    }
  }
}
