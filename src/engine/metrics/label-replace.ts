// label_replace(v, "destination", "replacement", "source", "regex").

import type { LabelReplaceExpr } from '../../logql/ast.ts';
import { type Labels, labelValue } from '../../model/labels.ts';
import { compileRegex } from '../../regex/regex.ts';
import { expandTemplate } from '../../regex/replace.ts';
import { QueryEvaluationError } from '../../scan/query-errors.ts';
import { duplicateSeriesError } from '../../scan/ranges/metric-errors.ts';
import {
  groupByLabels,
  newSeries,
  type StepSeries,
  type StepValue,
  withLabel,
  withoutEmpty,
} from '../../scan/ranges/step-series.ts';

/**
 * Where the regex matches the whole value of the source label (a missing one is ''), the destination becomes the
 * replacement with `$1`, `${1}`, `$name` filled in; an empty result removes the label. Series that become equal may
 * not have points at the same step.
 */
export function replaceLabel(expr: LabelReplaceExpr, operand: StepValue, steps: number): StepValue {
  if (operand.kind === 'scalar') {
    throw new QueryEvaluationError('label_replace expects a vector, got a scalar');
  }
  const regex = compileRegex(expr.regex);
  const replaced = (labels: Labels): Labels => {
    const match = regex.findFull(labelValue(labels, expr.source) ?? '');
    if (match === undefined) return labels;
    const value = expandTemplate(expr.replacement, match, regex.groupNames);
    return withoutEmpty(withLabel(labels, expr.destination, value));
  };
  const groups = groupByLabels(operand.series, (series) => replaced(series.labels));
  return { kind: 'vector', series: groups.map(({ labels, items }) => joined(labels, items, steps)) };
}

function joined(labels: Labels, items: readonly StepSeries[], steps: number): StepSeries {
  const [only] = items;
  if (only && items.length === 1) return { ...only, labels };
  const out = newSeries(labels, steps);
  for (const { values, present } of items) {
    for (let k = 0; k < steps; k++) {
      if (present[k] !== 1) continue;
      if (out.present[k] === 1) throw duplicateSeriesError(labels);
      out.present[k] = 1;
      out.values[k] = values[k] as number;
    }
  }
  return out;
}
