import { afterEach, describe, expect, it } from 'vitest';
import type { Series } from '../../src/engine/query-service.ts';
import { type FakeGateway, type FakeOptions, startFakeGateway } from './fake-gateway.ts';

let gateway: FakeGateway;
afterEach(() => gateway.close());

const row = (labels: Series['labels'], ...points: [timeMs: number, bytes: number][]): Series => ({
  labels,
  timesMs: Float64Array.from(points, ([timeMs]) => timeMs),
  values: Float64Array.from(points, ([, bytes]) => bytes),
});

async function ask(path: string, options: FakeOptions = {}) {
  gateway = await startFakeGateway(options);
  const response = await fetch(`${gateway.url}/loki/api/v1/${path}`);
  const text = await response.text();
  return { status: response.status, text, gateway };
}

const range = 'start=1795491000&end=1795491900';

describe('volume', () => {
  it.each([
    ['query={a="b",c!="d"}', { by: ['a', 'c'], aggregateBy: 'series', limit: 100, stepNs: 0n }],
    ['query={a="b",c=""}', { by: ['a'] }],
    ['query={a="b"}&targetLabels=x,y', { by: ['x', 'y'] }],
    ['query={}', { by: [] }],
    ['query={a="b"}&aggregateBy=labels', { by: [], aggregateBy: 'labels' }],
    ['query={a="b"}&aggregateBy=labels&targetLabels=x', { by: ['x'], aggregateBy: 'labels' }],
    ['query={}&limit=0', { limit: 100 }],
    ['query={}&limit=5000', { limit: 1000 }],
    ['query={}&step=60', { stepNs: 0n }],
  ])('asks for %s', async (query, wanted) => {
    const { gateway } = await ask(`index/volume?${query}&${range}`);
    expect(gateway.volumeRequests).toMatchObject([wanted]);
  });

  it('counts streams without a target label only when the selector names that label', async () => {
    const { gateway } = await ask(`index/volume?query={a!="b"}&targetLabels=a,x&${range}`);
    expect(gateway.volumeRequests[0]?.selector.matchers).toEqual([
      { name: 'a', op: '!=', value: 'b' },
      { name: 'x', op: '=~', value: '.+' },
    ]);
  });

  it('gives a vector at the end of the range', async () => {
    const volume = [row([['a', '2']], [1_795_491_900_000, 9]), row([], [1_795_491_900_000, 7])];
    const { text } = await ask(`index/volume?query={a=~".%2B"}&${range}`, { volume });
    expect(JSON.parse(text).data).toMatchObject({
      resultType: 'vector',
      result: [
        { metric: { a: '2' }, value: [1_795_491_900, '9'] },
        { metric: {}, value: [1_795_491_900, '7'] },
      ],
    });
  });

  it('names buckets of a range by their last millisecond, the last one by the end', async () => {
    const volume = [row([['a', '1']], [1_795_491_600_000, 5], [1_795_492_200_000, 6])];
    const { text } = await ask(`index/volume_range?query={a="1"}&step=600&${range}`, { volume });
    expect(JSON.parse(text).data).toMatchObject({
      resultType: 'matrix',
      result: [
        {
          values: [
            [1_795_491_599.999, '5'],
            [1_795_491_900, '6'],
          ],
        },
      ],
    });
  });

  it('gives a matrix also of single points', async () => {
    const volume = [row([['a', '1']], [1_795_491_600_000, 5])];
    const { text } = await ask(`index/volume_range?query={a="1"}&step=7200&${range}`, { volume });
    expect(JSON.parse(text).data).toMatchObject({
      resultType: 'matrix',
      result: [{ values: [expect.anything()] }],
    });
  });

  it.each([
    ['limit=-1', 400, 'limit must be a positive value'],
    ['limit=x', 400, 'strconv.Atoi: parsing "x": invalid syntax'],
    ['aggregateBy=bogus', 400, 'invalid aggregation option'],
  ])('refuses %s', async (query, status, text) => {
    expect(await ask(`index/volume?query={a="b"}&${query}`)).toMatchObject({ status, text });
  });

  it('is not found when it is off', async () => {
    const off = { limits: { volumeEnabled: false } };
    expect(await ask('index/volume?query={a="b"}', off)).toMatchObject({ status: 404, text: 'not found' });
  });
});

it('detects labels of the streams', async () => {
  const { text } = await ask('detected_labels?query=');
  expect(JSON.parse(text)).toEqual({ detectedLabels: [{ label: 'app', cardinality: 1 }] });
});
