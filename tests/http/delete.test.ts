// /loki/api/v1/delete over real sockets; the store behind it is a stand-in that keeps requests in a list.
import { afterEach, describe, expect, it } from 'vitest';
import {
  type DeleteRequest,
  DeleteRequestsError,
  type NewDeleteRequest,
  type StoreDeletes,
} from '../../src/store/delete-requests.ts';
import { type FakeGateway, nowNs, startFakeGateway } from './fake-gateway.ts';

let gateway: FakeGateway;
afterEach(() => gateway.close());

const nowSeconds = Number(nowNs / 1_000_000_000n);
const path = '/loki/api/v1/delete';
const query = encodeURIComponent('{a="b"} |= "x"');

interface Fake extends StoreDeletes {
  readonly created: NewDeleteRequest[];
}

function fakeDeletes(requests: readonly DeleteRequest[] = []): Fake {
  const created: NewDeleteRequest[] = [];
  return {
    created,
    create: async (request) => {
      created.push(request);
      const { tenant, startNs, endNs } = request;
      if (tenant === 'full') throw new DeleteRequestsError('too many requests wait');
      const rest = { query: '', createdMs: 0, status: 'received', progress: 0, deletedEntries: 0 } as const;
      return { requestId: '53a2ee3f', tenant, startNs, endNs, ...rest };
    },
    list: async (tenant) => requests.filter((request) => request.tenant === tenant),
    cancel: async (_tenant, id, { force = false } = {}) =>
      id === '1' ? 'cancelled' : id === '2' && !force ? 'too late' : id === '2' ? 'cancelled' : 'unknown',
  };
}

async function ask(method: string, url: string, init: RequestInit = {}) {
  const response = await fetch(gateway.url + url, { method, ...init });
  return {
    status: response.status,
    id: response.headers.get('x-delete-request-id'),
    text: await response.text(),
  };
}

describe('asking for a deletion', () => {
  it.each(['POST', 'PUT'])('%s answers 204 with the id of the request', async (method) => {
    const deletes = fakeDeletes();
    gateway = await startFakeGateway({ deletes });
    const answer = await ask(
      method,
      `${path}?query=${query}&start=${nowSeconds - 60}&end=${nowSeconds - 30}`,
    );
    expect(answer).toEqual({ status: 204, id: '53a2ee3f', text: '' });
    expect(deletes.created).toMatchObject([
      {
        tenant: 'fake',
        startNs: BigInt(nowSeconds - 60) * 1_000_000_000n,
        // Their end belongs to what is deleted.
        endNs: BigInt(nowSeconds - 30) * 1_000_000_000n + 1n,
        query: { kind: 'logQuery' },
      },
    ]);
    expect(await gateway.metricsText()).toContain(
      'loki_compactor_delete_requests_received_total{user="fake"} 1',
    );
  });

  it.each([
    ['', 'query not set'],
    ['query={', 'invalid query expression'],
    [`query=${encodeURIComponent('rate({a="b"}[1m])')}`, 'invalid query expression'],
    [`query=${query}`, 'start time not set'],
    [`query=${query}&start=abc`, 'invalid start time: require unix seconds or RFC3339 format'],
    [`query=${query}&start=1&end=x`, 'invalid end time: require unix seconds or RFC3339 format'],
    [`query=${query}&start=5&end=5`, "start time can't be greater than or equal to end time"],
    [`query=${query}&start=1&end=${nowSeconds + 60}`, 'deletes in the future are not allowed'],
    [`query=${query}&start=1&end=${nowNs}`, 'invalid end time: require unix seconds or RFC3339 format'],
    [
      `query=${query}&start=${nowSeconds - 1800}&end=${nowSeconds}&max_interval=1h`,
      "max_interval can't be greater than the interval to be deleted (30m0s)",
    ],
    [`query=${query}&start=1&max_interval=1d`, 'invalid max_interval: valid time units are s, m, h'],
  ])('refuses ?%s', async (parameters, text) => {
    const deletes = fakeDeletes();
    gateway = await startFakeGateway({ deletes });
    expect(await ask('POST', `${path}?${parameters}`)).toMatchObject({ status: 400, text });
    expect(deletes.created).toEqual([]);
  });

  it('does not read a form', async () => {
    gateway = await startFakeGateway({ deletes: fakeDeletes() });
    const body = new URLSearchParams({ query: '{a="b"}', start: '1' });
    expect(await ask('POST', path, { body })).toMatchObject({ status: 400, text: 'query not set' });
  });

  it('takes RFC 3339', async () => {
    const deletes = fakeDeletes();
    gateway = await startFakeGateway({ deletes });
    const answer = await ask('POST', `${path}?query=${query}&start=2026-11-24T00:00:00Z`);
    expect(answer.status).toBe(204);
    expect(deletes.created[0]?.startNs).toBe(BigInt(Date.UTC(2026, 10, 24)) * 1_000_000n);
  });

  it('answers 429 while too many wait', async () => {
    gateway = await startFakeGateway({ deletes: fakeDeletes(), settings: { authEnabled: true } });
    const headers = { 'X-Scope-OrgID': 'full' };
    expect(await ask('POST', `${path}?query=${query}&start=1`, { headers })).toMatchObject({ status: 429 });
  });

  it('is not there where deletions are off', async () => {
    gateway = await startFakeGateway({ deletes: fakeDeletes(), limits: { deletesEnabled: false } });
    for (const method of ['GET', 'POST', 'DELETE'])
      expect(await ask(method, path)).toMatchObject({ status: 404, text: '404 page not found\n' });
  });
});

