// `skald rules check`.
import { readFileSync } from 'node:fs';
import { lintGroup } from '../../ruler/lint-group.ts';
import { RuleGroupError, readRuleFile } from '../../ruler/read-group.ts';
import type { RuleGroup } from '../../ruler/rule-group.ts';
import { rulerDefaults } from '../../ruler/settings.ts';
import { type CommandContext, exitCodes } from '../cli/command.ts';

export async function checkRules({ args, out }: CommandContext, files: readonly string[]): Promise<number> {
  let isBad = false;
  let findings = 0;
  for (const file of files) {
    const groups = groupsOf(file);
    if (typeof groups === 'string') {
      isBad = true;
      await out.write(`${file}: ${groups}\n`);
      continue;
    }
    for (const group of groups)
      for (const { rule, message } of lintGroup(group, rulerDefaults.evaluationIntervalMs)) {
        findings++;
        await out.write(`${file}: ${group.name}: ${rule}: ${message}\n`);
      }
    const rules = groups.reduce((sum, group) => sum + group.rules.length, 0);
    await out.write(`${file}: ${groups.length} groups, ${rules} rules\n`);
  }
  return isBad || (findings > 0 && args.on('strict')) ? exitCodes.failure : exitCodes.success;
}

/** The groups of a file, or why it cannot be used. */
function groupsOf(file: string): readonly RuleGroup[] | string {
  try {
    return readRuleFile(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof RuleGroupError || (error as NodeJS.ErrnoException).code !== undefined)
      return (error as Error).message;
    throw error;
  }
}
