// Labels of an entry: categories, precedence, clashes, errors, and what a reset leaves behind.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGoDuration } from '../../src/go/duration.ts';
import { durationNs, durationSeconds } from '../../src/go/duration-value.ts';
import { type LabelPair, labelsFromPairs } from '../../src/model/labels.ts';
import { labelNameOf } from '../../src/pipeline/labels/label-name.ts';
import { LabelsBuilder } from '../../src/pipeline/labels/labels-builder.ts';
import { decolorize } from '../../src/pipeline/stages/decolorize.ts';

const base = labelsFromPairs([
  ['app', 'shop'],
  ['env', 'prod'],
]);
const metadata = labelsFromPairs([
  ['app', 'other'],
  ['trace', 't1'],
]);

function built(change: (labels: LabelsBuilder) => void) {
  const labels = new LabelsBuilder(base);
  labels.reset(metadata, 'info');
  change(labels);
  const { stream, structuredMetadata, parsed } = labels.result();
  return [stream, structuredMetadata, parsed].map((list) => Object.fromEntries(list));
}

const untouched = [
  { app: 'shop', env: 'prod' },
  { app_extracted: 'other', detected_level: 'info', trace: 't1' },
  {},
];

describe('labels builder', () => {
  it.each<[name: string, change: (labels: LabelsBuilder) => void, expected: unknown]>([
    ['gives metadata that clashes with the stream a suffix', () => {}, untouched],
    [
      'parsed hides metadata and stream',
      (l) => {
        l.set('parsed', 'trace', 'p');
        l.set('parsed', 'env', 'p');
      },
      [{ app: 'shop' }, { app_extracted: 'other', detected_level: 'info' }, { env: 'p', trace: 'p' }],
    ],
    [
      'metadata gives way to parsed',
      (l) => {
        l.set('parsed', 'x', '1');
        l.set('structuredMetadata', 'x', '2');
      },
      [untouched[0], untouched[1], { x: '1' }],
    ],
    [
      'a stream label is changed in place',
      (l) => l.set('stream', 'app', 'new'),
      [{ app: 'new', env: 'prod' }, untouched[1], {}],
    ],
    [
      'a deleted label is gone from every category',
      (l) => {
        l.set('parsed', 'env', '1');
        l.delete('env');
        l.delete('trace');
      },
      [{ app: 'shop' }, { app_extracted: 'other', detected_level: 'info' }, {}],
    ],
    [
      'an error is a parsed label',
      (l) => l.setError('E', 'why'),
      [untouched[0], untouched[1], { __error__: 'E', __error_details__: 'why' }],
    ],
    [
      'a dropped error leaves its details',
      (l) => {
        l.setError('E', 'why');
        l.resetError();
      },
      [untouched[0], untouched[1], { __error_details__: 'why' }],
    ],
  ])('%s', (_, change, expected) => {
    expect(built(change)).toEqual(expected);
  });

  it('forgets everything on reset', () => {
    const labels = new LabelsBuilder(base);
    labels.reset(metadata, 'info');
    const before = labels.result();
    labels.set('parsed', 'app', 'x');
    labels.delete('env');
    labels.setError('E');
    labels.result();
    labels.reset(metadata, 'info');
    expect(labels.result()).toEqual(before);
  });

  it('finds, replaces and deletes among hundreds of labels', () => {
    const labels = new LabelsBuilder(base);
    labels.reset([], '');
    for (let i = 0; i < 300; i++) labels.set('parsed', `l${i}`, `${i}`);
    for (let i = 0; i < 300; i += 2) labels.set('parsed', `l${i}`, 'even');
    for (let i = 0; i < 300; i += 3) labels.delete(`l${i}`);
    const parsed = Object.fromEntries(labels.result().parsed);
    expect(Object.keys(parsed)).toHaveLength(200);
    expect([parsed.l1, parsed.l2, parsed.l3, parsed.l299]).toEqual(['1', 'even', undefined, '299']);
    labels.reset([], '');
    expect(labels.get('l1')).toBeUndefined();
  });

  it('gives equal keys to equal labels only, in whatever order they were set', () => {
    const pair = fc.tuple(
      fc.constantFrom('a', 'b', 'ab', 'env'),
      fc.constantFrom('', '1', '1:a', '2'),
    ) as fc.Arbitrary<LabelPair>;
    const set = (pairs: readonly LabelPair[]) => {
      const labels = new LabelsBuilder(base);
      labels.reset([], '');
      for (const [name, value] of pairs) labels.set('parsed', name, value);
      return labels.result();
    };
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 4 }), fc.array(pair, { maxLength: 4 }), (one, two) => {
        const [a, b] = [set(one), set(two)];
        const same = JSON.stringify([a.stream, a.parsed]) === JSON.stringify([b.stream, b.parsed]);
        expect(a.key === b.key).toBe(same);
      }),
    );
  });
});

describe('names, colours, durations', () => {
  it.each([
    ['user-id', 'user_id'],
    [' a b ', 'a_b'],
    ['1x', '_1x'],
    ['é', '_'],
    ['🚀x', '_x'],
    ['', ''],
    ['  ', ''],
  ])('field %j is label %j', (field, label) => {
    expect(labelNameOf(field)).toBe(label);
  });

  it.each([
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b[1;38;5;196mx', 'x'],
    ['\u001b]0;title\u0007x', 'x'],
    ['plain [0m', 'plain [0m'],
    ['end \u001b', 'end \u001b'],
  ])('%j without colours is %j', (text, plain) => {
    expect(decolorize(text)).toBe(plain);
  });

  it('durations are what Go reads', () => {
    const number = fc
      .tuple(fc.nat(2_000_000_000), fc.option(fc.nat(99_999)))
      .map(([a, b]) => (b === null ? `${a}` : `${a}.${b}`));
    const text = fc.array(fc.tuple(number, fc.constantFrom('ns', 'us', 'µs', 'ms', 's', 'm', 'h', 'x', '')), {
      maxLength: 2,
    });
    fc.assert(
      fc.property(text, (parts) => {
        const duration = parts.map((p) => p.join('')).join('');
        const exact = parseGoDuration(duration);
        expect(durationNs(duration)).toBe(typeof exact === 'bigint' ? Number(exact) : exact);
        const seconds =
          typeof exact === 'bigint' ? Number(exact / 10n ** 9n) + Number(exact % 10n ** 9n) / 1e9 : exact;
        expect(durationSeconds(duration)).toBe(seconds);
      }),
    );
  });
});
