// One run of a collector end to end: the built gateway reads a source until all is stored.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startServer } from '../tests/server.ts';
import { cpuSeconds, mainThreadSeconds, metric, print } from './measure.ts';

const timeoutMs = 300_000;
const askEveryMs = 50;

export interface CollectedSource {
  readonly name: string;
  readonly collector: 'docker' | 'files' | 'journal' | 'syslog';
  /** YAML. */
  readonly config: string;
  readonly lines: number;
  readonly bytes: number;
  /** Called when the gateway is ready, where it cannot see the source from its start on. */
  readonly begin?: () => void | Promise<void>;
}

/**
 * Prints how fast the source was read, the CPU time of all the gateway's threads, what its main thread had of it, and
 * the delay of that thread's event loop as `/metrics` shows it (timer interval included), over the whole run: progress
 * is asked of `/api/status`, because reading `/metrics` begins the measuring of the delay again.
 */
export async function measureCollecting(source: CollectedSource, folder: string): Promise<void> {
  const { name, collector, config, lines, bytes, begin } = source;
  const file = join(folder, 'skald.yaml');
  writeFileSync(file, `${config}collectors: [${collector}]\nlimits:\n  reject_old_samples: false\n`);
  const server = await startServer({
    environment: { SKALD_COLLECTORS: collector },
    arguments: ['--config.file', file],
  });
  const metrics = async (): Promise<string> => (await fetch(`${server.baseUrl}/metrics`)).text();
  try {
    const pid = server.process.pid as number;
    await metrics();
    const cpuBefore = cpuSeconds(pid);
    const mainBefore = mainThreadSeconds(pid);
    const startMs = performance.now();
    await begin?.();
    const seconds = ((await storedMs(server.baseUrl, source, startMs)) - startMs) / 1000;
    const main = mainThreadSeconds(pid);
    const cpuMs = (cpuSeconds(pid) - cpuBefore) * 1000;
    const text = await metrics();
    const lagMs = (statistic: string): string =>
      (metric(text, `nodejs_eventloop_lag_${statistic}_seconds`) * 1000).toFixed(0);
    const percent = (part: number): string => `${((part / seconds) * 100).toFixed(0)} %`;
    const megabytes = bytes / 1e6;
    print(
      name,
      `${lines} lines, ${megabytes.toFixed(0)} MB in ${seconds.toFixed(1)} s: ` +
        `${(megabytes / seconds).toFixed(1)} MB/s, ${Math.round(lines / seconds)} lines/s; ` +
        `CPU of all threads ${(cpuMs / megabytes).toFixed(1)} ms/MB; ` +
        `main thread ran ${percent(main.ran - mainBefore.ran)}, waited for a core ` +
        `${percent(main.waited - mainBefore.waited)}; event loop p50 ${lagMs('p50')}, p99 ${lagMs('p99')}, ` +
        `longest ${lagMs('max')} ms`,
    );
  } finally {
    await server.remove();
  }
}

/** When the last line was seen to be stored, on the clock of `performance.now`. */
async function storedMs(baseUrl: string, { name, lines }: CollectedSource, startMs: number): Promise<number> {
  let stored = 0;
  let newestMs = startMs;
  for (;;) {
    const nowMs = performance.now();
    // Stages drop some: all is stored when no more comes.
    if (stored >= lines || (stored > lines * 0.9 && nowMs - newestMs > 1_000)) return newestMs;
    if (nowMs - startMs > timeoutMs) throw new Error(`${name}: ${stored} of ${lines} lines`);
    await delay(askEveryMs);
    const status = (await (await fetch(`${baseUrl}/api/status`)).json()) as { ingest: { lines: number } };
    if (status.ingest.lines > stored) newestMs = performance.now();
    stored = status.ingest.lines;
  }
}
