// What an evaluation, or the end of a rule, puts into the outbox.
import type { Expr } from '../logql/ast.ts';
import type { Labels } from '../model/labels.ts';
import type { NewPost, NewSample, RuleGroupChange } from '../store/rule-store.ts';
import { alertBodies } from './alertmanager.ts';
import { alertSeries, relabelled, remoteWriteName, writeBodies } from './remote-write.ts';
import { ruleEvent } from './rule-history.ts';
import type { RuleState } from './rule-record.ts';
import type { RulerSettings } from './settings.ts';
import { type Notice, type RecordedSample, resolved } from './step.ts';

export interface PostContext {
  readonly tenant: string;
  readonly intervalMs: number;
  readonly settings: RulerSettings;
}

/** News and reminders go apart: the latter may be replaced by newer ones while they wait. */
export function alertPosts(
  query: Expr | undefined,
  notices: readonly Notice[],
  { tenant, intervalMs, settings }: PostContext,
): readonly NewPost[] {
  return [false, true].flatMap((isReminder) => {
    const alerts = notices.filter((notice) => notice.isReminder === isReminder).map(({ alert }) => alert);
    return alertBodies(alerts, { query, intervalMs }, settings).flatMap((body) =>
      settings.alertmanagers.map(({ url: target }) => ({ target, tenant, body, isReminder })),
    );
  });
}

/** Recorded series, and what is known of alerts as series. */
export const samplePosts = (
  samples: readonly RecordedSample[],
  { tenant, settings }: PostContext,
): readonly NewPost[] =>
  settings.remoteWrites.flatMap(({ name, relabel }) =>
    writeBodies(relabelled(samples, relabel)).map((body) => ({
      target: remoteWriteName(name),
      tenant,
      body,
      isReminder: false,
    })),
  );

/** Those that the store keeps. */
export const keptSamples = (
  samples: readonly RecordedSample[],
  { settings }: PostContext,
): readonly NewSample[] =>
  settings.keepSeriesMs === 0
    ? []
    : samples.map(({ labels, timeMs, value }) => ({ series: seriesText(labels), timeMs, value }));

export interface EndedRule {
  readonly identity: string;
  readonly name: string;
  readonly state: RuleState;
  /** Undefined: it ended while nobody knew it. */
  readonly query: Expr | undefined;
}

/** Rules that are no more: the store forgets their alerts, and their receivers learn that these are over. */
export function endOfRules(
  ended: readonly EndedRule[],
  nowMs: number,
  context: PostContext,
): Omit<RuleGroupChange, 'address' | 'definition' | 'slotMs'> {
  const alertsRemoved = ended.flatMap(({ identity: rule, state }) =>
    [...state.alerts.keys()].map((alert) => ({ rule, alert })),
  );
  const seriesRemoved = ended.flatMap(({ identity: rule, state }) =>
    [...state.series.values()].map((labels) => ({ rule, series: seriesText(labels) })),
  );
  const posts = ended.flatMap(({ query, state }) => {
    const notices = [...state.alerts.values()]
      .filter((alert) => alert.state === 'firing')
      .map((alert) => ({ alert: { ...resolved(alert, nowMs), toldAtMs: nowMs }, isReminder: false }));
    return alertPosts(query, notices, context);
  });
  const recorded = ended.flatMap(({ state }) =>
    [...state.series.values()].map((labels) => ({ labels, timeMs: nowMs, value: undefined })),
  );
  const alerts = ended.flatMap(({ state }) => alertSeries(state.alerts, new Map(), nowMs));
  return {
    alertsPut: [],
    alertsRemoved,
    seriesPut: [],
    seriesRemoved,
    samples: keptSamples(recorded, context),
    events: ended.flatMap(({ name, state }) =>
      [...state.alerts.values()]
        .filter(({ state: was }) => was !== 'resolved')
        .map((alert) =>
          ruleEvent(name, nowMs, { alert, to: alert.state === 'firing' ? 'resolved' : 'inactive' }),
        ),
    ),
    posts: [...posts, ...samplePosts([...alerts, ...recorded], context)],
  };
}

/** In the store. */
export const seriesText = (labels: Labels): string => JSON.stringify(labels);
export const seriesOfText = (text: string): Labels => JSON.parse(text) as Labels;
