// The configuration of a command line: its file, the environment, its flags.
import { readFileSync } from 'node:fs';
import { ConfigError } from '../config-error.ts';
import type { CommandLine } from './command-line.ts';
import { configFileVariable, type LoadedConfig, loadConfig } from './load-config.ts';

/** Rejects with ConfigError, also for a file that cannot be read. */
export async function readConfig(
  { configFile, flags }: Pick<CommandLine, 'configFile' | 'flags'>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<LoadedConfig> {
  const name = configFile ?? environment[configFileVariable];
  if (name === undefined) return loadConfig({ environment, flags });
  let text: string;
  try {
    text = readFileSync(name, 'utf8');
  } catch (error) {
    const { systemErrorText } = await import('./system-error-text.ts');
    throw new ConfigError([systemErrorText(error)]);
  }
  return loadConfig({ file: { name, text }, environment, flags });
}
