// Syslog under kill -9. The protocol has no acknowledgement: what a sender has handed to the gateway's socket, and the
// gateway has not stored when it is killed, is lost, and nobody can tell the sender. All else is kept: what could be
// read before a kill is there after it, a sender with a queue keeps what comes while the gateway is away, and no line
// comes twice.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { components, describeWith, findProgram } from '../real/require-component.ts';
import { Rsyslog } from '../real/rsyslog.ts';
import { seed } from '../seed.ts';
import { freePort } from '../server.ts';
import { KilledGateway } from './killed-gateway.ts';

const linesPerSecond = 5_000;
/** Written since a kill and not yet seen stored: what there is to read must not grow with a loaded machine's time. */
const linesAheadMax = 20_000;
const kills = 10;
const withinMs = 700;
const testTimeoutMs = 600_000;
const selector = '{job="syslog"}';

interface Kill {
  /** The last line that could be read before it. */
  readonly stored: number;
  /** The last line written when the gateway was back. */
  readonly written: number;
}

interface Run {
  readonly from: number;
  readonly to: number;
}

/** Numbers of 1 … `last` that are missing, as runs. */
function missing(numbers: ReadonlySet<number>, last: number): Run[] {
  const runs: { from: number; to: number }[] = [];
  for (let n = 1; n <= last; n++) {
    if (numbers.has(n)) continue;
    const run = runs.at(-1);
    if (run?.to === n - 1) run.to = n;
    else runs.push({ from: n, to: n });
  }
  return runs;
}

describeWith([components.rsyslog, components.logger], 'rsyslog with a disk queue, by TCP', () => {
  it(
    `loses at a kill only what was in flight, and nothing comes twice (SEED=${seed})`,
    async () => {
      const port = await freePort();
      const gateway = new KilledGateway(`syslog:\n  tcp_port: ${port}\n`, seed);
      const rsyslog = new Rsyslog();
      let written = 0;
      /** Seen stored, or written before the last kill: that may be lost. */
      let reached = 0;
      const writing = new AbortController();
      try {
        await gateway.start();
        await rsyslog.start([
          `action(type="omfwd" Target="127.0.0.1" Port="${port}" Protocol="tcp" TCP_Framing="octet-counted" ` +
            'Template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" action.resumeInterval="1" ' +
            'action.resumeIntervalMax="1" queue.type="LinkedList" queue.filename="forward" queue.size="200000")',
        ]);
        const logger = spawn(findProgram('logger') ?? '', [
          '-u',
          rsyslog.socket,
          '-t',
          'writer',
          '-p',
          'local1.info',
        ]);
        const write = async (): Promise<void> => {
          let lastMs = performance.now();
          while (!writing.signal.aborted) {
            const nowMs = performance.now();
            const due = Math.ceil(((nowMs - lastMs) / 1000) * linesPerSecond);
            const end = Math.min(written + due, reached + linesAheadMax);
            lastMs = nowMs;
            let text = '';
            while (written < end) text += `${++written}\n`;
            if (!logger.stdin.write(text)) await once(logger.stdin, 'drain');
            await delay(5);
          }
          logger.stdin.end();
          await once(logger, 'exit');
        };
        const wrote = write();
        const newest = async (): Promise<number> => {
          await delay(50);
          const line = Number((await gateway.newest(selector)) ?? 0);
          reached = Math.max(reached, line);
          return line;
        };
        const killed: Kill[] = [];
        for (let i = 0; i < kills; i++) {
          const before = killed.at(-1)?.written ?? 0;
          // Lines of the connection after the last kill: each kill has a connection of its own.
          let stored = 0;
          while (stored <= before) stored = await newest();
          await gateway.killWithin(withinMs);
          killed.push({ stored, written });
          reached = written;
        }
        const last = killed.at(-1)?.written ?? 0;
        while ((await newest()) <= last);
        writing.abort();
        await wrote;
        while ((await newest()) < written);
        const stored = (await gateway.lines(selector, 0)).map(Number);
        const numbers = new Set(stored);
        expect(gateway.kills).toBe(kills);
        expect(stored.length - numbers.size, 'repeated').toBe(0);
        const lost = missing(numbers, written);
        const count = lost.reduce((sum, { from, to }) => sum + to - from + 1, 0);
        console.log(`of ${written} lines ${count} were lost, in flight at ${lost.length} of ${kills} kills`);
        expect(stored.length + count).toBe(written);
        // At most one run a kill: after what could be read, before what was written when the gateway was back.
        const explained = killed.map(({ stored: after, written: until }) =>
          lost.filter(({ from, to }) => from > after && to <= until),
        );
        expect(explained.filter((runs) => runs.length > 1)).toEqual([]);
        expect(explained.flat()).toEqual(lost);
      } finally {
        writing.abort();
        await rsyslog.remove();
        await gateway.remove();
      }
    },
    testTimeoutMs,
  );
});
