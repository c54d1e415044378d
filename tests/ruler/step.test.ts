// What an evaluation makes of alerts and recorded series: scripts of what the query gives, every 5 s.
import { describe, expect, it } from 'vitest';
import { type Labels, labelsFromPairs } from '../../src/model/labels.ts';
import {
  type AlertSample,
  type Alerts,
  alertsPerRuleMax,
  RuleStepError,
  type StepSettings,
  stepAlerts,
  stepRecording,
} from '../../src/ruler/step.ts';

const stepMs = 5000;
const settings: StepSettings = { limit: 0, resendDelayMs: 10_000 };

const sample = (labels: Labels = [], more: Partial<AlertSample> = {}): AlertSample => ({
  labels,
  value: 1,
  ruleLabels: [],
  annotations: [],
  ...more,
});

/** `x`: the condition holds. One letter a slot for the state after it, and the notices: `!` news, `r` reminder. */
function play(script: string, rule: { forMs?: number; keepFiringForMs?: number } = {}): string[] {
  let alerts: Alerts = new Map();
  return [...script].map((letter, slot) => {
    const step = stepAlerts(
      { name: 'A', forMs: 0, keepFiringForMs: 0, ...rule },
      alerts,
      letter === 'x' ? [sample()] : [],
      slot * stepMs,
      settings,
    );
    alerts = step.alerts;
    const state = [...alerts.values()][0]?.state[0] ?? '-';
    return state + step.notices.map(({ isReminder }) => (isReminder ? 'r' : '!')).join('');
  });
}

describe('an alert', () => {
  it.each([
    ['fires at once without for', 'x', {}, 'f!'],
    ['is pending as long as for says', 'xxxx', { forMs: 10_000 }, 'p p f! f'],
    ['is told of again when the delay is over, not before', 'xxxxxxx', {}, 'f! f f fr f f fr'],
    ['is forgotten when its condition goes while it is pending', 'xx.xxx', { forMs: 10_000 }, 'p p - p p f!'],
    ['is resolved when its condition goes', 'xx..', {}, 'f! f r! r'],
    ['is told to be resolved again and again', 'x.....', {}, 'f! r! r r rr r'],
    ['fires anew after it was resolved', 'x.x', {}, 'f! r! f!'],
    ['is pending anew after it was resolved', 'xxx.xxx', { forMs: 10_000 }, 'p p f! r! p p f!'],
    ['fires on for a while', 'x..x...', { keepFiringForMs: 10_000 }, 'f! f f fr f f r!'],
    ['does not fire on when it was only pending', 'x.', { forMs: 10_000, keepFiringForMs: 10_000 }, 'p -'],
  ])('%s', (_, script, rule, states) => {
    expect(play(script, rule).join(' ')).toBe(states);
  });

  it('is forgotten a quarter of an hour after it was resolved', () => {
    const script = `x${'.'.repeat(183)}`;
    expect(
      play(script)
        .map(([state]) => state)
        .join(''),
    ).toBe(`f${'r'.repeat(181)}--`);
  });

  it('has the times of its slots', () => {
    const rule = { name: 'A', forMs: stepMs, keepFiringForMs: 0 };
    let alerts: Alerts = new Map();
    const transitions: unknown[] = [];
    for (const [slot, letter] of [...'xx.'].entries()) {
      const step = stepAlerts(rule, alerts, letter === 'x' ? [sample()] : [], slot * stepMs, settings);
      alerts = step.alerts;
      transitions.push(...step.transitions.map(({ to }) => to));
    }
    expect(transitions).toEqual(['pending', 'firing', 'resolved']);
    expect([...alerts.values()]).toMatchObject([{ activeAtMs: 0, firedAtMs: 5000, resolvedAtMs: 10_000 }]);
  });

  it('began no later than now, when the clock is set back', () => {
    const rule = { name: 'A', forMs: 10_000, keepFiringForMs: 0 };
    let alerts = stepAlerts(rule, new Map(), [sample()], 1_000_000, settings).alerts;
    alerts = stepAlerts(rule, alerts, [sample()], 500_000, settings).alerts;
    alerts = stepAlerts(rule, alerts, [sample()], 510_000, settings).alerts;
    expect([...alerts.values()]).toMatchObject([{ state: 'firing', activeAtMs: 500_000 }]);
  });
});

