// `skald rules check | list | test`: rule files before they are used, and what a gateway makes of its rules.
import { type Command, type CommandContext, UsageError } from '../cli/command.ts';
import { serverFlags } from '../client/server-flags.ts';
import { checkRules } from './check.ts';
import { listRules } from './list.ts';
import { testRules } from './test.ts';

const actions: Readonly<
  Record<string, (context: CommandContext, files: readonly string[]) => Promise<number>>
> = {
  check: checkRules,
  list: listRules,
  test: testRules,
};

const filesMax = 1000;

export const rulesCommand: Command = {
  name: 'rules',
  summary: 'check and test rule files, list the rules of a server',
  usage: '[flags] check FILE… | list | test FILE…',
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

  skald rules check rules/*.yml
  skald rules list
  skald rules test web.test.yml`,
  flags: [
    { name: 'strict', summary: 'check: end with 1 when there is anything to say' },
    { name: 'json', summary: 'list: as JSON' },
    ...serverFlags,
  ],
  words: { min: 1, max: filesMax },
  wordChoices: Object.keys(actions),
  run: async (context) => {
    const [name = '', ...files] = context.args.words;
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action === undefined)
      throw new UsageError(`expected one of ${Object.keys(actions).join(', ')}, got "${name}"`);
    if (name === 'list' && files.length > 0) throw new UsageError('list takes no files');
    if (name !== 'list' && files.length === 0) throw new UsageError(`${name} needs a file`);
    return action(context, files);
  },
};
