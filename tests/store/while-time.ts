/**
 * For properties on a store that many tests share: runs that begin after `ms` do nothing, those that have begun come to
 * their end. fast-check's own limit leaves the last run behind, at work on the store of the next test, and fails when
 * no run was through in time.
 */
export function whileTime<T>(ms: number, run: (value: T) => Promise<void>): (value: T) => Promise<void> {
  const untilMs = Date.now() + ms;
  return async (value) => {
    if (Date.now() < untilMs) await run(value);
  };
}
