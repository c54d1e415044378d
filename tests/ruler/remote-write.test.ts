// Recorded series on the wire.

import protobuf from 'protobufjs';
import snappy from 'snappyjs';
import { describe, expect, it } from 'vitest';
import { relabelDefaults } from '../../src/collectors/settings.ts';
import { labelsFromPairs } from '../../src/model/labels.ts';
import { alertSeries, relabelled, writeBodies } from '../../src/ruler/remote-write.ts';
import { type Alerts, stepAlerts } from '../../src/ruler/step.ts';

const { root } = protobuf.parse(`syntax = "proto3";
message WriteRequest { repeated TimeSeries timeseries = 1; }
message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
message Label { string name = 1; string value = 2; }
message Sample { double value = 1; int64 timestamp = 2; }`);

interface Decoded {
  readonly timeseries: readonly {
    readonly labels: readonly { readonly name: string; readonly value: string }[];
    readonly samples: readonly { readonly value: number; readonly timestamp: { toString(): string } }[];
  }[];
}

function decoded(body: Uint8Array) {
  const message = root.lookupType('WriteRequest').decode(snappy.uncompress(body)) as unknown as Decoded;
  return message.timeseries.map(({ labels, samples }) => [
    labels.map(({ name, value }) => `${name}=${value}`).join(' '),
    ...samples.map(({ value, timestamp }) => [value, String(timestamp)]),
  ]);
}

const timeMs = 1_800_000_000_123;

describe('a body', () => {
  it('has one series with one sample for each, labels in order of bytes', () => {
    const labels = labelsFromPairs([
      ['__name__', 'a:b'],
      ['app', 'größe'],
      ['Zed', 'x'],
    ]);
    const values = [0, -1.5, 1e300, Number.POSITIVE_INFINITY, Number.NaN];
    const [body] = writeBodies(values.map((value) => ({ labels, timeMs, value })));
    expect(decoded(body as Uint8Array)).toEqual(
      values.map((value) => ['Zed=x __name__=a:b app=größe', [value, String(timeMs)]]),
    );
  });

  it('has the bits of an ended series, which are not those of a number', () => {
    const ended = (value: number | undefined): string => {
      const [body] = writeBodies([{ labels: [['__name__', 'x']], timeMs, value }]);
      return Buffer.from(snappy.uncompress(body as Uint8Array)).toString('hex');
    };
    expect(ended(undefined)).toContain('090200000000' + '00f07f');
    expect(ended(Number.NaN)).toContain('09000000000000f87f');
  });

  it('has 2,000 samples at most', () => {
    const samples = Array.from({ length: 4001 }, (_, k) => ({
      labels: [['__name__', `x${k}`]] as const,
      timeMs,
      value: k,
    }));
    expect(writeBodies(samples).map((body) => decoded(body).length)).toEqual([2000, 2000, 1]);
    expect(writeBodies([])).toEqual([]);
  });
});

it('alerts are series as long as they are pending or firing', () => {
  const rule = { name: 'A', forMs: 1000, keepFiringForMs: 0 };
  const sample = { labels: [['app', 'web']] as const, value: 1, ruleLabels: [], annotations: [] };
  let alerts: Alerts = new Map();
  const shown = [...'xx..'].map((letter, second) => {
    const step = stepAlerts(rule, alerts, letter === 'x' ? [sample] : [], second * 1000, {
      limit: 0,
      resendDelayMs: 0,
    });
    const series = alertSeries(alerts, step.alerts, second * 1000);
    alerts = step.alerts;
    return series.map(
      ({ labels, value }) => `${labels.map(([, text]) => text).join(' ')} ${value ?? 'ended'}`,
    );
  });
  expect(shown).toEqual([
    ['ALERTS A pending web 1', 'ALERTS_FOR_STATE A web 0'],
    ['ALERTS A firing web 1', 'ALERTS_FOR_STATE A web 0', 'ALERTS A pending web ended'],
    ['ALERTS A firing web ended', 'ALERTS_FOR_STATE A web ended'],
    [],
  ]);
});

it('has the labels that the rules of its receiver leave, the name among them', () => {
  const sample = (name: string, app: string) => ({
    labels: labelsFromPairs([
      ['__name__', name],
      ['app', app],
    ]),
    timeMs,
    value: 1,
  });
  const rules = [
    { ...relabelDefaults, action: 'drop' as const, sourceLabels: ['__name__'], regex: 'ALERTS.*' },
    { ...relabelDefaults, sourceLabels: ['app'], targetLabel: 'job' },
    { ...relabelDefaults, action: 'labeldrop' as const, regex: 'app' },
  ];
  const left = relabelled([sample('ALERTS', 'web'), sample('a:b', 'web')], rules);
  expect(left.map(({ labels }) => labels)).toEqual([
    [
      ['__name__', 'a:b'],
      ['job', 'web'],
    ],
  ]);
});
