// A minute of a rule as a real ruler was seen to play it: interval 5 s, resend delay 10 s, lines for the first half. What an
// Alertmanager is posted, when, and with which times.
import { expect, it } from 'vitest';
import { parseExpr } from '../../src/logql/parser.ts';
import { alertPosts } from '../../src/ruler/alert-posts.ts';
import { rulerDefaults } from '../../src/ruler/settings.ts';
import { type Alerts, stepAlerts } from '../../src/ruler/step.ts';
import type { PostedAlert } from './stand-in-alertmanager.ts';

const startMs = Date.parse('2026-11-30T12:44:05.055Z');
const intervalMs = 5000;
const settings = {
  ...rulerDefaults,
  resendDelayMs: 10_000,
  alertmanagers: [{ url: 'http://am', authorization: '' }],
};

interface Played {
  readonly transitions: readonly string[];
  readonly posts: readonly string[];
}

/** Times are seconds since the first slot. */
function play(rule: { forMs: number; keepFiringForMs: number }, until: number): Played {
  let alerts: Alerts = new Map();
  const transitions: string[] = [];
  const posts: string[] = [];
  const seconds = (time: number | string): number =>
    (typeof time === 'number' ? time - startMs : Date.parse(time) - startMs) / 1000;
  for (let slot = 0; slot * intervalMs <= 60_000; slot++) {
    const timeMs = startMs + slot * intervalMs;
    const holds = seconds(timeMs) < until;
    const samples = holds
      ? [{ labels: [['app', 'web']] as const, value: 10, ruleLabels: [], annotations: [] }]
      : [];
    const step = stepAlerts({ name: 'HighErr', ...rule }, alerts, samples, timeMs, {
      limit: 0,
      resendDelayMs: settings.resendDelayMs,
    });
    alerts = step.alerts;
    transitions.push(...step.transitions.map(({ to }) => `${seconds(timeMs)} ${to}`));
    const bodies = alertPosts(parseExpr('vector(1)'), step.notices, { tenant: 't', intervalMs, settings });
    for (const { body } of bodies)
      for (const { startsAt, endsAt } of JSON.parse(String(body)) as PostedAlert[])
        posts.push(`${seconds(timeMs)}: ${seconds(startsAt)} to ${seconds(endsAt)}`);
  }
  return { transitions, posts };
}

it('fires after its time, is told again every 15 s, and ends at the slot without lines', () => {
  expect(play({ forMs: 10_000, keepFiringForMs: 0 }, 30)).toEqual({
    transitions: ['0 pending', '10 firing', '30 resolved'],
    // The end of one that fires: four times the larger of interval and delay later.
    posts: ['10: 10 to 50', '25: 10 to 65', '30: 10 to 30', '45: 10 to 30', '60: 10 to 30'],
  });
});

it('fires at once without a time', () => {
  expect(play({ forMs: 0, keepFiringForMs: 0 }, 10)).toMatchObject({
    transitions: ['0 firing', '10 resolved'],
    posts: ['0: 0 to 40', '10: 0 to 10', '25: 0 to 10', '40: 0 to 10', '55: 0 to 10'],
  });
});

it('is told to nobody when its time was too short', () => {
  expect(play({ forMs: 10_000, keepFiringForMs: 0 }, 10)).toEqual({
    transitions: ['0 pending', '10 inactive'],
    posts: [],
  });
});

it('goes on as long as it is kept', () => {
  expect(play({ forMs: 0, keepFiringForMs: 20_000 }, 10).transitions).toEqual(['0 firing', '30 resolved']);
});
