// A day in the life of a host, from a seed: logs of several programs that are written and rotated in every way, while the
// gateway that follows them is restarted and killed, its disk is full, its clock jumps and files may not be read for a
// while. At the end each line written is there exactly once, whatever was repaired in it.
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Faults } from '../chaos/faults.ts';
import { readAllLines } from '../gateway/client.ts';
import { Random } from '../random.ts';
import { freePort, program, type Server, startServer } from '../server.ts';
import { type Difference, difference } from './difference.ts';
import { RotatedLog } from './files-rotated-log.ts';
import { logFormats, oddLine } from './log-formats.ts';

const zones = ['UTC', 'Europe/Berlin', 'Asia/Tokyo'];
const logsMax = 3;
const lineBytesMax = 4_000;
const clockJumpMsMax = 3 * 3_600_000;
const storedTimeoutMs = 180_000;
const dayNs = 86_400_000_000_000n;

export class HostDay {
  readonly events: string[] = [];
  readonly #random: Random;
  readonly #folder = fs.mkdtempSync(join(tmpdir(), 'skald-day-'));
  readonly #logFolder = join(this.#folder, 'log');
  readonly #dataDir = join(this.#folder, 'data');
  readonly #faults: Faults;
  readonly #logs: readonly RotatedLog[];
  /** Places of the logs that are copied and cut; the others may become unreadable, as then a copy comes twice. */
  readonly #copied: readonly number[];
  readonly #zone: string;
  readonly #uid = ordinaryUid;
  #server: Server | undefined;
  #port = 0;
  #hasFullDisk = false;

