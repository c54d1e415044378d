// Starts the built gateway for tests that need the whole of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export interface Server {
  readonly baseUrl: string;
  readonly dataDir: string;
  readonly process: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Sends a signal and waits for the end; returns exit code or signal name. Keeps the data. */
  stop(signal?: NodeJS.Signals): Promise<number | string>;
  /** Stops (SIGKILL when still running) and removes the data. */
  remove(): Promise<void>;
}

/** The built gateway. */
export const program = join(dirname(fileURLToPath(import.meta.url)), '../dist/main.js');
/** What starts it in packages, images and units: `program`, with the allocator's settings. */
const launcher = join(dirname(fileURLToPath(import.meta.url)), '../bin/skald');
/** Below what a hook may take: this says what was printed. */
const startTimeoutMs = 200_000;

/** Below those that the system gives to outgoing connections, which could take one before it is listened on. */
const firstPort = 20_000;
const portsOfProcess = 200;
/**
 * Test files run in processes of their own, as many at a time as the run has places: each place has a range of ports,
 * since a port that is free now is only listened on when a gateway has started, and not while it is started again.
 */
const range = (process.ppid * 2 + Number(process.env.VITEST_POOL_ID ?? 0)) % 60;
let portsGiven = process.pid;

/** A port nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = firstPort + range * portsOfProcess + (portsGiven++ % portsOfProcess);
    const listener = createServer().listen(port, '127.0.0.1');
    const isFree = await once(listener, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    listener.close();
    await once(listener, 'close');
    return port;
  }
}

export interface ServerOptions {
  /** Environment settings, SKALD_…; the test's own environment is passed on without its SKALD_ names. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Start on the data of an earlier server. */
  readonly dataDir?: string;
  readonly port?: number;
  /** The path prefix of its configuration, which the base URL then ends in. */
  readonly pathPrefix?: string;
  readonly arguments?: readonly string[];
  /** Another build of the gateway than that of this folder. */
  readonly program?: string;
  /** What starts it in place of `bin/skald`, with its first arguments. */
  readonly command?: readonly [string, ...string[]];
  /** Runs it as this user; for root. */
  readonly uid?: number;
}

/** Starts `bin/skald` without collectors on a free port and waits for /ready. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const port = options.port ?? (await freePort());
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'skald-'));
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SKALD_'));
  const [command, ...given] =
    options.program === undefined
      ? (options.command ?? ([launcher] as const))
      : ([process.execPath, options.program] as const);
  const child = spawn(command, [...given, ...(options.arguments ?? [])], {
    cwd: dataDir,
    env: {
      ...Object.fromEntries(inherited),
      NODE: process.execPath,
      TZ: 'UTC',
      SKALD_HTTP_LISTEN_PORT: String(port),
      SKALD_DATA_DIR: dataDir,
      SKALD_COLLECTORS: 'none',
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
  });
  let printed = '';
  const keep = (chunk: Buffer): void => {
    printed = (printed + chunk.toString()).slice(-100_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const server: Server = {
    baseUrl: `http://127.0.0.1:${port}${options.pathPrefix ?? ''}`,
    dataDir,
    process: child,
    output: () => printed,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    },
    remove: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  const deadline = Date.now() + startTimeoutMs;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the server ended at start:\n${printed}`);
    const ready = await fetch(`${server.baseUrl}/ready`).catch(() => undefined);
    if (ready?.status === 200) return server;
    if (Date.now() > deadline) {
      await server.remove();
      throw new Error(`the server was not ready after ${startTimeoutMs} ms:\n${printed}`);
    }
    await delay(20);
  }
}
