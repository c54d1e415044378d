// A gateway of its own for tests of rules: in a folder that goes with it, on a port of loopback that the system picks.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CommandError } from '../cli/command.ts';
import { LokiClient } from '../client/loki-client.ts';

export interface ScratchGateway {
  /** Each tenant sees its own lines alone. */
  client(tenant: string): LokiClient;
  close(): Promise<void>;
}

const requestTimeoutMs = 120_000;

/** Rejects with CommandError when it does not start. */
export async function startScratchGateway(program: string, signal: AbortSignal): Promise<ScratchGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'skald-rules-test-'));
  const child = spawn(process.execPath, [program], {
    cwd: folder,
    // Nothing of the caller's own settings.
    env: {
      SKALD_DATA_DIR: folder,
      SKALD_HTTP_LISTEN_PORT: '0',
      SKALD_COLLECTORS: 'none',
      SKALD_AUTH_ENABLED: 'true',
      SKALD_RULER_ENABLED: 'false',
      SKALD_RETENTION_PERIOD: '0',
      SKALD_LIMITS_REJECT_OLD_SAMPLES: 'false',
      SKALD_LIMITS_DISCOVER_SERVICE_NAME: '',
      SKALD_LOG_FORMAT: 'json',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  };
  child.on('error', () => {});
  try {
    const url = new URL(`http://127.0.0.1:${await listeningPort(child)}`);
    const tls = { ca: undefined, cert: undefined, key: undefined, rejectUnauthorized: true };
    return {
      client: (tenant) =>
        new LokiClient(
          { url, headers: { 'X-Scope-OrgID': tenant }, tls, timeoutMs: requestTimeoutMs, retries: 3 },
          signal,
        ),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The log says it. */
async function listeningPort({ stderr }: ChildProcess): Promise<number> {
  if (stderr === null) throw new CommandError('the gateway for the tests has no output');
  let last = '';
  for await (const line of createInterface({ input: stderr })) {
    last = line;
    const { port } = entryOf(line);
    if (port === undefined) continue;
    stderr.resume();
    return port;
  }
  throw new CommandError(`the gateway for the tests did not start: ${last}`);
}

function entryOf(line: string): { readonly port?: number } {
  try {
    return JSON.parse(line) as { readonly port?: number };
  } catch {
    return {};
  }
}
