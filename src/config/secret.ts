// Settings that must not be seen: printed as a word that stands for them, read from files where one is named.
import { readFileSync } from 'node:fs';
import { ConfigError, UnreadableFileError } from './config-error.ts';
import { type SettingType, text } from './setting-types.ts';

/** What `/config` and `--print-config` show in place of a secret. */
const redacted = '<secret>';

export const secret: SettingType<string> = {
  ...text,
  print: (value) => (value === '' ? '' : redacted),
};

/** A secret that stands in the configuration itself, or in the file where one is named. Throws ConfigError. */
export const ownSecretOrFile = (own: string, setting: string, file: string): string =>
  file === '' ? own : readSecretFile(setting, file);

/** The first line of a secret's file. Throws ConfigError with the setting's name. */
export function readSecretFile(setting: string, file: string): string {
  try {
    const [line = ''] = readFileSync(file, 'utf8').split(/\r?\n/);
    if (line.trim() !== '') return line.trim();
  } catch (error) {
    throw new UnreadableFileError([`${setting}: ${(error as Error).message}`]);
  }
  throw new ConfigError([`${setting}: ${file} is empty`]);
}
