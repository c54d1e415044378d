// Two gateways with the same rules and lines, one of them killed again and again (SIGKILL) while its Alertmanager answers
// every third post with 500: both deliver the same alerts with the same times, or this says what differs. Usage: tsx
// bench/rules-kills.ts [kills] [seed]. Some two seconds a kill; stops by itself.
import { setTimeout as delay } from 'node:timers/promises';
import { type StandIn, startStandIn, takes } from '../tests/ruler/stand-in-alertmanager.ts';
import { until } from '../tests/ruler/until.ts';
import { type Server, startServer } from '../tests/server.ts';
import { metric, print } from './measure.ts';

const kills = Number(process.argv[2] ?? 200);
const seed = Number(process.argv[3] ?? 1);
const feedEveryMs = 500;
/** Longer than a gateway is away: its lines are there when the slot is evaluated. */
const queryOffsetSeconds = 15;
const apps = ['a', 'b', 'c'];
const group = `name: g
interval: 1s
query_offset: ${queryOffsetSeconds}s
rules:
  - { alert: Now, expr: 'sum by (app) (count_over_time({job="kills"}[2s])) > 0' }
  - { alert: Later, expr: 'sum by (app) (count_over_time({job="kills"}[2s])) > 0', for: 5s }
  - { alert: Kept, expr: 'sum by (app) (count_over_time({job="kills"}[2s])) > 0', keep_firing_for: 4s }
`;

/** Numbers from 0 to 1, the same for a seed. */
function random(from: number): () => number {
  let state = from >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

class Side {
  readonly standIn: StandIn;
  server: Server;
  readonly #waiting: { readonly body: string; readonly sinceMs: number }[] = [];
  /** Of a line, from when it was written until it was taken. */
  waitMsMax = 0;

  private constructor(standIn: StandIn, server: Server) {
    this.standIn = standIn;
    this.server = server;
  }

  static async start(): Promise<Side> {
    const standIn = await startStandIn();
    const side = new Side(standIn, await startServer({ environment: Side.#environment(standIn) }));
    const response = await fetch(`${side.server.baseUrl}/loki/api/v1/rules/ns`, {
      method: 'POST',
      body: group,
    });
    if (response.status !== 202) throw new Error(await response.text());
    return side;
  }

  static #environment = ({ url }: StandIn): Record<string, string> => ({
    SKALD_RULER_ALERTMANAGER_URL: url,
    SKALD_RULER_RESEND_DELAY: '1h',
  });

  /** Slots that were left out because an evaluation took longer than the interval: alerts may then be a slot late. */
  slotsMissed = 0;
  async countMissed(): Promise<void> {
    const response = await fetch(`${this.server.baseUrl}/metrics`).catch(() => undefined);
    if (response?.status === 200)
      this.slotsMissed += metric(await response.text(), 'loki_prometheus_rule_group_iterations_missed_total');
  }

  async kill(): Promise<void> {
    await this.countMissed();
    await this.server.stop('SIGKILL');
    this.server = await startServer({
      environment: Side.#environment(this.standIn),
      dataDir: this.server.dataDir,
    });
  }

  /** Sent until it is taken. */
  feed(body: string): void {
    this.#waiting.push({ body, sinceMs: Date.now() });
  }

  async pushAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const [first] = this.#waiting;
      if (first === undefined) {
        await delay(20);
        continue;
      }
      const response = await fetch(`${this.server.baseUrl}/loki/api/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: first.body,
        signal,
      }).catch(() => undefined);
      if (response?.status !== 204) {
        await delay(20);
        continue;
      }
      this.#waiting.shift();
      this.waitMsMax = Math.max(this.waitMsMax, Date.now() - first.sinceMs);
    }
  }

  async isQuiet(): Promise<boolean> {
    const response = await fetch(`${this.server.baseUrl}/prometheus/api/v1/alerts`);
    const { data } = (await response.json()) as { readonly data: { readonly alerts: readonly unknown[] } };
    const metrics = await (await fetch(`${this.server.baseUrl}/metrics`)).text();
    const waiting = /^loki_prometheus_notifications_queue_length\{[^}]*\} (\d+)/m.exec(metrics)?.[1];
    return data.alerts.length === 0 && waiting === '0' && this.#waiting.length === 0;
  }

  /** Who fired from when to when. */
  get spans(): readonly string[] {
    const spans = new Map<string, string>();
    for (const { labels, startsAt, endsAt } of this.standIn.taken.flatMap(({ alerts }) => alerts))
      spans.set(`${labels.alertname} ${labels.app} from ${startsAt}`, endsAt);
    return [...spans].map(([span, endsAt]) => `${span} to ${endsAt}`).sort();
  }

  async end(): Promise<void> {
    await this.server.remove();
    await this.standIn.close();
  }
}

async function feedBoth(sides: readonly Side[], signal: AbortSignal): Promise<void> {
  const next = random(seed);
  const isOn = new Map(apps.map((app) => [app, false]));
  while (!signal.aborted) {
    for (const app of apps) {
      if (next() < 0.06) isOn.set(app, isOn.get(app) !== true);
      if (isOn.get(app) !== true) continue;
      const values = [[`${Date.now()}000000`, 'line']];
      const body = JSON.stringify({ streams: [{ stream: { job: 'kills', app }, values }] });
      for (const side of sides) side.feed(body);
    }
    await delay(feedEveryMs, undefined, { signal }).catch(() => {});
  }
}

const [undisturbed, killed] = [await Side.start(), await Side.start()];
const sides = [undisturbed, killed];
const feeding = new AbortController();
const ended = new AbortController();
const pushing = sides.map((side) => side.pushAll(ended.signal));
const feedingDone = feedBoth(sides, feeding.signal);
let posts = 0;
killed.standIn.answer = (response) => {
  if (++posts % 3 === 0) response.writeHead(500).end();
  else takes(response);
};
const when = random(seed + 1);
for (let kill = 0; kill < kills; kill++) {
  await delay(100 + when() * 1800);
  await killed.kill();
}
feeding.abort();
await feedingDone;
await until(async () => (await undisturbed.isQuiet()) && (await killed.isQuiet()));
ended.abort();
await Promise.all(pushing);
const [wanted, got] = [undisturbed.spans, killed.spans];
print('kills', String(kills));
print('alerts delivered without any', String(wanted.length));
print('posts refused meanwhile', String(Math.floor(posts / 3)));
const waitMs = Math.max(...sides.map((side) => side.waitMsMax));
print('longest wait of a line', `${waitMs} ms`);
if (waitMs > queryOffsetSeconds * 1000) print('proves nothing', 'a line came after its slot was evaluated');
for (const side of sides) await side.countMissed();
print('slots left out', `${undisturbed.slotsMissed} undisturbed, ${killed.slotsMissed} killed`);
const missing = wanted.filter((span) => !got.includes(span));
const more = got.filter((span) => !wanted.includes(span));
for (const span of missing) print('missing', span);
for (const span of more) print('more', span);
print('the same', String(missing.length + more.length === 0 && wanted.length > 0));
for (const side of sides) await side.end();
process.exitCode = missing.length + more.length === 0 && wanted.length > 0 ? 0 : 1;
