// Relabelling in Prometheus' manner: rules over a stream's labels. Labels that begin with `__` vanish at the end.

import { type LabelPair, type Labels, labelsFromPairs } from '../model/labels.ts';
import { compileRegex, type Regex, type RegexMatch, trustedPattern } from '../regex/regex.ts';

export interface RelabelRule {
  readonly action:
    | 'replace'
    | 'keep'
    | 'drop'
    | 'labelmap'
    | 'labeldrop'
    | 'labelkeep'
    | 'lowercase'
    | 'uppercase';
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  /** RE2, anchored at both ends. */
  readonly regex: string;
  readonly targetLabel: string;
  /** `$1`, `${1}`, `$name` and `${name}` stand for groups, `$$` for a dollar. */
  readonly replacement: string;
}

/** Final labels, or undefined when the entries are to be dropped. */
export type Relabel = (pairs: Iterable<LabelPair>) => Labels | undefined;

/** Compiles rules once; throws RegexError for a pattern that is no RE2. Labels that begin with `__` may be kept. */
export function compileRelabel(
  rules: readonly RelabelRule[],
  { hiddenLabels }: { readonly hiddenLabels: 'dropped' | 'kept' } = { hiddenLabels: 'dropped' },
): Relabel {
  const steps = rules.map((rule) => ({
    rule,
    regex: compileRegex(rule.regex, { ...trustedPattern, dotAll: true }),
  }));
  return (pairs) => {
    const labels = new Map<string, string>();
    for (const [name, value] of pairs) if (value !== '') labels.set(name, value);
    for (const { rule, regex } of steps) if (!apply(labels, rule, regex)) return undefined;
    const isShown = (name: string): boolean => hiddenLabels === 'kept' || !name.startsWith('__');
    return labelsFromPairs([...labels].filter(([name]) => isShown(name)));
  };
}

/** False: drop. */
function apply(labels: Map<string, string>, rule: RelabelRule, regex: Regex): boolean {
  const source = rule.sourceLabels.map((name) => labels.get(name) ?? '').join(rule.separator);
  const set = (name: string, value: string): void => {
    if (value === '') labels.delete(name);
    else labels.set(name, value);
  };
  switch (rule.action) {
    case 'keep':
      return regex.testFull(source);
    case 'drop':
      return !regex.testFull(source);
    case 'replace': {
      const match = regex.findFull(source);
      if (match) set(expand(rule.targetLabel, match, regex), expand(rule.replacement, match, regex));
      return true;
    }
    case 'lowercase':
      set(rule.targetLabel, source.toLowerCase());
      return true;
    case 'uppercase':
      set(rule.targetLabel, source.toUpperCase());
      return true;
    case 'labelmap':
      for (const [name, value] of [...labels]) {
        const match = regex.findFull(name);
        if (match) set(expand(rule.replacement, match, regex), value);
      }
      return true;
    case 'labeldrop':
      for (const name of [...labels.keys()]) if (regex.testFull(name)) labels.delete(name);
      return true;
    case 'labelkeep':
      for (const name of [...labels.keys()]) if (!regex.testFull(name)) labels.delete(name);
      return true;
  }
}

function expand(template: string, match: RegexMatch, regex: Regex): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
    const name = bare ?? braced;
    if (name === undefined) return whole === '$$' ? '$' : whole;
    const index = /^\d+$/.test(name) ? Number(name) : regex.groupNames.indexOf(name);
    return index < 0 ? '' : (match.groups[index] ?? '');
  });
}
