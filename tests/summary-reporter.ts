// Closes a run with one plain line: N passed, N failed, N skipped.
import type { Reporter, TestCase, TestModule } from 'vitest/node';

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let broken = unhandledErrors.length;
    for (const module of modules) {
      if (module.errors().length > 0) broken++;
      for (const test of module.children.allTests()) counts[stateOf(test)]++;
    }
    const { passed, failed, skipped, pending } = counts;
    console.log(`${passed} passed, ${failed + pending + broken} failed, ${skipped} skipped`);
  }
}

/** Tests of a block within a block that is left out keep the state of those that have yet to run. */
function stateOf(test: TestCase): ReturnType<TestCase['result']>['state'] {
  for (let above = test.parent; above.type === 'suite'; above = above.parent)
    if (above.options.mode === 'skip') return 'skipped';
  return test.result().state;
}
