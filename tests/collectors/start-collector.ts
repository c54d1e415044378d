// Runs a collector until stopped; shows its health when something hangs.

import type { Collector } from '../../src/collectors/collector.ts';
import type { Sink } from '../../src/ingest/sink/sink.ts';

export interface Started {
  readonly collector: Collector;
  /** Graceful: what was read is committed. */
  stop(): Promise<void>;
}

export function startCollector(collector: Collector, sink: Sink): Started {
  const abort = new AbortController();
  const running = collector.run(sink, abort.signal);
  return {
    collector,
    stop: () => {
      abort.abort();
      return running;
    },
  };
}

/** Polls a state that no event tells of, for at most a minute. */
export async function waitFor(holds: () => boolean, timeoutMs = 60_000): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`not so after ${timeoutMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
