// Properties for as long as there is time.

/**
 * The predicate of a fast-check property for `ms`, counted from its first run, and on until there is `enough`: later
 * runs pass unseen. The first is always made and none is left in its middle; what has failed is shrunk without regard to
 * the time. A limit of fast-check's own takes a first run that lasts longer for a failure, and goes on while the run
 * that it gave up still works.
 */
export function within<A extends unknown[], R>(
  ms: number,
  run: (...values: A) => R,
  enough: () => boolean = () => true,
): (...values: A) => R {
  let endMs = Number.POSITIVE_INFINITY;
  let failed = false;
  const fail = (error: unknown): never => {
    failed = true;
    throw error;
  };
  return (...values) => {
    if (!failed && performance.now() > endMs && enough()) return undefined as R;
    endMs = Math.min(endMs, performance.now() + ms);
    try {
      const result = run(...values);
      return result instanceof Promise ? (result.catch(fail) as R) : result;
    } catch (error) {
      return fail(error);
    }
  };
}
