// Files that the command line names, read or told of.
import { readFileSync } from 'node:fs';
import { RuleGroupError, readRuleFile } from '../../ruler/read-group.ts';
import type { RuleGroup } from '../../ruler/rule-group.ts';
import { CommandError } from '../cli/command.ts';

/** Throws CommandError. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError((error as Error).message, { cause: error });
  }
}

/** Throws CommandError. */
export function ruleGroups(file: string): readonly RuleGroup[] {
  try {
    return readRuleFile(textOf(file));
  } catch (error) {
    if (error instanceof RuleGroupError)
      throw new CommandError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
}
