// What became of a rule's alerts, and when.
import type { Span } from '../time/time-range.ts';
import type { Labels } from './entry.ts';
import { requestJson } from './requests.ts';

export interface Transition {
  readonly id: string;
  /** RFC 3339 */
  readonly time: string;
  /** "pending", "firing", "resolved", "inactive" */
  readonly to: string;
  readonly labels: Labels;
  readonly value: string;
}

export interface RulePlace {
  readonly namespace: string;
  readonly group: string;
  readonly rule: string;
}

/** The newest first, at most `limit`. */
export async function readTransitions(
  place: RulePlace,
  { startNs, endNs }: Span,
  limit: number,
  signal: AbortSignal,
): Promise<readonly Transition[]> {
  const ms = (ns: bigint): string => String(ns / 1_000_000n);
  const parameters = { ...place, start: ms(startNs), end: ms(endNs), limit: String(limit) };
  const answer = await requestJson('api/rules/history', parameters, signal);
  return (answer as { readonly data: { readonly transitions: readonly Transition[] } }).data.transitions;
}