describe('labels of an alert', () => {
  const labelsOf = (given: AlertSample): Record<string, string> => {
    const { alerts } = stepAlerts(
      { name: 'A', forMs: 0, keepFiringForMs: 0 },
      new Map(),
      [given],
      0,
      settings,
    );
    return Object.fromEntries([...alerts.values()][0]?.labels ?? []);
  };
  it.each<[string, Labels, readonly (readonly [string, string])[], Record<string, string>]>([
    [
      'are those of series and rule',
      [['app', 'web']],
      [['severity', 'page']],
      { app: 'web', severity: 'page' },
    ],
    ['the rule wins', [['app', 'web']], [['app', 'x']], { app: 'x' }],
    [
      'an empty value takes one away',
      [
        ['app', 'web'],
        ['host', 'h'],
      ],
      [['host', '']],
      { app: 'web' },
    ],
    ['without the name of a series', [['__name__', 'up']], [], {}],
    ['the name of the alert is the rule’s', [], [['alertname', 'x']], {}],
  ])('%s', (_, labels, ruleLabels, expected) => {
    expect(labelsOf(sample(labels, { ruleLabels }))).toEqual({ ...expected, alertname: 'A' });
  });
});

describe('an evaluation fails and changes nothing', () => {
  const rule = { name: 'A', forMs: 0, keepFiringForMs: 0 };
  const apps = (count: number): AlertSample[] =>
    Array.from({ length: count }, (_, k) => sample([['app', `a${k}`]]));
  it.each([
    [
      'equal labels',
      apps(2).map((one) => ({ ...one, ruleLabels: [['app', 'x']] as const })),
      0,
      'vector contains metrics with the same labelset after applying alert labels',
    ],
    ['more alerts than the limit', apps(2), 1, 'exceeded limit of 1 with 2 alerts'],
    [
      'more alerts than any rule may have',
      apps(alertsPerRuleMax + 1),
      0,
      'exceeded limit of 10000 with 10001 alerts',
    ],
  ])('%s', (_, samples, limit, message) => {
    expect(() => stepAlerts(rule, new Map(), samples, 0, { ...settings, limit })).toThrow(
      new RuleStepError(message),
    );
  });

  it('recording: equal labels, and more series than the limit', () => {
    const samples = [
      { labels: [['app', 'a']], value: 1 },
      { labels: [['app', 'b']], value: 2 },
    ] as const;
    const record = (ruleLabels: readonly (readonly [string, string])[], limit: number) =>
      stepRecording({ name: 'r' }, new Map(), { samples, ruleLabels }, 0, { limit });
    expect(() => record([['app', 'x']], 0)).toThrow(
      'vector contains metrics with the same labelset after applying rule labels',
    );
    expect(() => record([], 1)).toThrow('exceeded limit of 1 with 2 series');
  });
});

it('a recorded series has the rule’s name and labels, and ends when the query no longer gives it', () => {
  const rule = { name: 'app:lines' };
  const given = (...apps: string[]) => ({
    samples: apps.map((app) => ({
      labels: labelsFromPairs([
        ['app', app],
        ['__name__', 'x'],
      ]),
      value: 7,
    })),
    ruleLabels: [['team', 'ops']] as const,
  });
  const first = stepRecording(rule, new Map(), given('a', 'b'), 0, { limit: 0 });
  const second = stepRecording(rule, first.series, given('b'), 5000, { limit: 0 });
  const shown = second.samples.map(({ labels, timeMs, value }) => [
    Object.fromEntries(labels),
    timeMs,
    value,
  ]);
  expect(shown).toEqual([
    [{ __name__: 'app:lines', app: 'b', team: 'ops' }, 5000, 7],
    [{ __name__: 'app:lines', app: 'a', team: 'ops' }, 5000, undefined],
  ]);
  expect(stepRecording(rule, second.series, given('b'), 10_000, { limit: 0 }).samples).toHaveLength(1);
});
