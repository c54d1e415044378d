import { afterEach, describe, expect, it } from 'vitest';
import type { Series } from '../../src/engine/run/query-service.ts';
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

  it('gives a matrix of a range when a series has several points', async () => {
    const volume = [row([['a', '1']], [1_795_491_599_999, 5], [1_795_491_900_000, 6])];
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

  it.each([
    [
      'single points',
      [row([['a', '1']], [1_795_491_900_000, 5])],
      [{ metric: { a: '1' }, value: [1_795_491_900, '5'] }],
    ],
    ['nothing', [], []],
  ])('gives a vector of a range of %s', async (_, volume, result) => {
    const { text } = await ask(`index/volume_range?query={a="1"}&step=7200&${range}`, { volume });
    expect(JSON.parse(text).data).toMatchObject({ resultType: 'vector', result });
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

it.each(['labels', 'label/app/values', 'detected_labels'])('%s refuses {}', async (path) => {
  expect(await ask(`${path}?query={}`)).toMatchObject({
    status: 400,
    text: expect.stringContaining('at least one regexp or equality matcher'),
  });
});

it('detected labels of a reversed range are refused with a word on its times', async () => {
  expect(await ask('detected_labels?start=1795491900&end=1795491000')).toMatchObject({
    status: 400,
    text: 'end timestamp must not be before or equal to start time',
  });
});

it.each(['%zz', '%2', '%', '%G0'])('a URL with %j is refused', async (bad) => {
  expect(await ask(`labels?query=a${bad}&start=1`)).toMatchObject({
    status: 400,
    text: `invalid URL escape "${bad}"`,
  });
});

it('detects labels of the streams', async () => {
  const { text } = await ask('detected_labels?query=');
  expect(JSON.parse(text)).toEqual({ detectedLabels: [{ label: 'app', cardinality: 1 }] });
});
