// Alertmanager's API v2, as far as it is about silences and what receivers are told: for amtool, Grafana and the page.
import { z } from 'zod';
import type { Matcher } from '../../logql/ast.ts';
import { compileMatchers, matchesLabels } from '../../logql/matchers.ts';
import { parseSelector } from '../../logql/parser.ts';
import { type Labels, labelsFromPairs, labelsKey, labelsToRecord } from '../../model/labels.ts';
import type { RulerAnswer } from '../ruler-protocol.ts';
import type { ViewParameters } from '../rules-view.ts';
import { messageAlert, type ToldAlert } from './message.ts';
import type { NotifySettings } from './notifier.ts';
import type { ReceiverSettings } from './receiver-settings.ts';
import { type Silence, type SilenceDraft, SilenceError, type Silences, stateOf } from './silences.ts';

/** One request to it. */
export type AlertmanagerRequest =
  | { readonly ask: 'status' | 'receivers' }
  | { readonly ask: 'silences' | 'alerts' | 'groups'; readonly parameters: ViewParameters }
  | { readonly ask: 'silence' | 'expire'; readonly id: string }
  | { readonly ask: 'set'; readonly body: ArrayBuffer };

/** An alert that fires, with who is told of it. */
export interface ShownAlert {
  readonly alert: ToldAlert;
  readonly receivers: readonly { readonly receiver: ReceiverSettings; readonly group: Labels }[];
}

export interface AlertmanagerParts {
  readonly silences: Silences;
  readonly receivers: readonly ReceiverSettings[];
  readonly timing: NotifySettings;
  /** Of a tenant. */
  readonly alerts: (tenant: string) => readonly ShownAlert[];
  readonly startedAtMs: number;
  readonly nowMs: () => number;
  /** A silence has changed. */
  readonly onChange: () => void;
}

/** Throws ParseError and RegexError of a filter, SilenceError. */
export async function answerAlertmanager(
  parts: AlertmanagerParts,
  tenant: string,
  request: AlertmanagerRequest,
): Promise<RulerAnswer> {
  const { silences, nowMs, onChange } = parts;
  switch (request.ask) {
    case 'status':
      return json(statusOf(parts));
    case 'receivers':
      return json(parts.receivers.map(({ name }) => ({ name })));
    case 'silences':
      return json(shownSilences(silences.list(tenant, nowMs()), request.parameters, nowMs()));
    case 'alerts':
      return json(shownAlerts(parts, tenant, request.parameters).map(({ view }) => view));
    case 'groups':
      return json(groupsOf(shownAlerts(parts, tenant, request.parameters)));
    case 'silence': {
      const silence = silences.get(tenant, request.id);
      return silence === undefined ? notFound : json(silenceView(silence, nowMs()));
    }
    case 'expire': {
      const isKnown = await silences.expire(tenant, request.id, nowMs());
      onChange();
      return isKnown ? { status: 200, contentType: jsonType, body: '' } : notFound;
    }
    case 'set': {
      const id = await silences.set(tenant, draftIn(request.body), nowMs());
      onChange();
      return id === undefined ? notFound : json({ silenceID: id });
    }
  }
}

const jsonType = 'application/json';
const json = (value: unknown): RulerAnswer => ({
  status: 200,
  contentType: jsonType,
  body: `${JSON.stringify(value)}\n`,
});
const notFound: RulerAnswer = { status: 404, contentType: jsonType, body: '"silence not found"\n' };

function statusOf({ receivers, timing, startedAtMs }: AlertmanagerParts): object {
  return {
    cluster: { name: '', peers: [], status: 'disabled' },
    config: {
      original: JSON.stringify({
        route: {
          group_wait: `${timing.groupWaitMs}ms`,
          group_interval: `${timing.groupIntervalMs}ms`,
          repeat_interval: `${timing.repeatIntervalMs}ms`,
        },
        receivers: receivers.map(({ name }) => ({ name })),
      }),
    },
    uptime: new Date(startedAtMs).toISOString(),
    versionInfo: { branch: '', buildDate: '', buildUser: '', goVersion: '', revision: '', version: '' },
  };
}

const time = (ms: number): string => new Date(ms).toISOString();

