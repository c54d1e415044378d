// kill -9 of the gateway and of ClickHouse's engine under pushes: what was acknowledged is there, and everything once.
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { push, readAllLines } from '../gateway/client.ts';
import { nowNs, protobufBody, protobufHeaders } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';
import { clickHouseEnvironment } from './environment.ts';
import { everything, Shim } from './shims.ts';

/** Of each victim. */
const rounds = everything ? 40 : 4;
const connections = 3;
const linesPerPush = 40;
const undisturbedMs = { min: 50, max: 500 };

const startNs = nowNs() - 3_600_000_000_000n;
const lineOf = (connection: number, pushNumber: number, i: number): string =>
  `connection=${connection} push=${pushNumber} i=${i}`;

function bodyOf(connection: number, pushNumber: number): Uint8Array<ArrayBuffer> {
  const entries = Array.from({ length: linesPerPush }, (_, i) => ({
    timestampNs: startNs + BigInt((pushNumber * linesPerPush + i) * connections + connection) * 1000n,
    line: lineOf(connection, pushNumber, i),
  }));
  return protobufBody([{ labels: `{job="crash", connection="${connection}"}`, entries }]);
}

describeWith(components.clickhouse, 'kill -9 over ClickHouse', () => {
  let shim: Shim;
  let server: Server;
  const start = (dataDir?: string): Promise<Server> =>
    startServer({
      ...(dataDir !== undefined && { dataDir, port: Number(new URL(server.baseUrl).port) }),
      environment: clickHouseEnvironment([shim], 'crash'),
    });
  beforeAll(async () => {
    shim = await Shim.start();
    server = await start();
  });
  afterAll(async () => {
    await server.remove();
    await shim.stop();
  });

  it('loses nothing that was acknowledged, and doubles nothing', async () => {
    let isOver = false;
    const acknowledged = Array.from({ length: connections }, () => 0);
    /** Sends one push after the other, each until it is taken, as shippers do. */
    const send = async (connection: number): Promise<void> => {
      for (let pushNumber = 0; !isOver; pushNumber++) {
        const body = bodyOf(connection, pushNumber);
        for (;;) {
          const answer = await push(server.baseUrl, body, protobufHeaders).catch(() => undefined);
          if (answer?.status === 204) break;
          if (answer !== undefined) expect([429, 503]).toContain(answer.status);
          await delay(20);
        }
        acknowledged[connection] = pushNumber + 1;
      }
    };
    const senders = Promise.all(acknowledged.map((_, connection) => send(connection)));
    for (let round = 0; round < rounds; round++) {
      await delay(randomInt(undisturbedMs.min, undisturbedMs.max));
      await shim.killAndRestart();
      await delay(randomInt(undisturbedMs.min, undisturbedMs.max));
      await server.stop('SIGKILL');
      server = await start(server.dataDir);
    }
    isOver = true;
    await senders;
    const lines = await readAllLines(server.baseUrl, '{job="crash"}', { startNs, endNs: nowNs() });
    const expected = acknowledged.flatMap((pushes, connection) =>
      Array.from({ length: pushes * linesPerPush }, (_, at) =>
        lineOf(connection, Math.floor(at / linesPerPush), at % linesPerPush),
      ),
    );
    expect(lines.toSorted()).toEqual(expected.toSorted());
    expect(Math.min(...acknowledged)).toBeGreaterThan(0);
  });
});
