// Binary operators over scalars and series: arithmetic, comparison (filter or bool), matching and grouping.
// Set operators are in set-operation.ts.
import type { BinaryExpr, VectorMatching } from '../../logql/ast.ts';
import { binaryOperations, onNumbers } from '../../logql/operations/binary-operations.ts';
import type { Labels } from '../../model/labels.ts';
import { labelsKey, labelValue } from '../../model/labels.ts';
import {
  ambiguousGroupingError,
  implicitManyToOneError,
  manyToManyError,
} from '../../scan/ranges/metric-errors.ts';
import {
  newSeries,
  type StepSeries,
  type StepValue,
  selectLabels,
  withLabel,
  withoutEmpty,
} from '../../scan/ranges/step-series.ts';
import { combineSets } from './set-operation.ts';

/** Throws QueryEvaluationError when series cannot be matched. */
export function applyBinary(expr: BinaryExpr, left: StepValue, right: StepValue, steps: number): StepValue {
  if (left.kind === 'scalar' && right.kind === 'scalar') {
    return { kind: 'scalar', value: onNumbers(expr.op)(left.value, right.value) };
  }
  if (left.kind === 'scalar' || right.kind === 'scalar') {
    return { kind: 'vector', series: withScalar(expr, left, right, steps) };
  }
  const operation = binaryOperations[expr.op];
  const series =
    operation.kind === 'set'
      ? combineSets(operation, left.series, right.series, signatureOf(expr.matching), steps)
      : matchSeries(expr, left.series, right.series, steps);
  return { kind: 'vector', series };
}

/** Points that fail are dropped. */
const filtersPoints = ({ op, returnBool }: BinaryExpr): boolean =>
  binaryOperations[op].kind === 'comparison' && !returnBool;

/** A comparison without bool keeps the value of the series and drops points that fail. */
function withScalar(expr: BinaryExpr, left: StepValue, right: StepValue, steps: number): StepSeries[] {
  const operand = left.kind === 'vector' ? left : right;
  if (operand.kind === 'scalar') return [];
  const filters = filtersPoints(expr);
  const apply = onNumbers(expr.op);
  return operand.series.map((series) => {
    const out = newSeries(series.labels, steps);
    for (let k = 0; k < steps; k++) {
      if (series.present[k] !== 1) continue;
      const value = series.values[k] as number;
      const a = left.kind === 'scalar' ? left.value : value;
      const b = right.kind === 'scalar' ? right.value : value;
      const result = apply(a, b);
      if (filters && result === 0) continue;
      out.present[k] = 1;
      out.values[k] = filters ? value : result;
    }
    return out;
  });
}

/** The labels by which series find each other. */
function signatureOf(matching: VectorMatching | undefined): (labels: Labels) => string {
  if (matching === undefined) return labelsKey;
  const names = new Set(matching.labels);
  return (labels) => labelsKey(selectLabels(labels, names, matching.on));
}

function matchSeries(
  expr: BinaryExpr,
  left: readonly StepSeries[],
  right: readonly StepSeries[],
  steps: number,
): StepSeries[] {
  const { matching } = expr;
  const signature = signatureOf(matching);
  const swapped = matching?.cardinality === 'one-to-many';
  const oneToOne = matching === undefined || matching.cardinality === 'one-to-one';
  // `many` may repeat a signature when grouped; `one` never may.
  const many = swapped ? right : left;
  const ones = bySignature(swapped ? left : right, signature);
  checkUnique(ones, steps, () => manyToManyError(swapped ? 'left' : 'right'));
  if (oneToOne) {
    const groups = bySignature(many, signature);
    for (const key of groups.keys()) if (!ones.has(key)) groups.delete(key);
    checkCollisions(groups, ones, steps);
  }
  const filters = filtersPoints(expr);
  const apply = onNumbers(expr.op);
  const results = new Map<string, StepSeries>();
  // Points that matched but did not pass the comparison count as matched too.
  const taken = new Map<string, Uint8Array>();
  for (const a of many) {
    for (const b of ones.get(signature(a.labels)) ?? []) {
      const labels = resultLabels(a.labels, b.labels, matching);
      const key = labelsKey(labels);
      const out = results.get(key) ?? newSeries(labels, steps);
      const matched = taken.get(key) ?? new Uint8Array(steps);
      results.set(key, out);
      taken.set(key, matched);
      for (let k = 0; k < steps; k++) {
        if (a.present[k] !== 1 || b.present[k] !== 1) continue;
        if (matched[k] === 1) throw ambiguousGroupingError();
        matched[k] = 1;
        const x = (swapped ? b : a).values[k] as number;
        const y = (swapped ? a : b).values[k] as number;
        const result = apply(x, y);
        if (filters && result === 0) continue;
        out.present[k] = 1;
        out.values[k] = filters ? x : result;
      }
    }
  }
  return [...results.values()];
}

function bySignature(
  series: readonly StepSeries[],
  signature: (labels: Labels) => string,
): Map<string, StepSeries[]> {
  const groups = new Map<string, StepSeries[]>();
  for (const one of series) {
    const key = signature(one.labels);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
}

/** No two series of a group may have a point at the same step. */
function checkUnique(groups: Map<string, StepSeries[]>, steps: number, error: () => Error): void {
  for (const group of groups.values()) {
    if (group.length < 2) continue;
    const seen = new Uint8Array(steps);
    for (const { present } of group) {
      for (let k = 0; k < steps; k++) {
        if (present[k] !== 1) continue;
        if (seen[k] === 1) throw error();
        seen[k] = 1;
      }
    }
  }
}

/** One-to-one: where the other side has a point, at most one series of a signature may have one. */
function checkCollisions(
  groups: Map<string, StepSeries[]>,
  ones: Map<string, StepSeries[]>,
  steps: number,
): void {
  for (const [key, group] of groups) {
    if (group.length < 2) continue;
    const others = ones.get(key) ?? [];
    for (let k = 0; k < steps; k++) {
      if (!others.some(({ present }) => present[k] === 1)) continue;
      if (group.filter(({ present }) => present[k] === 1).length > 1) throw implicitManyToOneError();
    }
  }
}

/** `many` are the labels of the side that may repeat, `one` those of the other. */
function resultLabels(many: Labels, one: Labels, matching: VectorMatching | undefined): Labels {
  let labels = withoutEmpty(many);
  if (matching === undefined) return labels;
  if (matching.cardinality === 'one-to-one') {
    labels = selectLabels(labels, new Set(matching.labels), matching.on);
  }
  for (const name of matching.include) labels = withLabel(labels, name, labelValue(one, name) ?? '');
  return labels;
}
