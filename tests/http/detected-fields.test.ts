import { afterEach, describe, expect, it } from 'vitest';
import { type FakeGateway, type FakeOptions, startFakeGateway } from './fake-gateway.ts';

let gateway: FakeGateway;
afterEach(() => gateway.close());

async function ask(path: string, options: FakeOptions = {}, init?: RequestInit) {
  gateway = await startFakeGateway(options);
  const response = await fetch(`${gateway.url}/loki/api/v1/${path}`, init);
  return { status: response.status, text: await response.text(), gateway };
}

const range = 'start=1795491000&end=1795491900';
const rangeNs = { startNs: 1_795_491_000_000_000_000n, endNs: 1_795_491_900_000_000_000n };

describe('detected fields', () => {
  it('lists fields as Drilldown reads them', async () => {
    const { text } = await ask(`detected_fields?query={a="b"}&${range}`);
    expect(text).toBe(
      `${JSON.stringify({
        fields: [
          { label: 'id', type: 'int', cardinality: 2, parsers: ['json'], jsonPath: ['user', 'id'] },
          { label: 'took', type: 'duration', cardinality: 1, parsers: ['logfmt'] },
          { label: 'trace_id', type: 'string', cardinality: 1, parsers: null },
        ],
        limit: 1000,
      })}\n`,
    );
  });

  it.each([
    ['', { lineLimit: 100, limit: 1000, ...rangeNs }],
    ['line_limit=7&limit=3', { lineLimit: 7, limit: 3 }],
    ['field_limit=4', { limit: 4 }],
    ['limit=3&field_limit=4', { limit: 3 }],
    ['line_limit=99999', { lineLimit: 5000 }],
    ['limit=99999', { limit: 10_000 }],
  ])('asks for %s', async (parameters, wanted) => {
    const { gateway } = await ask(`detected_fields?query={a="b"}&${range}&${parameters}`);
    expect(gateway.metadataRequests[0]?.[0]).toMatchObject(wanted);
  });

  it('takes a form', async () => {
    const body = new URLSearchParams({ query: '{a="b"} | json', limit: '5' });
    const { status, gateway } = await ask('detected_fields', {}, { method: 'POST', body });
    expect(status).toBe(200);
    expect(gateway.metadataRequests[0]?.[0]).toMatchObject({
      query: { stages: [{ kind: 'json' }] },
      limit: 5,
    });
  });

  it('gives the values of a field whose name is encoded', async () => {
    const { text, gateway } = await ask(`detected_field/caf%C3%A9/values?query={a="b"}&limit=5`);
    expect(text).toBe('{"values":["1","2"],"limit":5}\n');
    expect(gateway.metadataRequests[0]?.[0]).toBe('café');
  });

  it.each([
    ['query=', 'parse error : syntax error: unexpected $end'],
    ['query=rate({a="b"}[5m])', 'only log selector is supported'],
    ['query={a="b"}&line_limit=0', 'limit must be a positive value'],
    ['query={a="b"}&line_limit=x', 'strconv.Atoi: parsing "x": invalid syntax'],
    ['query={a="b"}&limit=x', 'strconv.Atoi: parsing "x": invalid syntax'],
    ['query={a="b"}&start=2&end=1', 'end timestamp must not be before or equal to start time'],
  ])('refuses %s', async (query, text) => {
    expect(await ask(`detected_fields?${query}`)).toMatchObject({ status: 400, text });
  });

  it('keeps the limits on matchers and range', async () => {
    const limits = { maxQueryLengthMs: 60_000 };
    expect(await ask(`detected_fields?query={a="b"}&${range}`, { limits })).toMatchObject({
      status: 400,
      text: 'the query time range exceeds the limit (query length: 15m0s, limit: 1m)',
    });
  });
});

describe('patterns', () => {
  it('lists patterns with numeric samples', async () => {
    const { text } = await ask(`patterns?query={a="b"}&${range}`);
    expect(text).toBe(
      '{"status":"success","data":[{"pattern":"took <_>","level":"info","samples":[[1795491960,3]]}]}\n',
    );
  });

  it.each([
    ['step=60', 60],
    ['step=1m30s', 90],
    ['step=1', 10],
    ['step=12.9', 12],
    ['', 10],
  ])('takes %s as %d s', async (step, stepSeconds) => {
    const { gateway } = await ask(`patterns?query={a="b"}&${range}&${step}`);
    expect(gateway.metadataRequests[0]?.[0]).toMatchObject({ stepSeconds, ...rangeNs });
  });

  it.each([
    ['query=', 'parse error : syntax error: unexpected $end'],
    ['query={a="b"} |= "x"', 'only label matchers are supported'],
    ['query=rate({a="b"}[5m])', 'only label matchers are supported'],
    [
      'query={a="b"}&step=0',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    ],
  ])('refuses %s', async (query, text) => {
    expect(await ask(`patterns?${query}`)).toMatchObject({ status: 400, text });
  });
});

it('tells Drilldown that there are patterns', async () => {
  const { text } = await ask('drilldown-limits');
  expect(JSON.parse(text)).toMatchObject({
    limits: {
      volume_enabled: true,
      volume_max_series: 1000,
      metric_aggregation_enabled: false,
      retention_period: '7d',
      log_level_fields: expect.arrayContaining(['level', 'severity']),
      otlp_config: { resource_attributes: { attributes_config: [{ action: 'index_label' }] } },
    },
    pattern_ingester_enabled: true,
  });
});
