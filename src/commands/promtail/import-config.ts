// `skald import-config`: a Promtail or Loki file as a configuration of the gateway.
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { systemErrorText } from '../../config/sources/system-error-text.ts';
import { type Command, CommandError, exitCodes } from '../cli/command.ts';
import { translateConfig } from './translate.ts';

export const importConfigCommand: Command = {
  name: 'import-config',
  summary: 'translate a Promtail or Loki file into a configuration of the gateway',
  usage: 'FILE.YAML',
  description: `
Prints the configuration on standard output, and on standard error, as comments, what has no counterpart and why:
"left out" is missing now, "differs" is there a little otherwise, "not needed" is done without being told. Ends with 0
when nothing was left out, with 3 when something was; the configuration is good in both cases. Variables (\${VAR},
\${VAR:default}) that are set are put in. Of a Loki file also the file of overrides is read that it names. Alloy's files
are not read.

  skald import-config /etc/loki/config.yml > skald.yaml
  skald import-config /etc/promtail/config.yml > skald.yaml
  skald check-config --config.file skald.yaml`,
  flags: [],
  words: { min: 1, max: 1 },
  run: async ({ args, out, notes, variables }) => {
    const [file = ''] = args.words;
    const { yaml, remarks } = await translateConfig(file, read(file), {
      environment: variables,
      readOther: (other) => readIfThere(resolve(dirname(file), other)),
    });
    await out.write(`# Made from ${basename(file)} by skald import-config.\n${yaml}`);
    for (const { kind, path, reason } of remarks)
      await notes.write(`# ${kind}: ${path}: ${reason}`.replace(/\s+/g, ' ').concat('\n'));
    return remarks.some(({ kind }) => kind === 'left out') ? exitCodes.partial : exitCodes.success;
  },
};

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(systemErrorText(error), { cause: error });
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