  constructor(seed: number) {
    const random = new Random(seed);
    this.#random = random;
    this.#zone = random.of(zones);
    for (const folder of [this.#logFolder, this.#dataDir]) fs.mkdirSync(folder);
    this.#copied = [0, 1, 2].filter(() => random.below(2) === 0);
    this.#faults = new Faults(this.#folder, '/skald.db');
    fs.chmodSync(this.#folder, 0o755);
    if (this.#uid !== undefined) fs.chownSync(this.#dataDir, this.#uid, this.#uid);
    this.#logs = Array.from({ length: 1 + random.below(logsMax) }, (_, log) => {
      const format = random.of(logFormats);
      return new RotatedLog({
        folder: this.#logFolder,
        name: `app${log}.log`,
        line: (n) => oddLine(format, number(log, n), random, lineBytesMax),
        random,
        fs,
        note: (what) => this.#note(`app${log}: ${what}`),
        isStored: () => false,
      });
    });
  }

  /** Between what was written and what was stored. */
  async difference(): Promise<Difference> {
    this.#port = await freePort();
    for (const log of this.#logs) {
      while (log.written === 0) {
        log.write(30);
        log.finish();
      }
    }
    await this.#start();
    await this.#known();
    for (let left = 15 + this.#random.below(25); left > 0; left--) {
      await this.#act(this.#random.of(this.#logs));
      await delay(this.#random.below(60));
    }
    this.#setDisk(false);
    for (const log of this.#logs) log.finish();
    this.#permitAll();
    const written = this.#logs.flatMap((log, at) =>
      Array.from({ length: log.written }, (_, i) => number(at, i + 1)),
    );
    const endMs = performance.now() + storedTimeoutMs;
    let stored = await this.#stored();
    while (new Set(stored).size < written.length && performance.now() < endMs) {
      await delay(300);
      stored = await this.#stored();
    }
    // What comes twice may come late.
    await delay(300);
    return difference(written, await this.#stored());
  }

  async close(): Promise<void> {
    await this.#server?.remove();
    for (const log of this.#logs) log.close();
    this.#faults.close();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  get output(): string {
    return this.#server?.output() ?? '';
  }

  async #act(log: RotatedLog): Promise<void> {
    const what = this.#random.below(100);
    if (what < 40) log.write(60);
    else if (what < 48) log.writeInPieces();
    else if (what < 58) log.rename();
    else if (what < 68) this.#cut(log);
    else if (what < 73) await this.#restart('SIGKILL');
    else if (what < 76) await this.#restart('SIGTERM');
    else if (what < 82) this.#setDisk(!this.#hasFullDisk);
    else if (what < 88) this.#jump();
    else if (what < 94) this.#forbid();
    else this.#permitAll();
    // Steps that are left are taken while others act.
    if (this.#random.below(3) > 0) log.finish();
    else log.step('');
  }

  #cut(log: RotatedLog): void {
    if (this.#copied.includes(this.#logs.indexOf(log))) log.copyAndCut();
    else log.rename();
  }

  async #restart(signal: NodeJS.Signals): Promise<void> {
    this.#setDisk(false);
    this.#note(signal);
    await this.#server?.stop(signal);
    for (let left = this.#random.below(4); left > 0; left--) {
      const log = this.#random.of(this.#logs);
      this.#random.of([() => log.write(60), () => log.rename(), () => this.#cut(log)])();
      log.finish();
    }
    await this.#start();
  }

  async #start(): Promise<void> {
    this.#server = await startServer({
      port: this.#port,
      dataDir: this.#dataDir,
      ...(this.#uid !== undefined && { uid: this.#uid }),
      environment: {
        ...this.#faults.environment,
        TZ: this.#zone,
        SKALD_COLLECTORS: 'files',
        SKALD_FILES_PATHS: `${this.#logFolder}/*.log`,
        SKALD_FILES_SCAN_INTERVAL: '50ms',
        SKALD_FILES_POLL_INTERVAL: '10ms',
        SKALD_QUERY_WORKERS: '1',
        // A busy machine is no fault of the collectors.
        SKALD_LIMITS_QUERY_TIMEOUT: '10m',
        SKALD_LIMITS_MAX_LINE_SIZE: String(lineBytesMax),
      },
    });
  }

  /** A file is known from its first commit on: what was rotated away before is nobody's. */
  async #known(): Promise<void> {
    const written = this.#logs.reduce((sum, log) => sum + log.written, 0);
    const endMs = performance.now() + storedTimeoutMs;
    // A query would start threads that are not needed yet.
    while ((await this.#received()) < written && performance.now() < endMs) await delay(50);
  }

  /** Entries since the gateway's start. */
  async #received(): Promise<number> {
    const answer = await fetch(`${this.#server?.baseUrl}/metrics`);
    const counted = /^loki_distributor_lines_received_total\{.*\} (\d+)/m.exec(await answer.text());
    return Number(counted?.[1] ?? 0);
  }

  #setDisk(isFull: boolean): void {
    if (isFull !== this.#hasFullDisk) this.#note(isFull ? 'the disk is full' : 'the disk has room');
    this.#hasFullDisk = isFull;
    this.#faults.set(isFull ? { write: 'ENOSPC', sync: 'ENOSPC' } : {});
  }

  #jump(): void {
    const offsetMs = this.#random.below(2 * clockJumpMsMax) - clockJumpMsMax;
    this.#note(`the clock is ${offsetMs} ms off`);
    this.#faults.setClock(offsetMs);
  }

  #forbid(): void {
    const names = fs
      .readdirSync(this.#logFolder)
      .filter((name) => !this.#copied.some((at) => name.startsWith(`app${at}.`)));
    if (names.length === 0) return;
    const name = this.#random.of(names);
    this.#note(`${name} may not be read`);
    fs.chmodSync(join(this.#logFolder, name), 0);
  }

  #permitAll(): void {
    for (const name of fs.readdirSync(this.#logFolder)) fs.chmodSync(join(this.#logFolder, name), 0o644);
  }

  /** Numbers of the lines in the store. */
  async #stored(): Promise<string[]> {
    const nowNs = BigInt(Date.now()) * 1_000_000n;
    const range = { startNs: nowNs - 8n * dayNs, endNs: nowNs + dayNs };
    const lines = await readAllLines(this.#server?.baseUrl ?? '', '{job="files"}', range);
    return lines.map((line) => /#\d+\.\d+#/.exec(line)?.[0] ?? line);
  }

  #note(what: string): void {
    this.events.push(`${Math.round(performance.now())} ms ${what}`);
  }
}

const number = (log: number, n: number): string => `#${log}.${n}#`;

const nobody = 65_534;

const ordinaryUid = ordinaryUser();

/** Root may read everything, so its gateway runs as nobody, where nobody may read the program. */
function ordinaryUser(): number | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const { status } = spawnSync(process.execPath, [program, '--version'], { uid: nobody, gid: nobody });
  return status === 0 ? nobody : undefined;
}
