// What a piece of work costs, counted instead of timed: V8 counts how often each basic block of JavaScript is entered.
// The same work gives the same number on any machine, however loaded. What WebAssembly and V8's own functions do is not
// in it. Counting begins when this module is loaded and sees functions that are
// first called after that.
import { type Profiler, Session } from 'node:inspector';

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/** Blocks entered since the last call. */
function take(): number {
  let scripts: readonly Profiler.ScriptCoverage[] = [];
  session.post('Profiler.takePreciseCoverage', (error, taken) => {
    if (error) throw error;
    scripts = taken.result;
  });
  let blocks = 0;
  for (const { functions } of scripts)
    for (const { ranges } of functions) for (const { count } of ranges) blocks += count;
  return blocks;
}

/** Runs `work` and gives how many basic blocks it entered: some 300 million take a second. Throws what it throws. */
export function executedBlocks(work: () => void): number {
  take();
  work();
  return take();
}
