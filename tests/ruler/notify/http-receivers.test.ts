// What each kind of receiver is sent. Alerts hold what anybody may write into a log.
import { describe, expect, it } from 'vitest';
import { labelsFromPairs } from '../../../src/model/labels.ts';
import { fingerprintOf } from '../../../src/ruler/notify/fingerprint.ts';
import { receiverRequest } from '../../../src/ruler/notify/http-receivers.ts';
import { alertsPerMessageMax, type Message, messageOf } from '../../../src/ruler/notify/message.ts';
import { messageParagraphs, messageTitle } from '../../../src/ruler/notify/message-text.ts';
import type { HttpReceiver } from '../../../src/ruler/notify/receiver-settings.ts';

const startsAtMs = Date.parse('2026-11-30T12:00:00Z');
const link = 'http://grafana.example:3000/explore?x=1';
const alert = (app: string, more: Partial<{ endsAtMs: number; summary: string }> = {}) => ({
  labels: labelsFromPairs([
    ['alertname', 'ManyErrors'],
    ['app', app],
    ['severity', 'page'],
  ]),
  annotations: [['summary', more.summary ?? `${app} has <many> *errors* @everyone`]] as const,
  startsAtMs,
  generatorUrl: link,
  ...(more.endsAtMs !== undefined && { endsAtMs: more.endsAtMs }),
});
const group = {
  receiver: 'r',
  labels: [['alertname', 'ManyErrors']] as const,
  externalUrl: 'http://grafana.example:3000',
};
const message = messageOf(group, [alert('web'), alert('db', { endsAtMs: startsAtMs + 60_000 })]);
const base = { name: 'r', tenants: [], match: '', groupBy: [], sendResolved: true };

it('is the fingerprint that Alertmanager has', () => {
  // FNV-1a of 64 bits is published with the hash of nothing.
  expect(fingerprintOf([])).toBe('cbf29ce484222325');
});

it('is Alertmanager’s fourth version', () => {
  expect(JSON.parse(JSON.stringify(message))).toEqual({
    version: '4',
    groupKey: '{}:{alertname="ManyErrors"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'r',
    groupLabels: { alertname: 'ManyErrors' },
    commonLabels: { alertname: 'ManyErrors', severity: 'page' },
    commonAnnotations: {},
    externalURL: 'http://grafana.example:3000',
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'ManyErrors', app: 'web', severity: 'page' },
        annotations: { summary: 'web has <many> *errors* @everyone' },
        startsAt: '2026-11-30T12:00:00.000Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: link,
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
      expect.objectContaining({ status: 'resolved', endsAt: '2026-11-30T12:01:00.000Z' }),
    ],
  });
});

it('says how many alerts are left out', () => {
  const many = messageOf(
    group,
    Array.from({ length: alertsPerMessageMax + 5 }, (_, k) => alert(`app${k}`)),
  );
  expect([many.alerts.length, many.truncatedAlerts]).toEqual([alertsPerMessageMax, 5]);
  expect(messageTitle(many)).toBe('[FIRING:105] ManyErrors');
  expect(messageParagraphs(many).at(-1)).toBe('… and 95 more');
});

const title = '[FIRING:1] ManyErrors';
const text =
  'Firing: web has <many> *errors* @everyone\napp=web\n\nResolved: db has <many> *errors* @everyone\napp=db';

describe('a request', () => {
  it.each<[HttpReceiver, url: string, body: object, headers?: object]>([
    [
      { ...base, type: 'webhook', url: 'http://h/x', headers: { 'X-Key': 'k' } },
      'http://h/x',
      message,
      { 'X-Key': 'k' },
    ],
    [
      { ...base, type: 'slack', url: 'http://h/x' },
      'http://h/x',
      {
        attachments: [
          expect.objectContaining({
            title,
            title_link: link,
            color: 'danger',
            text: text.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
          }),
        ],
      },
    ],
    [
      { ...base, type: 'discord', url: 'http://h/x' },
      'http://h/x',
      {
        embeds: [
          {
            title,
            url: link,
            color: 0xd92626,
            description: text.replaceAll('*', '\\*').replaceAll('>', '\\>'),
          },
        ],
        allowed_mentions: { parse: [] },
      },
    ],
    [
      { ...base, type: 'ntfy', url: 'http://h/sub/my%20topic', token: 't' },
      'http://h/sub',
      { topic: 'my topic', title, message: text, priority: 5, tags: ['rotating_light'], click: link },
      { Authorization: 'Bearer t' },
    ],
    [
      { ...base, type: 'gotify', url: 'http://h/g/', token: 't' },
      'http://h/g/message',
      { title, message: text, priority: 10, extras: { 'client::notification': { click: { url: link } } } },
      { 'X-Gotify-Key': 't' },
    ],
    [
      { ...base, type: 'telegram', url: 'http://h', token: '1:t', chatId: '-5' },
      'http://h/bot1:t/sendMessage',
      {
        chat_id: '-5',
        text: `${title}\n\n${text}`,
        link_preview_options: { is_disabled: true },
        reply_markup: { inline_keyboard: [[{ text: 'Logs', url: link }]] },
      },
    ],
  ])('for $type', (receiver, url, body, headers = {}) => {
    const request = receiverRequest(receiver, message);
    expect({ ...request, body: JSON.parse(request.body) }).toEqual({
      url,
      headers: { 'Content-Type': 'application/json', ...headers },
      body,
    });
  });

  it('is no longer than the service takes, whatever an alert holds', () => {
    const long = messageOf(
      group,
      Array.from({ length: 50 }, (_, k) => alert(`a${k}`, { summary: '*😀'.repeat(50_000) })),
    );
    const bodyOf = (receiver: HttpReceiver) => JSON.parse(receiverRequest(receiver, long).body);
    const discord = bodyOf({ ...base, type: 'discord', url: 'http://h' });
    expect(discord.embeds[0].description.length).toBeLessThanOrEqual(4096);
    expect(
      bodyOf({ ...base, type: 'telegram', url: 'http://h', token: 't', chatId: '1' }).text.length,
    ).toBeLessThanOrEqual(4096);
    const ntfy = bodyOf({ ...base, type: 'ntfy', url: 'http://h/t', token: '' }) as { message: string };
    // Of what is longer it makes a file.
    expect(Buffer.byteLength(ntfy.message)).toBeLessThanOrEqual(4096);
    expect(ntfy.message).not.toContain('\ufffd');
  });
});

it('has its words in order', () => {
  const resolved: Message = messageOf(group, [alert('web', { endsAtMs: startsAtMs })]);
  expect(messageTitle(resolved)).toBe('[RESOLVED:1] ManyErrors');
  expect(messageTitle(messageOf({ ...group, labels: [] }, [alert('a\nb')]))).toBe('[FIRING:1] ManyErrors');
});