const request = (requestId: string, more: Partial<DeleteRequest>): DeleteRequest => ({
  requestId,
  tenant: 'fake',
  startNs: 1_795_490_374_000_000_000n,
  endNs: 1_795_492_174_000_000_001n,
  query: '{a="b"} |= "x"',
  createdMs: 1_795_492_174_519,
  status: 'received',
  progress: 0,
  deletedEntries: 0,
  ...more,
});

describe('the list of deletions', () => {
  it('shows times in seconds and how far each is', async () => {
    const requests = [
      request('55d64f0e', {}),
      request('2', { status: 'processing', progress: 0.254 }),
      request('3', { status: 'processed', deletedEntries: 7 }),
      request('4', { tenant: 'other' }),
    ];
    gateway = await startFakeGateway({ deletes: fakeDeletes(requests) });
    const shown = JSON.parse((await ask('GET', path)).text) as { status: string }[];
    expect(shown[0]).toMatchObject({
      request_id: '55d64f0e',
      start_time: 1_795_490_374,
      end_time: 1_795_492_174,
      query: '{a="b"} |= "x"',
      status: 'received',
      created_at: 1_795_492_174.519,
    });
    expect(shown.map(({ status }) => status)).toEqual(['received', '25% Complete', 'processed']);
  });

  it.each([
    ['?start=1795490000&end=1795490100', 0],
    ['?start=1795490000&end=1795490374', 1],
    ['?start=1795492174', 1],
    ['?start=1795492175', 0],
  ])('%s', async (parameters, count) => {
    gateway = await startFakeGateway({ deletes: fakeDeletes([request('1', {})]) });
    expect(JSON.parse((await ask('GET', path + parameters)).text)).toHaveLength(count);
  });
});

describe('cancelling', () => {
  it.each([
    ['?request_id=1', 204, ''],
    ['?request_id=9', 404, 'could not find delete request with given id'],
    ['?request_id=2', 400, 'deletion of request which is in process or already processed is not allowed'],
    ['?request_id=2&force=true', 204, ''],
    ['', 400, 'request_id not set'],
  ])('%s', async (parameters, status, text) => {
    gateway = await startFakeGateway({ deletes: fakeDeletes() });
    expect(await ask('DELETE', path + parameters)).toMatchObject({ status, text });
  });
});

it('has a generation number for caches', async () => {
  gateway = await startFakeGateway();
  expect(await ask('GET', '/loki/api/v1/cache/generation_numbers')).toMatchObject({
    status: 200,
    text: '""',
  });
});
