// /loki/api/v1/delete: ask for a deletion, list, cancel. Entries are hidden from queries at once.

import { formatGoDuration, parseGoDuration } from '../../go/duration.ts';
import { parseRfc3339 } from '../../go/rfc3339.ts';
import type { LogQuery } from '../../logql/ast.ts';
import { ParseError } from '../../logql/parse-error.ts';
import { nsPerSecond, type TimeRange } from '../../model/time.ts';
import { type DeleteRequest, DeleteRequestsError } from '../../store/delete-requests.ts';
import { type Parameters, parameter, parseParameters } from '../parameters/parameters.ts';
import { type Answer, answering, type Call, type Gateway, jsonType, type Route } from '../server/api.ts';
import { badRequest, HttpError, retrySoon } from '../server/http-error.ts';

export function deleteRoutes(gateway: Gateway): readonly Route[] {
  const answer = (call: Call): Promise<Answer> => {
    if (!call.limits.deletesEnabled) throw new HttpError(404, '404 page not found\n');
    switch (call.method) {
      case 'GET':
        return list(gateway, call);
      case 'DELETE':
        return cancel(gateway, call);
      case 'POST':
      case 'PUT':
        return create(gateway, call);
    }
  };
  return [
    {
      path: '/loki/api/v1/delete',
      methods: { GET: 'query', POST: 'admin', PUT: 'admin', DELETE: 'admin' },
      tenant: true,
      severalTenants: false,
      handle: answering(answer),
    },
    {
      path: '/loki/api/v1/cache/generation_numbers',
      methods: { GET: 'query' },
      tenant: true,
      severalTenants: false,
      handle: answering(() => ({ contentType: jsonType, body: '""' })),
    },
  ];
}

async function create(gateway: Gateway, call: Call): Promise<Answer> {
  // The URL only: a form body does not count.
  const url = parseParameters((call.request.url ?? '').split('?').slice(1).join('?'));
  const query = await deleteQuery(parameter(url, 'query'));
  const range = deleteRange(url, call.nowNs);
  checkMaxInterval(parameter(url, 'max_interval'), range);
  try {
    // Their end is inclusive, the store's is not.
    const request = { tenant: call.tenant, query, startNs: range.startNs, endNs: range.endNs + 1n };
    const { requestId } = await gateway.deletes.create(request);
    gateway.metrics.deleteRequestsReceived.inc({ user: gateway.metrics.tenantLabel(call.tenant) });
    return { status: 204, headers: { 'X-Delete-Request-Id': requestId } };
  } catch (error) {
    if (error instanceof DeleteRequestsError) throw new HttpError(429, error.message, retrySoon);
    throw error;
  }
}

async function deleteQuery(text: string): Promise<LogQuery> {
  if (text === '') throw badRequest('query not set');
  const { parseExpr } = await import('../../logql/parser.ts');
  try {
    const expr = parseExpr(text);
    if (expr.kind === 'logQuery') return expr;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
  }
  throw badRequest('invalid query expression');
}

function deleteRange(url: Parameters, nowNs: bigint): TimeRange {
  const start = parameter(url, 'start');
  if (start === '') throw badRequest('start time not set');
  const startNs = deleteTime('start', start);
  const end = parameter(url, 'end');
  const endNs = end === '' ? nowNs : deleteTime('end', end);
  if (endNs > nowNs) throw badRequest('deletes in the future are not allowed');
  if (startNs >= endNs) throw badRequest("start time can't be greater than or equal to end time");
  return { startNs, endNs };
}

/** Unix seconds or RFC 3339; nanoseconds, as everywhere else, would be a time far ahead. */
function deleteTime(name: 'start' | 'end', text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text) * nsPerSecond;
  const date = parseRfc3339(text);
  if (date === undefined) throw badRequest(`invalid ${name} time: require unix seconds or RFC3339 format`);
  return BigInt(date.seconds) * nsPerSecond + BigInt(date.nanos);
}

/** Splits of a request bring nothing here; the parameter is checked all the same. */
function checkMaxInterval(text: string, { startNs, endNs }: TimeRange): void {
  if (text === '') return;
  const ns = /^(\d+[smh])+$/.test(text) ? parseGoDuration(text) : '';
  if (typeof ns === 'string') throw badRequest('invalid max_interval: valid time units are s, m, h');
  if (ns > endNs - startNs)
    throw badRequest(
      `max_interval can't be greater than the interval to be deleted (${formatGoDuration(endNs - startNs)})`,
    );
}

async function list(gateway: Gateway, call: Call): Promise<Answer> {
  const { parameters } = call;
  const bound = (name: 'start' | 'end'): bigint | undefined => {
    const text = parameter(parameters, name);
    return text === '' ? undefined : deleteTime(name, text);
  };
  const startNs = bound('start');
  const endNs = bound('end');
  const requests = await gateway.deletes.list(call.tenant);
  const shown = requests.filter(
    (request) =>
      (startNs === undefined || request.endNs > startNs) && (endNs === undefined || request.startNs <= endNs),
  );
  return { contentType: jsonType, body: JSON.stringify(shown.map(shownRequest)) };
}

const seconds = (ns: bigint): number => Number(ns / 1_000_000n) / 1000;

const shownRequest = (request: DeleteRequest): object => ({
  request_id: request.requestId,
  start_time: seconds(request.startNs),
  end_time: seconds(request.endNs - 1n),
  query: request.query,
  status: statusText(request),
  created_at: request.createdMs / 1000,
  user_id: request.tenant,
  deleted_lines: request.deletedEntries,
});

function statusText({ status, progress }: DeleteRequest): string {
  return status === 'processing' ? `${Math.floor(progress * 100)}% Complete` : status;
}

async function cancel(gateway: Gateway, { tenant, parameters }: Call): Promise<Answer> {
  const requestId = parameter(parameters, 'request_id');
  if (requestId === '') throw badRequest('request_id not set');
  const force = parameter(parameters, 'force') === 'true';
  switch (await gateway.deletes.cancel(tenant, requestId, { force })) {
    case 'cancelled':
      return { status: 204 };
    case 'unknown':
      throw new HttpError(404, 'could not find delete request with given id');
    case 'too late':
      throw badRequest('deletion of request which is in process or already processed is not allowed');
  }
}
