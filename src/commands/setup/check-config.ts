// `skald check-config`: whether the gateway would start with this configuration, here.
import { ConfigError } from '../../config/config-error.ts';
import { type Command, exitCodes } from '../cli/command.ts';
import { checkMachine } from './check-machine.ts';

export const checkConfigCommand: Command = {
  name: 'check-config',
  summary: 'check the configuration and end',
  usage: '[flags]',
  description: `
Reads the file, the environment and the flags as the gateway does, and looks whether its folder can be used. Says what is
wrong, each with its place, and ends with 2; ends with 0 when nothing is. A variable SKALD_… that is no setting is wrong
here, unless a platform sets such for a service of this name.

  skald check-config --config.file /etc/skald/skald.yaml`,
  flags: [],
  configured: true,
  words: { min: 0, max: 0 },
  run: async ({ loadedConfig, out }) => {
    const { config, mistypedVariables } = await loadedConfig();
    const problems = [...mistypedVariables, ...checkMachine(config)];
    if (problems.length > 0) throw new ConfigError(problems);
    await out.write('The configuration is valid.\n');
    return exitCodes.success;
  },
};
