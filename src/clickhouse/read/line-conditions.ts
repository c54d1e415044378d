// Line filters as conditions of SQL. A condition lets through at least the lines that the filter does: the engine applies
// every filter again, so that no answer depends on how ClickHouse reads one.
import type { LineFilterStage } from '../../logql/stages/line-filter.ts';
import type { SearchLiteral } from '../../pipeline/line-regex.ts';
import { compileLineFilters } from '../../pipeline/stages/line-filter.ts';
import { sqlBytes } from '../server/statement.ts';

/** Literals of a condition; of more a statement would grow too long. */
const literalsMax = 100;

export function lineConditions(filters: readonly LineFilterStage[]): readonly string[] {
  return compileLineFilters(filters).conditions.flatMap(({ exact, required }) => {
    if (exact?.verdict === 'absent' && exact.literals.length <= literalsMax)
      return exact.literals.map((literal) => `NOT ${occurs(literal)}`);
    return required
      .filter((clause) => clause.length > 0 && clause.length <= literalsMax)
      .map((clause) => clause.map(occurs).join(' OR '));
  });
}

/** Whether the bytes lie in the line; with `ignoreCase`, ASCII letters in either case. */
function occurs({ bytes, ignoreCase }: SearchLiteral): string {
  if (bytes.length === 0) return '1';
  return ignoreCase
    ? `position(lower(line), lower(${sqlBytes(bytes)})) > 0`
    : `position(line, ${sqlBytes(bytes)}) > 0`;
}
