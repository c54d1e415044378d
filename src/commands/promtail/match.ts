// `match`: there is no such stage of ours. Where the selector is decided by labels that every entry has, its stages
// are taken in, or nothing of it is needed; a single condition for dropping becomes `drop`.

import type { Matcher } from '../../logql/ast.ts';
import { parseLogQuery } from '../../logql/parser.ts';
import type { Stage } from '../../logql/stages.ts';
import { compileRegex } from '../../regex/regex.ts';
import { exactly, literally } from './literal.ts';
import type { Pipeline } from './pipeline.ts';
import type { PromtailSection } from './section.ts';

export function translateMatch(
  stage: PromtailSection,
  pipeline: Pipeline,
  takeIn: (stages: readonly PromtailSection[]) => void,
): void {
  const selector = stage.text('selector') ?? '';
  const drops = stage.text('action') === 'drop';
  stage.notNeeded('pipeline_name', 'it only names metrics');
  stage.notNeeded('drop_counter_reason', 'dropped lines are not counted by reason');
  const parsed = parsedSelector(selector, stage);
  if (parsed === undefined) return;
  const inner = drops ? [] : stage.sections('stages');
  const decisions = parsed.matchers.map((matcher) => decide(matcher, pipeline.labels));
  if (decisions.includes(false)) {
    stage.notNeeded('stages', 'no entry of this source matches the selector');
    return;
  }
  const open = parsed.matchers.filter((_, index) => decisions[index] === undefined);
  if (!drops && open.length === 0 && parsed.stages.length === 0) {
    takeIn(inner);
    return;
  }
  const condition = drops ? dropCondition(open, parsed.stages) : undefined;
  if (condition !== undefined) pipeline.add('drop', condition, stage);
  else
    stage.leftOut(
      '',
      drops
        ? 'more than one condition; write it with stages drop and keep'
        : 'stages have no conditions; give these entries a target of their own',
    );
}

function parsedSelector(selector: string, stage: PromtailSection) {
  try {
    return parseLogQuery(selector);
  } catch (error) {
    stage.leftOut('', `the selector is not understood: ${(error as Error).message}`);
    return undefined;
  }
}

/** Whether entries with these labels match; undefined where nothing is known of the label. */
function decide({ name, op, value }: Matcher, labels: ReadonlyMap<string, string>): boolean | undefined {
  const known = labels.get(name);
  if (known === undefined) return undefined;
  switch (op) {
    case '=':
      return known === value;
    case '!=':
      return known !== value;
    case '=~':
      return compileRegex(value).testFull(known);
    case '!~':
      return !compileRegex(value).testFull(known);
  }
}

/** The one condition as that of a stage `drop`; undefined when there are more, or it is a negative one. */
function dropCondition(
  open: readonly Matcher[],
  stages: readonly Stage[],
): Readonly<Record<string, string>> | undefined {
  const [matcher] = open;
  const [filter] = stages;
  if (open.length + stages.length > 1) return undefined;
  if (matcher !== undefined) {
    if (matcher.op === '=') return { source: matcher.name, expression: exactly(matcher.value) };
    return matcher.op === '=~' ? { source: matcher.name, expression: `^(?:${matcher.value})$` } : undefined;
  }
  if (filter === undefined) return { expression: '' };
  if (filter.kind !== 'lineFilter' || !['|=', '|~'].includes(filter.op)) return undefined;
  if (filter.alternatives.some(({ ip }) => ip)) return undefined;
  const texts = filter.alternatives.map(({ text }) => (filter.op === '|=' ? literally(text) : text));
  return { expression: texts.length === 1 ? texts.join('') : texts.map((text) => `(?:${text})`).join('|') };
}
