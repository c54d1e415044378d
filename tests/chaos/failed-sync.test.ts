// A disk that takes data and then fails to make it durable: what was refused does not come back after a crash.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { push, readAllLines } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { Faults } from './faults.ts';

const timestampNs = nowNs() - 60_000_000_000n;
const range = { startNs: timestampNs - 1n, endNs: timestampNs + 1000n };
const pushLine = (server: Server, line: string, at: bigint) =>
  push(server.baseUrl, jsonBody({ app: 'x' }, [{ timestampNs: timestampNs + at, line }]), jsonHeaders);
const lines = (server: Server) => readAllLines(server.baseUrl, '{app="x"}', range);

let folder: string;
let faults: Faults;
let server: Server;
const start = async (): Promise<void> => {
  server = await startServer({ dataDir: join(folder, 'data'), environment: faults.environment });
};
describeWith(components.compiler, 'what was refused does not come back, what was taken stays', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skald-sync-'));
    mkdirSync(join(folder, 'data'));
    faults = new Faults(folder, '/skald.db');
    await start();
  });
  afterEach(async () => {
    await server.remove();
    faults.close();
    rmSync(folder, { recursive: true });
  });

  it('a push that was refused', { timeout: 600_000 }, async () => {
    expect((await pushLine(server, 'kept', 1n)).status).toBe(204);
    faults.set({ sync: 'EIO' });
    expect((await pushLine(server, 'refused', 2n)).status).toBe(500);
    await server.stop('SIGKILL');
    faults.set({});
    await start();
    expect(await lines(server)).toEqual(['kept']);
    expect((await pushLine(server, 'later', 3n)).status).toBe(204);
    expect(await lines(server)).toEqual(['kept', 'later']);
  });

  it('a deletion that was refused', { timeout: 600_000 }, async () => {
    expect((await pushLine(server, 'kept', 1n)).status).toBe(204);
    const remove = (): Promise<Response> =>
      fetch(`${server.baseUrl}/loki/api/v1/delete?query=%7Bapp%3D%22x%22%7D&start=1`, { method: 'POST' });
    faults.set({ sync: 'EIO' });
    expect((await remove()).status).toBe(500);
    expect(await lines(server)).toEqual(['kept']);
    await server.stop('SIGKILL');
    faults.set({});
    await start();
    expect(await lines(server)).toEqual(['kept']);
    expect((await remove()).status).toBe(204);
    await server.stop('SIGKILL');
    await start();
    expect(await lines(server)).toEqual([]);
  });

  it('an end while nothing can be synced', { timeout: 600_000 }, async () => {
    expect((await pushLine(server, 'kept', 1n)).status).toBe(204);
    faults.set({ sync: 'EIO' });
    expect(await server.stop('SIGTERM')).toBe(0);
    faults.set({});
    await start();
    expect(await lines(server)).toEqual(['kept']);
  });
});
