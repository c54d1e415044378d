// What a group asks, answered query by query.
import type { GroupQueries, RuleOutcome, RuleQueries } from '../../src/ruler/evaluate-rule.ts';

export const oneByOne = (queries: RuleQueries): GroupQueries => ({
  ...queries,
  instants: async ({ questions, ...request }, signal) => {
    const outcomes: RuleOutcome[] = [];
    for (const question of questions)
      try {
        outcomes.push({ answer: await queries.instant({ ...request, ...question }, signal), seconds: 0 });
      } catch (error) {
        outcomes.push({ error: (error as Error).message, seconds: 0 });
      }
    return outcomes;
  },
});
