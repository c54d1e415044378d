// However often the ruler is killed, what its receivers learn is what they would have learnt without.
import fc from 'fast-check';
import snappy from 'snappyjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Ruler } from '../../src/ruler/ruler.ts';
import { type RulerSettings, rulerDefaults } from '../../src/ruler/settings.ts';
import { slotAt, slotGrid } from '../../src/ruler/slots.ts';
import type { RuleStore } from '../../src/store/rule-store.ts';
import { oneByOne } from './group-queries.ts';
import { type Received, type StandIn, startStandIn } from './stand-in-alertmanager.ts';
import { ruleStoreFile } from './store.ts';
import { until } from './until.ts';

const intervalMs = 15_000;
const hourSlots = 240;
const startMs = 1_800_000_000_000;
const key = { tenant: 't', namespace: 'ns', group: 'g' };
const grid = slotGrid(key, intervalMs, false);
const group = `name: g
interval: 15s
rules:
  - {alert: Now, expr: "vector(1)", labels: {app: "{{ $labels.app }}"}}
  - {alert: Later, expr: "vector(1)", for: 1m}
  - {alert: Kept, expr: "vector(1)", keep_firing_for: 2m}
`;

let standIn: StandIn;
let settings: RulerSettings;
beforeAll(async () => {
  standIn = await startStandIn();
  settings = { ...rulerDefaults, alertmanagers: [{ url: standIn.url, authorization: '' }] };
});
afterAll(() => standIn.close());

/** Lets this many changes through; the process is as good as dead after them. */
function dying(store: RuleStore, changes: number): RuleStore {
  let left = changes;
  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (--left < 0) throw new Error('killed');
    return work();
  };
  return {
    load: () => store.load(),
    apply: (change, options) => alive(() => store.apply(change, options)),
    notify: (changes) => alive(() => store.notify(changes)),
    putSilence: (silence) => alive(() => store.putSilence(silence)),
    events: (query) => store.events(query),
    keptSeries: (tenant) => store.keptSeries(tenant),
    keptSamples: (...of) => store.keptSamples(...of),
    trimSamples: async () => {},
    trimEvents: (beforeMs, eventsMax) => alive(() => store.trimEvents(beforeMs, eventsMax)),
    posts: (target, limit) => (left > 0 ? store.posts(target, limit) : Promise.resolve([])),
    removePosts: (ids) => alive(() => store.removePosts(ids)),
    waiting: () => store.waiting(),
    trimPosts: async () => 0,
    close: () => store.close(),
  };
}

/** What is delivered in an hour when the ruler runs at these slots only, and is killed each time but the last. */
async function delivered(
  holds: readonly boolean[],
  lives: readonly { readonly slot: number; readonly changes: number }[],
): Promise<readonly string[]> {
  const open = ruleStoreFile();
  const from = standIn.taken.length;
  const timeOf = (slot: number): number => slotAt(grid, startMs) + slot * intervalMs + 1;
  const live = async (slot: number, changes = Number.POSITIVE_INFINITY): Promise<Ruler> => {
    const store = open();
    return Ruler.open({
      store: dying(store, changes),
      settings,
      nowMs: () => timeOf(slot),
      queries: oneByOne({
        lines: async () => Buffer.from('[]'),
        instant: async ({ timeMs }) => {
          const at = Math.round((timeMs - timeOf(0)) / intervalMs);
          const samples = holds[at] === true ? [{ labels: [['app', 'web']] as const, value: 1 }] : [];
          return { samples, cost: { linesRead: 0, bytesRead: 0 } };
        },
      }),
      log: () => {},
    });
  };
  const first = await live(0);
  await first.setGroup(key.tenant, key.namespace, group);
  await first.close();
  for (const { slot, changes } of lives) {
    const ruler = await live(slot, changes).catch(() => undefined);
    const runner = ruler?.groups()[0];
    await until(
      () => runner === undefined || runner.counts.iterations > 0 || runner.lastSlotMs >= timeOf(slot) - 1,
    );
    await ruler?.close();
  }
  const last = await live(hourSlots);
  await until(() => (last.groups()[0]?.lastSlotMs ?? 0) >= timeOf(hourSlots) - 1);
  await until(async () => (await last.waitingPosts()).size === 0);
  await last.close();
  return changesOf(standIn.taken.slice(from));
}

/** Who fired when, and until when; of reminders that wait only the newest is sent. */
function changesOf(posts: readonly Received[]): readonly string[] {
  const spans = new Map<string, string>();
  for (const { labels, startsAt, endsAt } of posts.flatMap(({ alerts }) => alerts))
    spans.set(`${labels.alertname} from ${startsAt}`, endsAt);
  return [...spans].map(([span, endsAt]) => `${span} to ${endsAt}`).sort();
}

it('delivers the same as undisturbed', async () => {
  const life = fc.record({
    slot: fc.integer({ min: 1, max: hourSlots }),
    changes: fc.integer({ min: 1, max: 20 }),
  });
  const lives = fc
    .array(life, { minLength: 20, maxLength: 40 })
    .map((all) => all.sort((a, b) => a.slot - b.slot));
  const runs = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 20 })), {
    minLength: 20,
    maxLength: 40,
  });
  await fc.assert(
    fc.asyncProperty(runs, lives, async (parts, killed) => {
      const holds = parts
        .flatMap(([is, slots]) => Array.from({ length: slots }, () => is))
        .slice(0, hourSlots);
      const undisturbed = await delivered(holds, []);
      expect(undisturbed.length > 0).toBe(holds.slice(1).includes(true));
      expect(await delivered(holds, killed)).toEqual(undisturbed);
    }),
    { numRuns: 8 },
  );
});

it('ends series that ended while it did not run', async () => {
  const open = ruleStoreFile();
  let given = ['a', 'b'];
  let at = 0;
  const live = () =>
    Ruler.open({
      store: open(),
      settings: {
        ...rulerDefaults,
        remoteWrites: [
          { name: 'x', url: 'http://127.0.0.1:1', headers: {}, timeoutMs: 1, withTenant: false, relabel: [] },
        ],
      },
      nowMs: () => slotAt(grid, startMs) + at * intervalMs + 1,
      queries: oneByOne({
        lines: async () => Buffer.from('[]'),
        instant: async () => ({
          samples: given.map((app) => ({ labels: [['app', app]] as const, value: 1 })),
          cost: { linesRead: 0, bytesRead: 0 },
        }),
      }),
      log: () => {},
    });
  const evaluated = async (ruler: Ruler): Promise<void> => {
    const due = slotAt(grid, startMs) + at * intervalMs;
    await until(() => (ruler.groups()[0]?.lastSlotMs ?? 0) >= due);
    await ruler.close();
  };
  const first = await live();
  await first.setGroup(
    key.tenant,
    key.namespace,
    'name: g\ninterval: 15s\nrules: [{record: r, expr: vector(1)}]\n',
  );
  await first.close();
  at = 1;
  await evaluated(await live());
  given = ['b'];
  at = 2;
  await evaluated(await live());
  const store = open();
  const posts = await store.posts('remote-write/x', 10);
  expect((await store.load()).series.map(({ series }) => series)).toEqual([expect.stringContaining('"b"')]);
  await store.close();
  const bodies = posts.map(({ body }) =>
    Buffer.from(snappy.uncompress(body as Uint8Array)).toString('latin1'),
  );
  const stale = '\x02\0\0\0\0\0\xf0\x7f';
  expect(bodies.map((body) => body.split(stale).length - 1)).toEqual([0, 1]);
});
