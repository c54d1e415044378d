// How long which stream is kept: Loki's retention_stream, in general and by tenant.
import { z } from 'zod';
import type { Matcher } from '../logql/ast.ts';
import { ParseError } from '../logql/parse-error.ts';
import { nsPerMs } from '../model/time.ts';
import type { RetentionRule, TenantRetention } from '../store/retention-policy.ts';
import { duration, type LoadedSettingType, zodType } from './setting-types.ts';
import { yamlType } from './values/yaml-type.ts';

/** Streams of the selector are kept for `period`. */
export interface RetentionStream {
  readonly selector: string;
  /** Of the selector. */
  readonly matchers: readonly Matcher[];
  readonly priority: number;
  /** Ms; 0 keeps everything. */
  readonly period: number;
}

const written = yamlType({
  expected: 'a list of {selector: \'{app="x"}\', priority: 1, period: 24h}',
  shape: z.array(
    z.strictObject({
      selector: z.string(),
      priority: z.number().int().default(0),
      period: zodType(duration),
    }),
  ),
  make: (list): readonly Omit<RetentionStream, 'matchers'>[] => list,
  print: (list) =>
    list.map(({ selector, priority, period }) => ({ selector, priority, period: duration.print(period) })),
});

export const retentionStreams: LoadedSettingType<readonly RetentionStream[]> = {
  ...written,
  parse: async (value) => {
    const list = written.parse(value);
    if (list === undefined || list.length === 0) return list && [];
    const { parseSelector } = await import('../logql/parser.ts');
    try {
      return list.map((stream) => ({ ...stream, matchers: parseSelector(stream.selector) }));
    } catch (error) {
      if (error instanceof ParseError) return undefined;
      throw error;
    }
  },
};

const nsOf = (ms: number): bigint => BigInt(ms) * nsPerMs;

export const retentionRules = (streams: readonly RetentionStream[]): readonly RetentionRule[] =>
  streams.map(({ matchers, priority, period }) => ({ matchers, priority, periodNs: nsOf(period) }));

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
