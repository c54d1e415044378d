// Replays recorded cases against a running server:
//   npm run conformance -- --base-url http://127.0.0.1:3100 [--only PREFIX]… [--skip-push] [--fails N] [--raise-floors] [--json FILE]
// The server needs reject_old_samples off; tenancy cases run alone (--only tenancy) with authentication on.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { loadCases, queryOf } from './cases.ts';
import { pushDataset, replay } from './replay.ts';
import { countByCategory, floorsFile, knownIds, readFloors, table } from './report.ts';

const { values: options } = parseArgs({
  options: {
    'base-url': { type: 'string', default: 'http://127.0.0.1:3100' },
    only: { type: 'string', multiple: true, default: [] },
    'skip-push': { type: 'boolean', default: false },
    fails: { type: 'string', default: '5' },
    'raise-floors': { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

const { only } = options;
const cases = loadCases().filter((c) =>
  only.length > 0 ? only.some((prefix) => c.id.startsWith(prefix)) : !c.auth,
);
if (!options['skip-push'] && cases.some((c) => !c.auth)) await pushDataset(options['base-url']);
const verdicts = await replay(options['base-url'], cases);

const known = knownIds();
const shown = new Map<string, number>();
for (const [index, { id, category, difference }] of verdicts.entries()) {
  if (difference === undefined || known.has(id)) continue;
  const count = (shown.get(category) ?? 0) + 1;
  shown.set(category, count);
  const recorded = cases[index];
  if (count <= Number(options.fails) && recorded) {
    console.log(`FAIL ${id}\n     ${recorded.steps[0]?.req.path} ${queryOf(recorded)}\n     ${difference}`);
  }
}
const counts = countByCategory(verdicts);
const floors = readFloors();
console.log(table(counts, floors));
if (options.json) writeFileSync(options.json, JSON.stringify(verdicts, null, 1));
if (options['raise-floors']) {
  const raised = { ...floors };
  for (const { category, passed } of counts) raised[category] = Math.max(passed, floors[category] ?? 0);
  writeFileSync(floorsFile, `${JSON.stringify(raised, null, 2)}\n`);
}
const failed = verdicts.filter((v) => v.difference !== undefined).length;
console.log(`${verdicts.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
