// Why a log query has found nothing, as far as the server can tell cheaply.

import { parseLogQuery } from '../../logql/parser.ts';
import { printExpr } from '../../logql/print.ts';
import type { TimeRange } from '../../model/time.ts';
import { formatTimestamp } from '../cli/entry-format.ts';
import { rangeParameters } from '../cli/time-flags.ts';
import { type LokiClient, ServerError } from './loki-client.ts';

interface Question extends TimeRange {
  readonly query: string;
  /** Times in UTC, otherwise in the machine's zone. */
  readonly utc: boolean;
}

/** One sentence: no such stream, no such lines in the range, or lines that the filters do not let pass. */
export async function whyEmpty(
  client: LokiClient,
  { query, startNs, endNs, utc }: Question,
): Promise<string> {
  const time = (ns: bigint): string => formatTimestamp(ns, 'rfc3339', utc);
  const range = `from ${time(startNs)} to ${time(endNs)}`;
  const selector = selectorOf(query);
  if (selector === undefined) return `No lines ${range}.`;
  try {
    const stats = (await client.get('/loki/api/v1/index/stats', [
      ['query', selector],
      ...rangeParameters({ startNs, endNs }),
    ])) as { readonly entries?: number };
    const entries = stats.entries ?? 0;
    return entries > 0
      ? `No lines, because none of the ${entries} that ${selector} has ${range} passes the filters.`
      : `No lines, because ${selector} has none ${range}; --since looks further back, skald labels says what there is.`;
  } catch (error) {
    // Other servers may not have this, or not for everybody.
    if (error instanceof ServerError) return `No lines ${range}.`;
    throw error;
  }
}

/** The query without its stages; undefined for what this version cannot read. */
function selectorOf(query: string): string | undefined {
  try {
    return printExpr({ ...parseLogQuery(query), stages: [] });
  } catch {
    return undefined;
  }
}
