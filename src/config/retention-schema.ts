// How long which stream is kept: Loki's retention_stream, in general and by tenant.
import { z } from 'zod';
import { parseSelector } from '../logql/parser.ts';
import { nsPerMs } from '../model/time.ts';
import type { RetentionRule, TenantRetention } from '../store/retention-policy.ts';
import { duration, zodType } from './setting-types.ts';
import { yamlType } from './yaml-type.ts';

/** Streams of the selector are kept for `period`. */
export interface RetentionStream {
  readonly selector: string;
  readonly priority: number;
  /** Ms; 0 keeps everything. */
  readonly period: number;
}

export const retentionStreams = yamlType({
  expected: 'a list of {selector: \'{app="x"}\', priority: 1, period: 24h}',
  shape: z.array(
    z.strictObject({
      selector: z.string(),
      priority: z.number().int().default(0),
      period: zodType(duration),
    }),
  ),
  make: (list): readonly RetentionStream[] => {
    // Throws for what is no selector.
    for (const { selector } of list) parseSelector(selector);
    return list;
  },
  print: (list) => list.map((rule) => ({ ...rule, period: duration.print(rule.period) })),
});

const nsOf = (ms: number): bigint => BigInt(ms) * nsPerMs;

export const retentionRules = (streams: readonly RetentionStream[]): readonly RetentionRule[] =>
  streams.map(({ selector, priority, period }) => ({
    matchers: parseSelector(selector),
    priority,
    periodNs: nsOf(period),
  }));

export function tenantRetention(own: {
  readonly retention_period?: number | undefined;
  readonly retention_stream?: readonly RetentionStream[] | undefined;
}): TenantRetention {
  const { retention_period: period, retention_stream: streams } = own;
  return {
    rules: streams && retentionRules(streams),
    periodNs: period === undefined ? undefined : nsOf(period),
  };
}
