// Flags of the command, read by node:util. Go's single dash is accepted: -config.file=x is --config.file x.
import { parseArgs } from 'node:util';
import { ConfigError, suggestion } from '../config-error.ts';
import { settingsByName } from './load-config.ts';

export interface CommandLine {
  readonly command: 'run' | 'check-config' | 'print-config' | 'help' | 'version';
  readonly configFile: string | undefined;
  /** Settings by dotted name. */
  readonly flags: Readonly<Record<string, string>>;
}

const ownFlags = ['help', 'version', 'print-config'] as const;

const options: Readonly<Record<string, { type: 'string' | 'boolean'; short?: string }>> = {
  'config.file': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  'print-config': { type: 'boolean' },
  ...Object.fromEntries([...settingsByName.keys()].map((name) => [name, { type: 'string' }])),
};
const optionNames = Object.keys(options);

/** Throws ConfigError for unknown flags and commands. */
export function parseCommandLine(arguments_: readonly string[]): CommandLine {
  const { values, tokens } = parseArgs({
    args: arguments_.map((argument) => argument.replace(/^-(?=[a-z][\w.-])/, '--')),
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const problems: string[] = [];
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = options[token.name];
    if (option === undefined)
      problems.push(`unknown flag ${token.rawName}${suggestion(token.name, optionNames)}`);
    else if (option.type === 'string' && token.value === undefined)
      problems.push(`flag ${token.rawName} needs a value`);
    else if (option.type === 'boolean' && token.value !== undefined)
      problems.push(`flag ${token.rawName} takes no value`);
  }
  const words = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  for (const word of words)
    if (word !== 'check-config')
      problems.push(`unknown command "${word}"; a command stands first, before its flags`);
  if (problems.length > 0) throw new ConfigError(problems);

  const asked = ownFlags.find((name) => values[name] === true);
  const flags: Record<string, string> = {};
  for (const name of settingsByName.keys()) {
    const value = values[name];
    if (typeof value === 'string') flags[name] = value;
  }
  const file = values['config.file'];
  return {
    command: asked ?? (words.length > 0 ? 'check-config' : 'run'),
    configFile: typeof file === 'string' ? file : undefined,
    flags,
  };
}

export const helpText = `skald: a Loki-compatible log gateway in one process

Usage: skald [flags]               run the gateway
       skald check-config [flags]  check the configuration and end
       skald COMMAND …             one of the commands below

Flags:
  --config.file FILE   YAML configuration (also SKALD_CONFIG_FILE)
  --print-config       print the whole configuration with its defaults, and end
  --version            print the version, and end
  --help               print this, and end
  --SETTING VALUE      any setting by its dotted name, as in --http.listen_port 3100

Any setting can be given in the environment, too: http.listen_port is SKALD_HTTP_LISTEN_PORT.
Flags win over the environment, the environment over the file.

`;
