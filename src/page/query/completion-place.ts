// What may be written where the cursor is: found in the text before it, which is seldom a whole query.
import { piecesOf, skeletonOf } from './query-scan.ts';

export type CompletionPlace =
  /** A name in a selector. */
  | { readonly kind: 'labelName'; readonly from: number }
  /** A value in a selector, within quotes (`quoted`) or before them. `others`: the selector's other matchers. */
  | {
      readonly kind: 'labelValue';
      readonly from: number;
      readonly name: string;
      readonly others: string;
      readonly quoted: boolean;
    }
  | { readonly kind: 'stage'; readonly from: number }
  /** A label or field: in a grouping, after `keep`, `drop`, `unwrap`. */
  | { readonly kind: 'field'; readonly from: number }
  | { readonly kind: 'duration'; readonly from: number }
  | { readonly kind: 'function'; readonly from: number };

/** Undefined where only free text fits. */
export function completionPlace(query: string, at: number): CompletionPlace | undefined {
  const before = query.slice(0, at);
  const last = piecesOf(before).at(-1);
  if (last?.kind === 'comment') return undefined;
  const skeleton = skeletonOf(before);
  const word = /[A-Za-z_][\w]*$/.exec(before)?.[0] ?? '';
  const from = at - word.length;
  const opened = skeleton.lastIndexOf('{');
  if (opened > skeleton.lastIndexOf('}')) return inSelector(before, opened, from);
  if (last?.kind === 'quoted' && last.end === before.length && isOpen(before.slice(last.start)))
    return undefined;
  const rest = skeleton.slice(0, from);
  if (/\[\s*\d*$/.test(skeleton))
    return { kind: 'duration', from: at - (/\d*$/.exec(skeleton)?.[0].length ?? 0) };
  if (/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*$/.test(rest))
    return { kind: 'field', from };
  if (/\|\s*(?:keep|drop|unwrap)\s+(?:[\w\s,]*,\s*)?$/.test(rest)) return { kind: 'field', from };
  if (/\|\s*$/.test(rest)) return { kind: 'stage', from };
  if (/^\s*$|[(,+\-*/%^]\s*$/.test(rest)) return { kind: 'function', from };
  return undefined;
}

/** A quoted piece whose quote has not been closed. */
const isOpen = (text: string): boolean =>
  text.length === 1 || !text.endsWith(text[0] ?? '') || /(?:^|[^\\])(?:\\\\)*\\"$/.test(text);

function inSelector(before: string, opened: number, from: number): CompletionPlace | undefined {
  const inside = before.slice(opened + 1);
  const last = piecesOf(inside).at(-1);
  const isQuoted = last?.kind === 'quoted' && last.end === inside.length && isOpen(inside.slice(last.start));
  const valueAt = isQuoted ? last.start : inside.length;
  const matcher = /(?:^|,)\s*([A-Za-z_]\w*)\s*(?:=~|!~|!=|=)\s*$/.exec(inside.slice(0, valueAt));
  if (matcher !== null)
    return {
      kind: 'labelValue',
      from: opened + 1 + valueAt + (isQuoted ? 1 : 0),
      name: matcher[1] ?? '',
      others: inside.slice(0, matcher.index).trim(),
      quoted: isQuoted,
    };
  if (isQuoted) return undefined;
  return /(?:^|,)\s*$/.test(before.slice(opened + 1, from)) ? { kind: 'labelName', from } : undefined;
}
