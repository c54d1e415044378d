// kill -9 under load: after each restart every acknowledged line is there exactly once.
import { randomInt } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { nowNs, protobufBody, protobufHeaders } from '../push-body.ts';
import { freePort, type Server, startServer } from '../server.ts';
import { push, readAllLines } from './client.ts';

const rounds = 10;
const connections = 4;
const linesPerPush = 2000;
const lineBytes = 200;
/** A little above the 20 MB/s that the guarantee is stated for. */
const loadBytesPerSecond = 30e6;
const loadMs = { min: 500, max: 1500 };

interface Ledger {
  /** Numbers of pushes sent, and of those acknowledged. */
  readonly sent: number[];
  readonly acknowledged: Set<number>;
}

const acknowledgedOf = (ledgers: readonly Ledger[]): number =>
  ledgers.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);

const lineOf = (connection: number, pushNumber: number, i: number): string =>
  `connection=${connection} push=${pushNumber} i=${i} `.padEnd(lineBytes, 'x');

const startNs = nowNs() - 3_600_000_000_000n;

function bodyOf(connection: number, pushNumber: number): Uint8Array<ArrayBuffer> {
  const baseNs = startNs + BigInt(pushNumber * linesPerPush) * 1000n;
  const entries = Array.from({ length: linesPerPush }, (_, i) => ({
    timestampNs: baseNs + BigInt(i) * 1000n,
    line: lineOf(connection, pushNumber, i),
  }));
  return protobufBody([{ labels: `{job="crash", connection="${connection}"}`, entries }]);
}

/** Pushes at the given share of the load until the server is gone. Returns acknowledged bytes. */
async function load(server: Server, connection: number, ledger: Ledger): Promise<number> {
  const began = performance.now();
  let bytes = 0;
  for (;;) {
    const pushNumber = ledger.sent.length;
    ledger.sent.push(pushNumber);
    const body = bodyOf(connection, pushNumber);
    try {
      const { status } = await push(server.baseUrl, body, protobufHeaders);
      if (status === 204) ledger.acknowledged.add(pushNumber);
      else if (status !== 429 && status !== 503) throw new Error(`status ${status}`);
    } catch (error) {
      if (server.process.killed) return bytes;
      throw error;
    }
    bytes += linesPerPush * lineBytes;
    const dueMs = (bytes / (loadBytesPerSecond / connections)) * 1000;
    const aheadMs = dueMs - (performance.now() - began);
    if (aheadMs > 1) await new Promise((resolve) => setTimeout(resolve, aheadMs));
  }
}

async function check(server: Server, connection: number, ledger: Ledger): Promise<void> {
  const lines = await readAllLines(server.baseUrl, `{job="crash", connection="${connection}"}`, {
    startNs,
    endNs: startNs + 3_600_000_000_000n,
  });
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  const twice = [...counts].filter(([, count]) => count > 1).map(([line]) => line.trimEnd());
  expect(twice.slice(0, 3), `${twice.length} lines twice`).toEqual([]);

  const missing: string[] = [];
  for (const pushNumber of ledger.acknowledged) {
    for (let i = 0; i < linesPerPush; i++) {
      if (!counts.delete(lineOf(connection, pushNumber, i))) missing.push(`push ${pushNumber} line ${i}`);
    }
  }
  expect(missing.slice(0, 3), `${missing.length} acknowledged lines missing`).toEqual([]);

  // What is left was sent but not acknowledged; a push is one commit, so it is there whole or not at all.
  const unacknowledged = ledger.sent.filter((n) => !ledger.acknowledged.has(n));
  for (const pushNumber of unacknowledged) {
    const present = Array.from({ length: linesPerPush }, (_, i) =>
      counts.delete(lineOf(connection, pushNumber, i)),
    );
    expect(new Set(present).size, `push ${pushNumber} is there in part`).toBe(1);
    // It will not be sent again, so from now on it counts as acknowledged if it is there.
    if (present[0]) ledger.acknowledged.add(pushNumber);
  }
  expect([...counts.keys()].slice(0, 3), 'lines never sent').toEqual([]);
}

describe('kill -9 under a push load', () => {
  let server: Server | undefined;
  afterAll(() => server?.remove());

  it(`keeps every acknowledged line exactly once, ${rounds} times`, { timeout: 900_000 }, async () => {
    const ledgers = Array.from(
      { length: connections },
      (): Ledger => ({ sent: [], acknowledged: new Set() }),
    );
    const port = await freePort();
    server = await startServer({ port });
    for (let round = 1; round <= rounds; round++) {
      const running = server;
      const began = performance.now();
      const acknowledged = acknowledgedOf(ledgers);
      const loads = ledgers.map((ledger, connection) => load(running, connection, ledger));
      await new Promise((resolve) => setTimeout(resolve, randomInt(loadMs.min, loadMs.max)));
      // A loaded machine may take longer than that for the first.
      await expect.poll(() => acknowledgedOf(ledgers)).toBeGreaterThan(acknowledged);
      const end = running.stop('SIGKILL');
      const bytes = (await Promise.all(loads)).reduce((a, b) => a + b, 0);
      expect(await end).toBe('SIGKILL');
      const megabytesPerSecond = bytes / 1000 / (performance.now() - began);
      console.log(
        `round ${round}: ${(bytes / 1e6).toFixed(0)} MB acknowledged, ${megabytesPerSecond.toFixed(0)} MB/s`,
      );
      server = await startServer({ port, dataDir: running.dataDir });
      for (const [connection, ledger] of ledgers.entries()) await check(server, connection, ledger);
    }
  });
});
