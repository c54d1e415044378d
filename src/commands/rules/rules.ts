// `skald rules check | test | backfill | list | history | notify-test`: rule files before they are used, and what a gateway makes of
// its rules.
import { type Command, type CommandContext, UsageError } from '../cli/command.ts';
import { rangeFlags } from '../cli/time-flags.ts';
import { serverFlags } from '../client/server-flags.ts';
import { backfillRules } from './backfill.ts';
import { checkRules } from './check.ts';
import { rulesHistory } from './history.ts';
import { listRules } from './list.ts';
import { notifyTest } from './notify-test.ts';
import { testRules } from './test.ts';

const filesMax = 1000;

interface Action {
  readonly run: (context: CommandContext, words: readonly string[]) => Promise<number>;
  /** Words that it takes, and what they are. */
  readonly words: { readonly min: number; readonly max: number; readonly are: string };
}

const actions: Readonly<Record<string, Action>> = {
  check: { run: checkRules, words: { min: 1, max: filesMax, are: 'files' } },
  list: { run: listRules, words: { min: 0, max: 0, are: 'files' } },
  test: { run: testRules, words: { min: 1, max: filesMax, are: 'files' } },
  backfill: { run: backfillRules, words: { min: 1, max: filesMax, are: 'files' } },
  history: { run: rulesHistory, words: { min: 0, max: 1, are: 'rules' } },
  'notify-test': { run: notifyTest, words: { min: 0, max: 1, are: 'receivers' } },
};

export const rulesCommand: Command = {
  name: 'rules',
  summary: 'check and test rule files, list the rules of a server and what became of them',
  usage: '[flags] check FILE… | test FILE… | backfill FILE… | list | history [RULE] | notify-test [RECEIVER]',
  description: `
check reads rule files and says what cannot be used, with line and column, and what is hardly meant: rules that are
always true, labels without number, ranges shorter than the interval, rules that match the gateway's own log. It ends
with 1 when a file cannot be used, with --strict also when there is anything to say.

list shows the rules of a running server with their state and health.

test runs files in promtool's layout against lines that they name, in a gateway of its own:

  rule_files: [web.yml]
  evaluation_interval: 1m
  tests:
    - interval: 1m
      input_streams:
        - labels: '{app="web"}'
          lines: { line: 'level=error', from: 0s, every: 10s, count: 60 }
      alert_rule_test:
        - eval_time: 5m
          alertname: ManyErrors
          exp_alerts: [{ exp_labels: { app: web }, exp_annotations: { summary: 'web has 30' } }]
      logql_expr_test:
        - expr: 'sum(count_over_time({app="web"}[1m]))'
          eval_time: 2m
          exp_samples: [{ value: 6 }]

backfill asks a server what the recording rules of files would have recorded between --from and --to (or in the last
--since), at whole multiples of their groups' intervals, and prints it as OpenMetrics text, which promtool makes blocks
of: promtool tsdb create-blocks-from openmetrics. It ends with 1 when a rule could not be evaluated at some time.

history shows what the alerts of a server's rules became: pending, firing, resolved; the newest first.

notify-test has a server send a message to its receivers, or to one of them, and says what they answered.

  skald rules check rules/*.yml
  skald rules list
  skald rules test web.test.yml
  skald rules backfill --from 2026-11-01 --to now web.yml > web.om
  skald rules history ManyErrors
  skald rules notify-test phone`,
  flags: [
    { name: 'strict', summary: 'check: end with 1 when there is anything to say' },
    { name: 'json', summary: 'list, history: as JSON' },
    ...rangeFlags.map((flag) => ({ ...flag, summary: `backfill: ${flag.summary}` })),
    ...serverFlags,
  ],
  words: { min: 1, max: filesMax + 1 },
  wordChoices: Object.keys(actions),
  run: async (context) => {
    const [name = '', ...words] = context.args.words;
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action === undefined)
      throw new UsageError(`expected one of ${Object.keys(actions).join(', ')}, got "${name}"`);
    const { min, max, are } = action.words;
    if (words.length > max) throw new UsageError(`${name} takes ${max === 0 ? 'no' : `${max} of`} ${are}`);
    if (words.length < min) throw new UsageError(`${name} needs a file`);
    return action.run(context, words);
  },
};
