// The lines in which fields are looked for.
import type { LogQuery } from '../../logql/ast.ts';
import type { FieldSample } from '../../scan/fields/detected-fields.ts';
import type { QueryRun } from '../run/query-run.ts';
import type { FieldsRequest } from '../run/query-service.ts';
import { runLogQuery } from './log-query.ts';

/** The newest lines of a query, as the query leaves them, with their labels by kind. */
export async function fieldSample(request: FieldsRequest, run: QueryRun): Promise<FieldSample> {
  const { query, startNs, endNs, lineLimit, limit } = request;
  const { resultJson } = await runLogQuery(
    {
      query,
      startNs,
      endNs,
      limit: lineLimit,
      direction: 'backward',
      intervalNs: 0n,
      categorizeLabels: true,
    },
    run,
  );
  return { resultJson, queryParsers: parserStages(query), fieldsMax: limit };
}

/** Parsers that Drilldown knows how to ask for again; labels of other stages need both. */
function parserStages({ stages }: LogQuery): readonly string[] {
  const kinds = new Set<string>(stages.map(({ kind }) => kind));
  const known = ['json', 'logfmt'].filter((kind) => kinds.has(kind));
  return known.length > 0 ? known : ['json', 'logfmt'];
}
