// Rounds of everything that may happen to a gateway at once: pushes, deletions, flushes, retention and compaction under a
// slow, full or broken disk, a clock that jumps, kills at any moment and at every failpoint. After each round the store
// is compared with the ledger.
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { verifyStore } from '../../src/sqlite/main/verify.ts';
import { type Failpoint, failpoints } from '../../src/sqlite/threads/failpoint.ts';
import { readAllLines } from '../gateway/client.ts';
import { nowNs } from '../push-body.ts';
import { Random } from '../random.ts';
import { freePort, type Server, startServer } from '../server.ts';
import { ChaosClient, request } from './client.ts';
import { type FaultState, Faults } from './faults.ts';
import { type Group, Ledger } from './ledger.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly rounds: number;
  /** No round begins later; default: no bound. */
  readonly seconds?: number;
  readonly onRound?: (text: string) => void;
}

const clients = 3;
const roundMs = { min: 200, max: 1100 };
const endMsMax = 30_000;
/** Groups of this many rounds are read after each; all of them now and then. */
const recentGroups = 40;
const fullEvery = 20;
const hourNs = 3_600_000_000_000n;

/** What takes minutes takes fractions of a second. */
const storeSettings = {
  flushSmallAgeMs: 300,
  flushAgeMs: 200,
  flushSmallBytes: 64 * 1024,
  retentionCheckMs: 400,
  compactionCheckMs: 300,
  compactionAgeMs: 0,
  compactionShare: 1,
  deleteDelayMs: 100,
};

type Ending = 'kill' | 'terminate' | 'terminate, kill' | 'none';

export class Chaos {
  readonly ledger = new Ledger();
  /** How often each thing happened. */
  readonly happened = new Map<string, number>();
  readonly #options: ChaosOptions;
  readonly #random: Random;
  readonly #folder = mkdtempSync(join(tmpdir(), 'skald-chaos-'));
  readonly #faults = new Faults(this.#folder, '/skald.db');
  readonly #startNs = nowNs() - 4n * hourNs;
  #times = 0n;
  #server: Server | undefined;
  #failpoint: Failpoint | undefined;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  /** Rejects with everything that is wrong after a round, and what the gateway printed. */
  async run(): Promise<void> {
    const port = await freePort();
    mkdirSync(join(this.#folder, 'data'));
    await this.#start(port);
    const { rounds, seconds = Number.POSITIVE_INFINITY } = this.#options;
    const endMs = performance.now() + seconds * 1000;
    for (let round = 1; round <= rounds && performance.now() < endMs; round++) {
      const text = await this.#round(port, round);
      this.#options.onRound?.(`round ${round}: ${text}`);
    }
    this.#failpoint = undefined;
    this.#faults.set({});
    await this.#restart(port, 'terminate');
    await this.#check([...this.ledger.pushes.keys()], true);
    await this.#server?.stop('SIGTERM');
    const { problems } = await verifyStore(join(this.#folder, 'data', 'skald.db'));
    if (problems.length > 0) throw new Error(`the store is damaged: ${JSON.stringify(problems)}`);
  }

  async close(): Promise<void> {
    await this.#server?.remove();
    this.#faults.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #count(what: string): string {
    this.happened.set(what, (this.happened.get(what) ?? 0) + 1);
    return what;
  }

  async #start(port: number): Promise<void> {
    this.#server = await startServer({
      port,
      dataDir: join(this.#folder, 'data'),
      environment: {
        ...this.#faults.environment,
        SKALD_REJECT_OLD_SAMPLES: 'false',
        SKALD_RETENTION_PERIOD: '30d',
        SKALD_LOG_LEVEL: 'warn',
        SKALD_TEST_STORE: JSON.stringify({ ...storeSettings, failpoint: this.#failpoint }),
      },
    });
  }

  /** What is left to do at the start may already come by the failpoint. */
  async #startArmed(port: number): Promise<void> {
    try {
      await this.#start(port);
    } catch (error) {
      if (this.#failpoint === undefined) throw error;
      this.#count('ended at start');
      this.#failpoint = undefined;
      await this.#start(port);
    }
  }

  async #round(port: number, round: number): Promise<string> {
    const server = this.#running();
    const random = this.#random;
    const began = performance.now();
    const lengthMs = roundMs.min + random.below(roundMs.max - roundMs.min);
    const over = (): boolean => performance.now() - began > lengthMs;
    const pushing = Array.from({ length: clients }, () =>
      new ChaosClient({
        baseUrl: server.baseUrl,
        ledger: this.ledger,
        random: new Random(random.below(2 ** 32)),
        deleteThroughNs: this.#startNs + 2n * hourNs,
        nextNs: () => this.#startNs + this.#times++ * 1000n,
        expiredNs: () => this.#startNs - 40n * 24n * hourNs + this.#times++ * 1000n,
      }).run(over),
    );
    const working = Promise.all([...pushing, this.#disturb(server, over)]);
    // What goes wrong is thrown below, when the round has ended.
    working.catch(() => {});
    const ending = random.of<Ending>(['kill', 'kill', 'terminate', 'terminate, kill', 'none']);
    // The end comes while clients are at it.
    await delay(lengthMs * 0.9);
    const end = ending === 'none' ? 'none' : await this.#end(server, ending);
    await working;
    this.#faults.set({});
    const armed = this.#failpoint;
    const dead = server.process.exitCode !== null || server.process.signalCode !== null;
    if (dead) {
      this.#failpoint = this.#chooseFailpoint();
      await this.#startArmed(port);
    }
    await this.#checkRound(port, round, dead);
    const printed = /^.*"level":"(?:fatal|error)".*$/m.exec(server.output())?.[0] ?? '';
    const armedText = armed === undefined ? '' : `armed "${armed.name}" ${armed.error ?? 'kill'}; `;
    return `${armedText}${end}${printed === '' ? '' : ` ${printed.slice(0, 400)}`}`;
  }

  /** Faults of the disk, jumps of the clock and work for the builder until the round is over. */
  async #disturb(server: Server, over: () => boolean): Promise<void> {
    const random = this.#random;
    while (!over()) {
      await delay(20 + random.below(150));
      const chance = random.below(10);
      if (chance < 4) {
        this.#count('flush');
        if ((await request(`${server.baseUrl}/flush`, { method: 'POST' })) === undefined) return;
      } else if (chance < 6) this.#breakDisk();
      else if (chance < 8) this.#faults.set({});
      else this.#jumpClock();
    }
  }

  #breakDisk(): void {
    const oneIn = this.#random.of([1, 2, 7]);
    const [name, state] = this.#random.of<readonly [string, Partial<FaultState>]>([
      ['slow disk', { delayMs: 1 + this.#random.below(30) }],
      ['full disk', { write: 'ENOSPC', oneIn }],
      ['writes fail', { write: 'EIO', oneIn }],
      ['syncs fail', { sync: 'EIO', oneIn }],
    ]);
    this.#count(name);
    this.#faults.set(state);
  }

  #jumpClock(): void {
    this.#count('clock jump');
    this.#faults.setClock(this.#random.of([0, 0, -3_600_000, 86_400_000, 60_000]));
  }

  #chooseFailpoint(): Failpoint | undefined {
    const random = this.#random;
    if (random.below(10) < 4) return undefined;
    const error = random.of([
      undefined,
      undefined,
      'SQLITE_FULL',
      'SQLITE_IOERR_WRITE',
      'SQLITE_IOERR_FSYNC',
    ] as const);
    return {
      name: random.of(failpoints),
      hit: 1 + random.below(4),
      ...(error !== undefined && { error }),
    };
  }

  async #end(server: Server, ending: Ending): Promise<string> {
    if (ending === 'kill') return this.#count(`ended ${await server.stop('SIGKILL')}`);
    const ended = server.stop('SIGTERM');
    if (ending === 'terminate, kill') {
      await delay(this.#random.below(60));
      server.process.kill('SIGKILL');
    }
    return this.#count(`ended ${await ended}`);
  }

  async #restart(port: number, ending: Ending): Promise<void> {
    await this.#end(this.#running(), ending);
    await this.#start(port);
  }

