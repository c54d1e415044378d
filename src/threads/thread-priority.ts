// Which threads go first when there is more to do than cores. Answers come before the work behind them: the main
// thread before queries and tails, these before entries on their way into the store.
import { getPriority, setPriority } from 'node:os';
import { platform } from 'node:process';

/**
 * How much lower than the main thread, in steps of `nice`: each is worth a fifth less of a core that is wanted by all.
 * Ingest and builder wait for each other, by the writers' lock and by full queues, so neither stands above the other.
 */
const stepsBelowMain = {
  query: 2,
  tail: 2,
  ingest: 5,
  collector: 5,
  builder: 5,
  ruler: 5,
  // Whoever guesses passwords keeps it busy without end.
  passwords: 5,
  decoder: 7,
} as const;

const lowest = 19;

/**
 * Gives the calling worker thread its place, once, when it starts; below that of the process, whatever `nice` gave that.
 * Linux alone has priorities by thread: elsewhere nothing happens. Where it is forbidden the threads stay equal.
 */
export function takePriority(thread: keyof typeof stepsBelowMain): void {
  if (platform !== 'linux') return;
  try {
    setPriority(0, Math.min(lowest, getPriority(0) + stepsBelowMain[thread]));
  } catch {
    // Only the order of what is to be done would be another.
  }
}
