// Waits for what others do.
import { setTimeout as delay } from 'node:timers/promises';

const hangMs = 180_000;

/** Looks again and again; rejects when it has not come true in minutes. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + hangMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${hangMs} ms: ${holds}`);
    await delay(5);
  }
}
