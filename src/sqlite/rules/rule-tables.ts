// The ruler's tables. They are made when the first rule is: a store without rules has none.
import type { Database, Statement } from 'better-sqlite3';
import type {
  NewPost,
  RuleGroupAddress,
  RuleGroupChange,
  RuleStore,
  StoredAlert,
  StoredPost,
  StoredRuleGroup,
  StoredRules,
} from '../../store/rule-store.ts';
import { openForWriting } from '../format/open-database.ts';
import { lockHolders } from '../main/settings.ts';
import { WriteLock } from '../threads/write-lock.ts';

/** For the thread of the ruler: `workerData`, then {@link openRuleStore} there. */
export interface RuleStoreSettings {
  readonly path: string;
  readonly writeLock: SharedArrayBuffer;
}

/** `rule_slot` holds the last evaluation of a group; `rule_post.reminder` is 0 or 1. */
const tablesSql = `
CREATE TABLE IF NOT EXISTS rule_group(tenant TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  yaml TEXT NOT NULL, PRIMARY KEY(tenant, namespace, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule_slot(tenant TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  slot INTEGER NOT NULL, PRIMARY KEY(tenant, namespace, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule_alert(tenant TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  rule TEXT NOT NULL, alert TEXT NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY(tenant, namespace, name, rule, alert)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rule_post(id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, tenant TEXT NOT NULL,
  namespace TEXT NOT NULL, name TEXT NOT NULL, reminder INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS rule_post_target ON rule_post(target, id);
`;

/** Throws StoreFileError. */
export function openRuleStore({ path, writeLock }: RuleStoreSettings): RuleStore {
  return new RuleTables(openForWriting(path), new WriteLock(writeLock, lockHolders.ruler));
}

/** Whether the store has rules to evaluate, for who only starts the ruler then. */
export function hasRuleGroups(database: Database): boolean {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'rule_group'").pluck().get();
  return (
    table !== undefined && database.prepare('SELECT 1 FROM rule_group LIMIT 1').pluck().get() !== undefined
  );
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
  readonly #putPost: Statement<[string, ...Address, number, string | Uint8Array]>;
  readonly #removeReminders: Statement<[string, ...Address]>;
  readonly #posts: Statement<[string, number], StoredPost & { readonly reminder: number }>;
  readonly #removePost: Statement<[number]>;
  readonly #waiting: Statement<[], [string, number]>;
  readonly #trim: Statement<[string, string, number]>;

  constructor(database: Database, lock: WriteLock) {
    this.#database = database;
    this.#lock = lock;
    this.#write({ durable: true }, () => database.exec(tablesSql));
    const ofGroup = 'tenant = ? AND namespace = ? AND name = ?';
    this.#putGroup = database.prepare('INSERT OR REPLACE INTO rule_group VALUES (?, ?, ?, ?)');
    this.#removeGroup = database.prepare(`DELETE FROM rule_group WHERE ${ofGroup}`);
    this.#putSlot = database.prepare('INSERT OR REPLACE INTO rule_slot VALUES (?, ?, ?, ?)');
    this.#removeSlot = database.prepare(`DELETE FROM rule_slot WHERE ${ofGroup}`);
    this.#putAlert = database.prepare('INSERT OR REPLACE INTO rule_alert VALUES (?, ?, ?, ?, ?, ?)');
    this.#removeAlert = database.prepare(
      `DELETE FROM rule_alert WHERE ${ofGroup} AND rule = ? AND alert = ?`,
    );
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
      slots: all<RuleGroupAddress & { slotMs: number }>(`SELECT ${place}, slot AS slotMs FROM rule_slot`),
    };
  }

  async apply(change: RuleGroupChange, options: { readonly durable: boolean }): Promise<void> {
    const { definition, slotMs, alertsPut, alertsRemoved, posts } = change;
    const address = addressOf(change.address);
    this.#write(options, () => {
      if (slotMs === 'forgotten') this.#removeSlot.run(...address);
      else if (slotMs !== undefined) this.#putSlot.run(...address, slotMs);
      if (definition === 'removed') this.#removeGroup.run(...address);
      else if (definition !== undefined) this.#putGroup.run(...address, definition.yaml);
      for (const { rule, alert } of alertsRemoved) this.#removeAlert.run(...address, rule, alert);
      for (const { rule, alert, state } of alertsPut) this.#putAlert.run(...address, rule, alert, state);
      this.#putPosts(address, posts);
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
