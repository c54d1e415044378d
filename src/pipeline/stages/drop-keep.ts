// `| drop a, b="x"` and `| keep a, b="x"`.

import { compileMatcher } from '../../logql/matchers.ts';
import type { DropStage, KeepStage, LabelSelector } from '../../logql/stages/drop-keep.ts';
import { errorDetailsLabel, errorLabel } from '../labels/labels-builder.ts';
import type { Apply, CompiledStage } from '../stage.ts';

interface Selector {
  readonly name: string;
  readonly matches: ((value: string) => boolean) | undefined;
}

const compileSelector = ({ name, matcher }: LabelSelector): Selector => ({
  name,
  matches: matcher === undefined ? undefined : compileMatcher(matcher),
});

/** Compiles `| drop`: takes the named labels away, those with a matcher only where it fits. */
export const compileDrop = ({ labels }: DropStage): CompiledStage => ({
  labelsRead: [],
  apply: dropping(labels),
});

function dropping(selectors: readonly LabelSelector[]): Apply {
  const drops = selectors.map(compileSelector);
  return ({ labels }) => {
    for (const { name, matches } of drops) {
      if (name === errorLabel) {
        if (matches === undefined || matches(labels.error)) labels.resetError();
      } else if (name === errorDetailsLabel) {
        if (matches === undefined || matches(labels.errorDetails)) labels.resetErrorDetails();
      } else {
        const value = labels.get(name);
        if (value === undefined && matches === undefined) continue;
        if (matches === undefined || matches(value ?? '')) labels.delete(name);
      }
    }
    return true;
  };
}

/** Compiles `| keep`: takes all other labels away. Errors stay. */
export const compileKeep = ({ labels }: KeepStage): CompiledStage => ({
  labelsRead: [],
  apply: keeping(labels),
});

function keeping(selectors: readonly LabelSelector[]): Apply {
  const keeps = new Map<string, Selector>();
  // Of several for one name the first counts.
  for (const selector of selectors)
    if (!keeps.has(selector.name)) keeps.set(selector.name, compileSelector(selector));
  const kept = (name: string, value: string): boolean => {
    const selector = keeps.get(name);
    return selector !== undefined && (selector.matches === undefined || selector.matches(value));
  };
  return ({ labels }) => {
    const gone: string[] = [];
    labels.forEach((name, value) => {
      if (name !== errorLabel && name !== errorDetailsLabel && !kept(name, value)) gone.push(name);
    });
    for (const name of gone) labels.delete(name);
    return true;
  };
}
