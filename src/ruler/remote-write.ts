// Recorded series, and alerts as series, in Prometheus' remote-write format 1.0: snappy over protobuf.
import snappy from 'snappyjs';
import { compileRelabel, type RelabelRule } from '../collectors/relabel.ts';
import type { LabelPair, Labels } from '../model/labels.ts';
import type { StoredPost } from '../store/rule-store.ts';
import { deliver } from './http-delivery.ts';
import type { OutboxTarget } from './outbox-sender.ts';
import type { RemoteWriteSettings } from './settings.ts';
import type { Alerts, RecordedSample } from './step.ts';

/** Of one post. */
const samplesPerPost = 2000;

/** Bodies of posts, in the order of the samples. */
export function writeBodies(samples: readonly RecordedSample[]): readonly Uint8Array[] {
  const bodies: Uint8Array[] = [];
  for (let from = 0; from < samples.length; from += samplesPerPost)
    bodies.push(snappy.compress(writeRequest(samples.slice(from, from + samplesPerPost))));
  return bodies;
}

/** The samples as a receiver wants them: those that its rules drop are left out. */
export function relabelled(
  samples: readonly RecordedSample[],
  rules: readonly RelabelRule[],
): readonly RecordedSample[] {
  if (rules.length === 0) return samples;
  const relabel = compileRelabel(rules, { hiddenLabels: 'kept' });
  return samples.flatMap((sample) => {
    const labels = relabel(sample.labels);
    return labels === undefined || labels.length === 0 ? [] : [{ ...sample, labels }];
  });
}

export const remoteWriteTarget = ({
  name,
  url,
  headers,
  timeoutMs,
  withTenant,
  tls,
}: RemoteWriteSettings): OutboxTarget => ({
  name: remoteWriteName(name),
  kind: 'samples',
  itemsOf: () => 1,
  send: ({ body, tenant }: StoredPost, signal) =>
    deliver(
      {
        url,
        body: body as Uint8Array,
        timeoutMs,
        ...(tls !== undefined && { tls }),
        headers: {
          ...headers,
          'Content-Type': 'application/x-protobuf',
          'Content-Encoding': 'snappy',
          'X-Prometheus-Remote-Write-Version': '0.1.0',
          ...(withTenant && { 'X-Scope-OrgID': tenant }),
        },
      },
      signal,
    ),
});

/** In the outbox; no address is like it. */
export const remoteWriteName = (client: string): string => `remote-write/${client}`;

/**
 * What Prometheus tells of alerts: `ALERTS` is 1 for each state that an alert is in, `ALERTS_FOR_STATE` the Unix seconds
 * since when its condition holds. Series of alerts that were and are no more end.
 */
export function alertSeries(before: Alerts, after: Alerts, timeMs: number): readonly RecordedSample[] {
  const was = new Map(seriesOf(before).map(([key, labels]) => [key, labels]));
  const samples: RecordedSample[] = [];
  for (const [key, labels, value] of seriesOf(after)) {
    was.delete(key);
    samples.push({ labels, timeMs, value });
  }
  for (const labels of was.values()) samples.push({ labels, timeMs, value: undefined });
  return samples;
}

function seriesOf(alerts: Alerts): readonly (readonly [key: string, labels: Labels, value: number])[] {
  return [...alerts].flatMap(([key, { state, labels, activeAtMs }]) => {
    if (state === 'resolved') return [];
    const named = (name: string, ...more: LabelPair[]): Labels =>
      [...labels, ['__name__', name] as const, ...more].sort(byName);
    return [
      [`${key}\0${state}`, named('ALERTS', ['alertstate', state]), 1] as const,
      [`${key}\0for`, named('ALERTS_FOR_STATE'), Math.floor(activeAtMs / 1000)] as const,
    ];
  });
}

const byName = (a: LabelPair, b: LabelPair): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

/** WriteRequest{timeseries(1){labels(1){name(1), value(2)}…, samples(2){value(1) double, timestamp(2) int64}}…}. */
function writeRequest(samples: readonly RecordedSample[]): Uint8Array {
  return Buffer.concat(
    samples.flatMap(({ labels, timeMs, value }) =>
      field(1, [
        ...labels.flatMap(([name, text]) => field(1, [...textField(1, name), ...textField(2, text)])),
        ...field(2, [sample(value, timeMs)]),
      ]),
    ),
  );
}

const lengthDelimited = 2;

function field(number: number, parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return [varint(BigInt((number << 3) | lengthDelimited)), varint(BigInt(length)), ...parts];
}

const textField = (number: number, text: string): readonly Uint8Array[] => field(number, [Buffer.from(text)]);

/** The bits by which a series is told to have ended. A number would lose them. */
const staleBits = 0x7ff0_0000_0000_0002n;

function sample(value: number | undefined, timeMs: number): Uint8Array {
  const double = Buffer.alloc(9);
  double[0] = 0x09;
  if (value === undefined) double.writeBigUInt64LE(staleBits, 1);
  else double.writeDoubleLE(value, 1);
  return Buffer.concat([double, Buffer.of(0x10), varint(BigInt(Math.round(timeMs)))]);
}

/** Negative numbers as 64 bits. */
function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
