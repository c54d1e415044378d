// The plain API, for people with curl: GET /api/logs, /api/logs/{source}, /api/logs/stream.
import { z } from 'zod';
import { nsPerSecond } from '../../model/time.ts';
import { jsonLine } from '../encode/encode-json.ts';
import { measured } from '../metrics/query-metrics.ts';
import { parseParameters } from '../parameters/parameters.ts';
import { checkEntriesLimit, limitRange } from '../parameters/query-checks.ts';
import { queryContext } from '../parameters/query-context.ts';
import { type Answer, answering, type Call, type Gateway, type Route } from '../server/api.ts';
import { badRequest, HttpError } from '../server/http-error.ts';
import type { TailServer } from '../tail/tail-server.ts';
import {
  filterQuery,
  logsParameters,
  momentNs,
  pageLimitMax,
  readParameters,
  sourceNames,
  streamParameters,
} from './logs-parameters.ts';
import { type CategorizedStream, isSource, plainEntries, plainEntry } from './plain-entry.ts';

export const logsAnswer = z.object({
  entries: z.array(plainEntry).describe('Newest first.'),
  nextCursor: z.string().nullable().describe('For the next, older page; null on the last one.'),
});

const sinceDefaultNs = 3600n * nsPerSecond;

export function logsRoutes(gateway: Gateway, tails: TailServer): readonly Route[] {
  return [
    {
      path: '/api/logs',
      methods: { GET: 'query' },
      tenant: true,
      handle: answering((call) => logs(gateway, call)),
    },
    // Before {source}, which would take the word.
    {
      path: '/api/logs/stream',
      methods: { GET: 'query' },
      tenant: true,
      severalTenants: false,
      handle: {
        kind: 'raw',
        respond: async (request, response, tenant) => {
          const url = parseParameters((request.url ?? '').split('?').slice(1).join('?'));
          const { since, limit, ...filters } = readParameters(streamParameters, url);
          const nowNs = gateway.clock.nowNs();
          const lastId = /^\d{1,19}$/.exec(String(request.headers['last-event-id'] ?? ''))?.[0];
          const asked = lastId === undefined ? since : undefined;
          const startNs = lastId === undefined ? momentNs('since', since, nowNs, nowNs) : BigInt(lastId) + 1n;
          tails.stream(response, {
            path: '/api/logs/stream',
            tenant,
            categorizeLabels: true,
            toEvents: plainEvents,
            request: {
              expr: await filterQuery(filters),
              startNs,
              delayMs: 0,
              // A client that comes back gets what it missed.
              limit: lastId === undefined ? (asked === undefined ? 0 : limit) : pageLimitMax,
            },
          });
        },
      },
    },
    {
      path: '/api/logs/{source}',
      methods: { GET: 'query' },
      tenant: true,
      handle: answering((call) => {
        const source = call.path.source ?? '';
        if (!isSource(source))
          throw new HttpError(404, `unknown source "${source}", there are ${sourceNames.join(', ')}`);
        if (call.parameters.has('source')) throw badRequest('the source stands in the path already');
        return logs(gateway, { ...call, parameters: new Map([...call.parameters, ['source', [source]]]) });
      }),
    },
  ];
}

async function logs(gateway: Gateway, call: Call): Promise<Answer> {
  const { since, until, limit, cursor, ...filters } = readParameters(logsParameters, call.parameters);
  const { nowNs, limits } = call;
  checkEntriesLimit(limit, limits);
  const untilNs = momentNs('until', until, nowNs, nowNs);
  const startNs = momentNs('since', since, nowNs, untilNs - sinceDefaultNs);
  // The end of a query is exclusive, `until` is not.
  const endNs = cursor === undefined ? untilNs + 1n : BigInt(cursor);
  if (startNs >= endNs)
    return cursor === undefined ? failSince() : jsonLine({ entries: [], nextCursor: null });
  const range = limitRange({ startNs, endNs }, limits, nowNs);
  const query = await filterQuery(filters);
  const read = async (span: { startNs: bigint; endNs: bigint }, entriesMax: number) => {
    const request = { query, ...span, limit: entriesMax, direction: 'backward', intervalNs: 0n } as const;
    const kind = { tenant: call.tenant, type: 'filter', range: 'range' } as const;
    const { resultJson } = await measured(gateway.metrics, kind, () =>
      gateway.queries.logs({ ...request, categorizeLabels: true }, queryContext(call)),
    );
    const streams = JSON.parse(Buffer.from(resultJson).toString()) as readonly CategorizedStream[];
    return plainEntries(streams).toSorted((a, b) => compareNs(b.timestampNs, a.timestampNs));
  };
  const page = await read(range, limit);
  const lastNs = page.at(-1)?.timestampNs;
  if (page.length < limit || lastNs === undefined) return jsonLine({ entries: page, nextCursor: null });
  // The page may end in the middle of a nanosecond. Its entries move to the next page all together, unless there are
  // no others: then all of them come now.
  const whole = page.filter(({ timestampNs }) => timestampNs !== lastNs);
  if (whole.length > 0) return jsonLine({ entries: whole, nextCursor: String(BigInt(lastNs) + 1n) });
  // However many they are: no page could begin between them. The memory that a query may take bounds it.
  for (let entriesMax = pageLimitMax; ; entriesMax *= 8) {
    const tied = await read({ startNs: BigInt(lastNs), endNs: BigInt(lastNs) + 1n }, entriesMax);
    if (tied.length < entriesMax) return jsonLine({ entries: tied, nextCursor: lastNs });
  }
}

function failSince(): never {
  throw badRequest('since must be before until');
}

const compareNs = (a: string, b: string): number => {
  const difference = BigInt(a) - BigInt(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

interface Frame {
  readonly streams: readonly CategorizedStream[];
  readonly dropped_entries?: readonly unknown[];
}

/** One event an entry, its id the time; what the client was too slow for is an event `dropped`. */
function plainEvents(frame: Uint8Array | string): string {
  const { streams, dropped_entries: dropped } = JSON.parse(Buffer.from(frame as string).toString()) as Frame;
  const entries = plainEntries(streams).toSorted((a, b) => compareNs(a.timestampNs, b.timestampNs));
  const events = entries.map((entry) => `id: ${entry.timestampNs}\ndata: ${JSON.stringify(entry)}\n\n`);
  if (dropped !== undefined) events.push(`event: dropped\ndata: {"entries":${dropped.length}}\n\n`);
  return events.join('');
}