  /** A failpoint may still end the process that is asked: then once more without one. */
  async #checkRound(port: number, round: number, settled: boolean): Promise<void> {
    const groups = [...this.ledger.pushes.keys()];
    const chosen = round % fullEvery === 0 ? groups : groups.slice(-recentGroups);
    try {
      await this.#check(chosen, settled);
    } catch (error) {
      if (!(await endsSoon(this.#running()))) throw error;
      this.#failpoint = undefined;
      await this.#start(port);
      await this.#check(chosen, true);
    }
  }

  async #check(groups: readonly Group[], settled: boolean): Promise<void> {
    const server = this.#running();
    const names = groups.map(({ name }) => name);
    const range = { startNs: this.#startNs - 41n * 24n * hourNs, endNs: this.#startNs + 40n * hourNs };
    const lines = await readAllLines(server.baseUrl, `{job="chaos", group=~"${names.join('|')}"}`, range);
    const found = new Map<string, string[]>();
    for (const line of lines) {
      const name = / group=(\w+) /.exec(line)?.[1] ?? '';
      const list = found.get(name);
      if (list === undefined) found.set(name, [line]);
      else list.push(line);
    }
    this.ledger.counts.lines = lines.length;
    const problems = this.ledger.problems(groups, found, settled);
    if (problems.length === 0) return;
    if (process.env.CHAOS_KEEP !== undefined) {
      await server.stop('SIGKILL');
      cpSync(this.#folder, process.env.CHAOS_KEEP, { recursive: true });
    }
    throw new Error(
      `${problems.length} problems:\n${problems.slice(0, 12).join('\n')}\nThe gateway printed:\n${server.output().slice(-4000)}`,
    );
  }

  #running(): Server {
    if (this.#server === undefined) throw new Error('no gateway was started');
    return this.#server;
  }
}

/**
 * A connection may be lost some moments before the end of its process is known, and one that lost a thread answers for
 * a second before it ends: more of both on a loaded machine.
 */
async function endsSoon({ process }: Server): Promise<boolean> {
  const ended = (): boolean => process.exitCode !== null || process.signalCode !== null;
  if (!ended()) await Promise.race([once(process, 'exit'), delay(endMsMax)]);
  return ended();
}
