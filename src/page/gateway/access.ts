// How long lines are kept, who may do what, which tenants write.
import { requestJson } from './requests.ts';

export interface RetentionLimits {
  /** "168h"; "0s" for ever. */
  readonly retention_period?: string;
  readonly retention_stream?: readonly {
    readonly selector: string;
    readonly priority: number;
    readonly period: string;
  }[];
}

/** Of the tenant. */
export async function readRetention(signal: AbortSignal): Promise<RetentionLimits> {
  const answer = await requestJson('loki/api/v1/drilldown-limits', {}, signal);
  return (answer as { readonly limits?: RetentionLimits }).limits ?? {};
}

export interface Access {
  readonly credentials: readonly {
    readonly name: string;
    readonly kind: 'user' | 'token';
    readonly scopes: readonly string[];
    readonly tenants: readonly string[];
  }[];
  /** What each has sent since the start. */
  readonly tenants: readonly { readonly name: string; readonly lines: number; readonly bytes: number }[];
}

/** Rejects with a GatewayError 403 for those who are bound to tenants. */
export const readAccess = async (signal: AbortSignal): Promise<Access> =>
  (await requestJson('api/access', {}, signal)) as Access;
