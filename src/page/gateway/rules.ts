// Rules of the gateway: their groups, their state, their alerts.
import type { Alert } from './alerts.ts';
import type { Labels } from './entry.ts';
import { requestJson } from './requests.ts';

interface Evaluated {
  readonly name: string;
  readonly query: string;
  readonly labels?: Labels;
  /** "ok", "err", or "unknown" before the first evaluation. */
  readonly health: string;
  readonly lastError?: string;
}

export interface AlertingRule extends Evaluated {
  readonly type: 'alerting';
  /** "inactive", "pending", "firing"; "unknown" before the first evaluation. */
  readonly state: string;
  /** Seconds that the condition must hold. */
  readonly duration: number;
  readonly annotations?: Labels;
  readonly alerts?: readonly Alert[];
}

export interface RecordingRule extends Evaluated {
  readonly type: 'recording';
}

export type Rule = AlertingRule | RecordingRule;

export interface RuleGroup {
  readonly name: string;
  /** The namespace. */
  readonly file: string;
  readonly rules: readonly Rule[];
  /** Seconds. */
  readonly interval: number;
  /** RFC 3339; of the year 1 before the first. */
  readonly lastEvaluation: string;
  /** Seconds that the last one took. */
  readonly evaluationTime: number;
}

export async function readRules(signal: AbortSignal): Promise<readonly RuleGroup[]> {
  const answer = await requestJson('prometheus/api/v1/rules', {}, signal);
  return (answer as { readonly data?: { readonly groups?: readonly RuleGroup[] } }).data?.groups ?? [];
}
