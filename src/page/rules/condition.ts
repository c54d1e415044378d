// The condition of an alerting rule, taken apart: what is measured, and the bound that it is held against.
import { skeletonOf } from '../query/query-scan.ts';

export interface Condition {
  /** What is measured, as a query. */
  readonly measured: string;
  readonly operator: string;
  readonly bound: number;
}

/** Undefined for what is not "something compared with a number". */
export function conditionOf(expression: string): Condition | undefined {
  const query = unwrapped(expression);
  const skeleton = skeletonOf(query).trimEnd();
  // A text or a remark at its end.
  if (skeleton.length < query.length) return undefined;
  const found = /(>=|<=|==|!=|>|<)\s*(?:bool\s+)?(-?\d+(?:\.\d*)?(?:e[+-]?\d+)?)$/i.exec(skeleton);
  if (found === null || found.index === 0) return undefined;
  const before = skeleton.slice(0, found.index);
  // `a > 1 or b > 2`: the bound is of a part only.
  if (/\b(?:and|or|unless)\b/.test(outsideBrackets(before))) return undefined;
  return {
    measured: query.slice(0, found.index).trim(),
    operator: found[1] ?? '',
    bound: Number(found[2]),
  };
}

/** Without brackets around the whole, which the gateway prints. */
function unwrapped(expression: string): string {
  const text = expression.trim();
  const isWhole =
    text.startsWith('(') && text.endsWith(')') && outsideBrackets(skeletonOf(text)).trim() === '()';
  return isWhole ? unwrapped(text.slice(1, -1)) : text;
}

function outsideBrackets(text: string): string {
  let depth = 0;
  let outside = '';
  for (const character of text) {
    if (')]}'.includes(character)) depth--;
    if (depth === 0) outside += character;
    if ('([{'.includes(character)) depth++;
  }
  return outside;
}
