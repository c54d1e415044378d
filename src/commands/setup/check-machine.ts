// Whether the machine has what a configuration names: folders that can be used, files that can be read.
import { accessSync, constants, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { systemErrorText } from '../../config/sources/system-error-text.ts';

/** One line for each thing that would keep the gateway from starting. */
export function checkMachine({ dataDir }: Pick<Config, 'dataDir'>): readonly string[] {
  const problem = folderProblem(dataDir);
  return problem === undefined ? [] : [`data_dir: ${problem}`];
}

/** Undefined: the folder is there, or can be made, and may be written to. It is made on trial and taken away again. */
function folderProblem(folder: string): string | undefined {
  const path = resolve(folder);
  try {
    const made = mkdirSync(path, { recursive: true });
    if (made !== undefined) {
      for (let one = path; one.length >= made.length; one = dirname(one)) rmdirSync(one);
      return undefined;
    }
    if (!statSync(path).isDirectory()) return `${path} is not a folder`;
    accessSync(path, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return systemErrorText(error);
  }
}
