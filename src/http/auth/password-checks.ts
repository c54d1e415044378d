// Who has this name and this password. Checks are costly, so they are remembered, for a moment the wrong ones too, and
// wait in turn by peer: whoever guesses passwords has only his own checks to wait for.
import { createHmac, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { HttpError, retrySoon } from '../server/http-error.ts';
import type { Peer } from '../server/peers.ts';
import type { Credential } from './credentials.ts';
import { costOf, decoyHash } from './password-hash.ts';
import type { PasswordWork } from './password-thread.ts';

/** Passwords found right, so that each client pays for its first request only. */
const rightMax = 1000;
/** Those found wrong: a client with an old password asks again and again. */
const wrongMax = 1000;
const wrongForMs = 10_000;
/** Checks that wait or are under way. Those of one peer take some two seconds together. */
const checksMax = 256;
const checksPerPeerMax = 32;

interface Check {
  readonly work: PasswordWork;
  readonly settle: (right: boolean) => void;
  readonly fail: (error: unknown) => void;
}

const overload = (): HttpError =>
  new HttpError(429, 'too many passwords are being checked, try again later', retrySoon);

export class PasswordChecks {
  readonly #check: (work: PasswordWork) => Promise<boolean>;
  readonly #users: ReadonlyMap<string, Credential>;
  /** Of each cost that the users' hashes have one hash that nobody's password has. */
  readonly #decoys: ReadonlyMap<string, string>;
  readonly #right = new LRUCache<string, Credential>({ max: rightMax });
  readonly #wrong = new LRUCache<string, true>({ max: wrongMax, ttl: wrongForMs });
  /** What is remembered is so under a keyed hash: no password stays in memory. */
  readonly #key = randomBytes(32);
  /** The same password of the same user by the same peer is checked once. */
  readonly #underWay = new Map<string, Promise<boolean>>();
  /** By peer in the order of their turns. */
  readonly #waiting = new Map<Peer, Check[]>();
  #waitingCount = 0;
  #running: Peer | undefined;

  /** @param check does the work off this thread, one at a time */
  constructor(users: readonly Credential[], check: (work: PasswordWork) => Promise<boolean>) {
    this.#check = check;
    this.#users = new Map(users.map((user) => [user.name, user]));
    this.#decoys = new Map(users.map(({ hash }) => [costOf(hash), decoyHash(hash)]));
  }

  /**
   * The user; undefined when there is none of that name with that password. Rejects with HttpError 429 when the peer
   * has too many checks waiting.
   */
  async userOf(name: string, password: string, peer: Peer): Promise<Credential | undefined> {
    const user = this.#users.get(name);
    // Without users there are no names to be guessed.
    if (this.#users.size === 0) return undefined;
    const id = createHmac('sha256', this.#key).update(`${name}\0${password}`).digest('base64');
    const known = this.#right.get(id);
    if (known !== undefined) return known;
    if (this.#wrong.has(id)) return undefined;
    const right = await this.#once(`${id} ${peer}`, () =>
      this.#enqueue(peer, { password, ...this.#hashesFor(user) }),
    );
    if (right && user !== undefined) this.#right.set(id, user);
    else this.#wrong.set(id, true);
    return right ? user : undefined;
  }

  /** The same costs for everybody, so that neither whether a name is known nor how dear its hash is can be told. */
  #hashesFor(user: Credential | undefined): Pick<PasswordWork, 'hashes' | 'own'> {
    const costs = [...this.#decoys.keys()];
    const own = user === undefined ? -1 : costs.indexOf(costOf(user.hash));
    const hashes = [...this.#decoys.values()].map((decoy, at) =>
      at === own ? (user?.hash ?? decoy) : decoy,
    );
    return { hashes, own };
  }

  #once(key: string, start: () => Promise<boolean>): Promise<boolean> {
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const started = start();
    this.#underWay.set(key, started);
    const forget = (): boolean => this.#underWay.delete(key);
    started.then(forget, forget);
    return started;
  }

  #enqueue(peer: Peer, work: PasswordWork): Promise<boolean> {
    const own = this.#waiting.get(peer) ?? [];
    if (own.length + (this.#running === peer ? 1 : 0) >= checksPerPeerMax) return Promise.reject(overload());
    if (this.#waitingCount >= checksMax && !this.#giveUpOne(own.length)) return Promise.reject(overload());
    return new Promise((settle, fail) => {
      own.push({ work, settle, fail });
      this.#waiting.set(peer, own);
      this.#waitingCount++;
      this.#next();
    });
  }

  /** Refuses the newest check of the peer that has most, if that is more than this; so a newcomer finds a place. */
  #giveUpOne(fewer: number): boolean {
    const most = [...this.#waiting.values()].reduce((a, b) => (b.length > a.length ? b : a));
    if (most.length <= fewer + 1) return false;
    most.pop()?.fail(overload());
    this.#waitingCount--;
    return true;
  }

  #next(): void {
    const [turn] = this.#waiting;
    if (this.#running !== undefined || turn === undefined) return;
    const [peer, checks] = turn;
    const check = checks.shift();
    // After the others until its next turn.
    this.#waiting.delete(peer);
    if (checks.length > 0) this.#waiting.set(peer, checks);
    if (check === undefined) return;
    this.#waitingCount--;
    this.#running = peer;
    void this.#check(check.work)
      .then(check.settle, check.fail)
      .finally(() => {
        this.#running = undefined;
        this.#next();
      });
  }
}