const silenceView = (silence: Silence, nowMs: number): object => ({
  id: silence.id,
  status: { state: stateOf(silence, nowMs) },
  updatedAt: time(silence.updatedAtMs),
  comment: silence.comment,
  createdBy: silence.createdBy,
  endsAt: time(silence.endsAtMs),
  matchers: silence.matchers,
  startsAt: time(silence.startsAtMs),
});

/** `filter`: those whose own matchers name the value. */
function shownSilences(
  silences: readonly Silence[],
  parameters: ViewParameters,
  nowMs: number,
): readonly object[] {
  const takes = filterOf(parameters);
  return silences
    .filter(({ matchers }) => takes(labelsFromPairs(matchers.map(({ name, value }) => [name, value]))))
    .map((silence) => silenceView(silence, nowMs));
}

function filterOf(parameters: ViewParameters): (labels: Labels) => boolean {
  const texts = parameters.get('filter') ?? [];
  const matchers = compileMatchers(texts.flatMap(filterMatchers));
  return (labels) => matchesLabels(matchers, labels);
}

/** A matcher whose value may have no quotes; or several, in braces. Throws ParseError. */
function filterMatchers(text: string): readonly Matcher[] {
  const [, name = '', op = '', value = ''] =
    /^\s*([a-zA-Z_:][\w:]*)\s*(=~|!~|!=|=(?!~))\s*([^"\s].*|)$/s.exec(text) ?? [];
  if (name !== '') return [{ name, op: op as Matcher['op'], value: value.trimEnd() }];
  return parseSelector(text.trim().startsWith('{') ? text : `{${text}}`, { allowEmptyMatch: true });
}

interface AlertView {
  readonly shown: ShownAlert;
  readonly view: object;
}

function shownAlerts(
  { alerts, silences, nowMs }: AlertmanagerParts,
  tenant: string,
  parameters: ViewParameters,
): readonly AlertView[] {
  const takes = filterOf(parameters);
  const wants = (name: string): boolean => parameters.get(name)?.[0] !== 'false';
  return alerts(tenant).flatMap((shown) => {
    const { alert, receivers } = shown;
    if (!takes(alert.labels)) return [];
    const silencedBy = silences.on(tenant, alert.labels, nowMs());
    if (!wants(silencedBy.length > 0 ? 'silenced' : 'active')) return [];
    const { status: _, ...told } = messageAlert(alert);
    const view = {
      ...told,
      receivers: receivers.map(({ receiver }) => ({ name: receiver.name })),
      status: {
        inhibitedBy: [],
        silencedBy,
        state: silencedBy.length > 0 ? 'suppressed' : 'active',
      },
      updatedAt: time(nowMs()),
    };
    return [{ shown, view }];
  });
}

function groupsOf(alerts: readonly AlertView[]): readonly object[] {
  const groups = new Map<string, { labels: object; receiver: { name: string }; alerts: object[] }>();
  for (const { shown, view } of alerts)
    for (const { receiver, group } of shown.receivers) {
      const key = `${receiver.name}\0${labelsKey(group)}`;
      const found = groups.get(key) ?? {
        labels: labelsToRecord(group),
        receiver: { name: receiver.name },
        alerts: [],
      };
      found.alerts.push(view);
      groups.set(key, found);
    }
  return [...groups.values()];
}

const moment = z.string().transform((text, context) => {
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  context.issues.push({
    code: 'custom',
    message: 'expected a time such as 2026-11-24T12:00:00Z',
    input: text,
  });
  return z.NEVER;
});

const textMax = 4096;
const draftShape = z.object({
  id: z.string().default(''),
  matchers: z.array(
    z.object({
      name: z.string().min(1).max(textMax),
      value: z.string().max(textMax),
      isRegex: z.boolean(),
      isEqual: z.boolean().default(true),
    }),
  ),
  startsAt: moment,
  endsAt: moment,
  createdBy: z.string().max(textMax),
  comment: z.string().max(textMax),
});

/** Throws SilenceError. */
function draftIn(body: ArrayBuffer): SilenceDraft {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch (error) {
    throw new SilenceError(`the body is no JSON: ${(error as Error).message}`, { cause: error });
  }
  const read = draftShape.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new SilenceError(`${issue?.path.map(String).join('.')}: ${issue?.message}`);
  }
  const { id, matchers, startsAt, endsAt, createdBy, comment } = read.data;
  return {
    id: id === '' ? undefined : id,
    matchers,
    startsAtMs: startsAt,
    endsAtMs: endsAt,
    createdBy,
    comment,
  };
}
