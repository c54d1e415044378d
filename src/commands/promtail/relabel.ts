// `relabel_configs`: the rules are ours as well; what they look at has other names.
import { relabelDefaults } from '../../collectors/settings.ts';
import { listsOf } from '../../config/stages-schema.ts';
import { checkRegex } from '../../regex/re2.ts';
import type { PromtailSection } from './section.ts';

const { relabelList } = listsOf(checkRegex);

export type RelabelConfig = Readonly<Record<string, unknown>>;

/**
 * What a label that begins with `__` is called in our collector; undefined: it is not there. `whole`: whether the rule
 * takes the value as it is, without looking at it.
 */
export type MetaName = (name: string, whole: boolean) => string | undefined;

export function translateRelabel(
  rules: readonly PromtailSection[],
  metaName: MetaName,
): readonly RelabelConfig[] {
  return rules.flatMap((rule) => {
    const made = translateRule(rule, metaName);
    rule.end();
    return made === undefined || isIdentity(made) ? [] : [made];
  });
}

interface Rule extends RelabelConfig {
  readonly source_labels?: readonly string[];
  readonly target_label?: string;
}

function translateRule(rule: PromtailSection, metaName: MetaName): Rule | undefined {
  const sources = rule.texts('source_labels');
  const target = rule.text('target_label');
  const regex = rule.text('regex');
  const made: Record<string, unknown> = {};
  const action = rule.text('action')?.toLowerCase();
  if (action !== undefined) made.action = action;
  const whole =
    ['replace', 'labelmap', undefined].includes(action) &&
    [undefined, '(.*)', '(.+)', '.*', '.+'].includes(regex);
  const names = sources.map((name) => (isMeta(name) ? metaName(name, whole) : name));
  const missing = sources.filter((_, index) => names[index] === undefined);
  if (missing.length > 0) {
    rule.leftOut('', `the rule looks at ${missing.join(', ')}, which is not there`);
    return undefined;
  }
  if (target !== undefined && isMeta(target)) {
    rule.leftOut('', `the rule sets ${target}; what is collected is not found by rules`);
    return undefined;
  }
  if (action === 'labelmap' && regex?.startsWith('__') && metaName(regex, true) === undefined) {
    rule.leftOut('', `the rule looks at ${regex}, which have other names or are not there`);
    return undefined;
  }
  if (names.length > 0) made.source_labels = names;
  if (regex !== undefined) made.regex = regex;
  if (target !== undefined) made.target_label = target;
  for (const key of ['separator', 'replacement']) {
    const value = rule.text(key);
    if (value !== undefined) made[key] = value;
  }
  const checked = relabelList.zod.safeParse([made]);
  if (checked.success) return made;
  rule.leftOut('', checked.error.issues.map(({ message }) => message).join('; '));
  return undefined;
}

/** Names that rules use among themselves are no one's. */
const isMeta = (name: string): boolean => name.startsWith('__') && !name.startsWith('__tmp');

/** A label that already has the name it is to get. */
function isIdentity({ source_labels, target_label, ...rest }: Rule): boolean {
  return (
    source_labels?.length === 1 &&
    source_labels[0] === target_label &&
    (rest.action ?? relabelDefaults.action) === 'replace' &&
    [undefined, '(.*)', '(.+)'].includes(rest.regex as string | undefined) &&
    (rest.replacement ?? relabelDefaults.replacement) === relabelDefaults.replacement
  );
}
