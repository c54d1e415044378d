// `skald doctor`: looks at everything a gateway needs on this machine, and says what to do.
import type { Config } from '../../config/config.ts';
import { ConfigError } from '../../config/config-error.ts';
import { type Command, type CommandContext, exitCodes } from '../cli/command.ts';
import { type Finding, formatFinding } from './doctor-finding.ts';
import { checkClock, checkDataDir, checkStoreFile } from './doctor-machine.ts';
import { checkGateway, checkGrafana, checkRepairs } from './doctor-network.ts';
import { checkSources } from './doctor-sources.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'check this machine and its configuration, and say what to do',
  usage: '[flags]',
  description: `
Looks at the configuration, the data directory and its disk, the store, the clock, the port or the gateway that answers
there, Docker, journal and files, and Grafana when its URL is given. Changes nothing. Run it as the user that runs the
gateway. Exit code 1 when something is wrong.`,
  flags: [
    { name: 'grafana', value: 'URL', summary: 'check this Grafana, too' },
    {
      name: 'grafana-token',
      value: 'TOKEN',
      summary: "a service account's token: its Loki data sources are checked, too",
    },
    { name: 'json', summary: 'findings as JSON' },
  ],
  configured: true,
  words: { min: 0, max: 0 },
  run: async (context) => {
    const { args, out, environment } = context;
    const coloured = out.terminal && !environment.noColor;
    const found: Finding[] = [];
    for await (const finding of findings(context)) {
      found.push(finding);
      if (args.on('json')) continue;
      await out.write(formatFinding(finding, coloured));
      await out.end();
    }
    if (args.on('json')) await out.write(`${JSON.stringify(found, null, 2)}\n`);
    return found.some(({ state }) => state === 'wrong') ? exitCodes.failure : exitCodes.success;
  },
};

async function* findings(context: CommandContext): AsyncGenerator<Finding> {
  const { args, clock, searchPath, signal } = context;
  let config: Config;
  try {
    config = await context.config();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems)
      yield { state: 'wrong', subject: 'configuration', text: problem, advice: 'mend it; the rest waits' };
    return;
  }
  yield { state: 'ok', subject: 'configuration', text: 'valid' };
  yield* await checkDataDir(config);
  yield* checkStoreFile(config);
  yield* await checkClock(config, clock);
  yield await checkGateway(config, signal);
  yield* await checkRepairs(config, signal);
  yield* await checkSources(config, searchPath, signal);
  const grafana = args.text('grafana');
  if (grafana !== undefined)
    yield* await checkGrafana({ addr: grafana, token: args.text('grafana-token') }, clock, signal);
}
