// The labels of absent_over_time's one series.
import type { Matcher } from '../../logql/ast.ts';
import { type Labels, labelsFromPairs } from '../../model/labels.ts';

/** The labels that the selector fixes: names with one matcher, and that one `=`. */
export function absentLabels(matchers: readonly Matcher[]): Labels {
  const uses = new Map<string, number>();
  for (const { name } of matchers) uses.set(name, (uses.get(name) ?? 0) + 1);
  return labelsFromPairs(
    matchers.flatMap(({ name, op, value }) =>
      op === '=' && uses.get(name) === 1 ? [[name, value] as const] : [],
    ),
  );
}
