// Thread entry of the ruler.
import { parentPort, workerData } from 'node:worker_threads';
import { serveRules } from '../../ruler/serve-rules.ts';
import { openRuleStore, type RuleStoreSettings } from '../../sqlite/rules/rule-tables.ts';
import { collectAtRest } from '../../threads/collect-at-rest.ts';
import { takePriority } from '../../threads/thread-priority.ts';

if (parentPort === null) throw new Error('this is the entry of a worker thread');
takePriority('ruler');
collectAtRest();
serveRules(parentPort, () => openRuleStore(workerData as RuleStoreSettings));
