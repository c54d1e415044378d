// An orderly end, step by step, that no part can hold up.
import { setTimeout as delay } from 'node:timers/promises';

export interface EndStep {
  /** For the log: "ingest". */
  readonly part: string;
  /** When the next step begins at the latest, as a share of the whole time. */
  readonly by: number;
  /** Is told how long it may take. */
  readonly run: (timeoutMs: number) => Promise<unknown>;
}

/**
 * Runs the steps one after the other; one that fails or is late is told of, and the next one begins. Resolves within
 * `timeoutMs`: true when all have ended well.
 */
export async function endInSteps(
  steps: readonly EndStep[],
  timeoutMs: number,
  onTrouble: (part: string, error: Error) => void,
): Promise<boolean> {
  const began = performance.now();
  let isGood = true;
  for (const { part, by, run } of steps) {
    const leftMs = Math.max(0, timeoutMs * by - (performance.now() - began));
    const late = new Error('it has not ended in time');
    const timer = new AbortController();
    const outcome = await Promise.race([
      run(leftMs).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
      ),
      delay(leftMs, late, { signal: timer.signal }),
    ]);
    timer.abort();
    if (outcome === undefined) continue;
    isGood = false;
    onTrouble(part, outcome);
  }
  return isGood;
}
