// The ruler's side of its API: answers in the words that clients of other rulers know.
import { ParseError } from '../logql/parse-error.ts';
import { RegexError } from '../regex/re2.ts';
import type { RuleStore } from '../store/rule-store.ts';
import type { RpcHandlers } from '../threads/rpc.ts';
import { alertmanagerError } from './notify/alertmanager-error.ts';
import { SilenceError } from './notify/silences.ts';
import { printGroup, printNamespaces } from './print-group.ts';
import { success } from './prometheus-answer.ts';
import { RuleGroupError } from './read-group.ts';
import type { RuleGroup } from './rule-group.ts';
import { historyQuery, historyView } from './rule-history.ts';
import { Ruler, type RulerParts } from './ruler.ts';
import type { GroupPath, RulerAnswer, RulerForMain, RulerReport } from './ruler-protocol.ts';
import { alertsView, rulesView, ViewParameterError } from './rules-view.ts';
import type { RulerSettings } from './settings.ts';

const yamlType = 'application/yaml';
const jsonType = 'application/json';
const textType = 'text/plain; charset=utf-8';

const text = (status: number, message: string): RulerAnswer => ({
  status,
  contentType: textType,
  body: `${message}\n`,
});
const yaml = (body: string): RulerAnswer => ({ status: 200, contentType: yamlType, body });
const accepted: RulerAnswer = { status: 202, contentType: jsonType, body: success(null) };

export class RulerService {
  readonly #openStore: () => RuleStore;
  readonly #parts: Pick<RulerParts, 'queries' | 'nowMs' | 'log'>;
  #ruler: Ruler | undefined;

  constructor(openStore: () => RuleStore, parts: Pick<RulerParts, 'queries' | 'nowMs' | 'log'>) {
    this.#openStore = openStore;
    this.#parts = parts;
  }

  handlers(): RpcHandlers<RulerForMain> {
    return {
      open: (settings) => this.#open(settings),
      rules: ({ tenant, parameters }) =>
        answered(() => json(rulesView(this.#opened.groups(tenant), parameters))),
      alerts: ({ tenant }) => json(alertsView(this.#opened.groups(tenant))),
      list: ({ tenant, namespace, labels }) => answered(() => this.#list(tenant, namespace, labels)),
      group: (path) => this.#group(path),
      setGroup: ({ tenant, namespace, body }) =>
        answeredLater(async () => {
          await this.#opened.setGroup(tenant, namespace, new TextDecoder().decode(body));
          return accepted;
        }),
      tryGroup: ({ tenant, body }) =>
        answeredLater(async () => {
          const rules = await this.#opened.tryGroup(tenant, new TextDecoder().decode(body));
          return json(success({ rules }));
        }),
      deleteGroup: ({ tenant, namespace, group }) =>
        answeredLater(async () => {
          await this.#opened.deleteGroups(tenant, namespace, group);
          return accepted;
        }),
      deleteNamespace: ({ tenant, namespace }) =>
        answeredLater(async () => {
          const deleted = await this.#opened.deleteGroups(tenant, namespace);
          return deleted === 0 ? text(404, 'group namespace does not exist') : accepted;
        }),
      alertmanager: async ({ tenant, request }) => {
        try {
          return await this.#opened.notifications.answer(tenant, request);
        } catch (error) {
          if (error instanceof SilenceError || isClients(error)) return alertmanagerError(error.message);
          throw error;
        }
      },
      history: ({ tenant, parameters }) =>
        answeredLater(async () => {
          const query = historyQuery(tenant, parameters);
          return json(success(historyView(await this.#opened.history(query), query.limit)));
        }),
      notifyTest: async ({ tenant, receiver }) => {
        const tested = await this.#opened.notifications.test(tenant, receiver);
        if (tested.length > 0) return json(success({ receivers: tested }));
        return text(
          404,
          receiver === undefined
            ? 'there are no receivers'
            : `there is no receiver ${JSON.stringify(receiver)}`,
        );
      },
      recorded: ({ tenant, request }) => this.#opened.recorded(tenant, request),
      setLimits: (limits) => this.#opened.setLimits(limits),
      report: () => this.#report(),
      close: () => this.#ruler?.close(),
    };
  }

  async #open(settings: RulerSettings): Promise<void> {
    this.#ruler = await Ruler.open({ ...this.#parts, settings, store: this.#openStore() });
  }

  get #opened(): Ruler {
    if (this.#ruler === undefined) throw new Error('the ruler is not open yet');
    return this.#ruler;
  }

  #list(tenant: string, namespace: string | undefined, labels: string): RulerAnswer {
    const keeps = labelFilter(labels);
    const namespaces = new Map<string, RuleGroup[]>();
    const all = this.#opened.groups(tenant);
    for (const { loaded } of all) {
      const { key, group } = loaded;
      if (namespace !== undefined && key.namespace !== namespace) continue;
      const rules = keeps === undefined ? group.rules : group.rules.filter((rule) => keeps(rule.labels));
      if (keeps !== undefined && rules.length === 0) continue;
      namespaces.set(key.namespace, [...(namespaces.get(key.namespace) ?? []), { ...group, rules }]);
    }
    if (namespaces.size > 0) return yaml(printNamespaces(namespaces));
    const isKnown = all.some(({ loaded }) => namespace === undefined || loaded.key.namespace === namespace);
    return isKnown ? yaml('{}\n') : text(404, 'no rule groups found');
  }

  #group({ tenant, namespace, group }: GroupPath): RulerAnswer {
    const found = this.#opened
      .groups(tenant)
      .find(({ loaded: { key } }) => key.namespace === namespace && key.group === group);
    return found === undefined ? text(404, 'group does not exist') : yaml(printGroup(found.loaded.group));
  }

  async #report(): Promise<RulerReport> {
    const ruler = this.#opened;
    const waiting = await ruler.waitingPosts();
    const files = ruler.fileReport;
    return {
      groups: ruler.groups().map((runner) => {
        const { key } = runner.loaded;
        return {
          tenant: key.tenant,
          group: `${key.namespace};${key.group}`,
          rules: runner.records.length,
          intervalSeconds: runner.intervalMs / 1000,
          ...runner.counts,
          lastSeconds: runner.evaluationSeconds,
          lastEvaluationSeconds: (runner.lastEvaluationMs ?? 0) / 1000,
        };
      }),
      targets: ruler.senders.map(({ target, counts }) => ({
        name: target.name,
        kind: target.kind,
        ...counts,
        waiting: waiting.get(target.name) ?? 0,
      })),
      reloads: files.reloads,
      filesAreGood: files.isGood,
      lastGoodSeconds: files.lastGoodMs === undefined ? undefined : files.lastGoodMs / 1000,
      tenantsWithBadFiles: [...files.errors.keys()],
    };
  }
}

const json = (body: string): RulerAnswer => ({ status: 200, contentType: jsonType, body });

/** `a:b,c:d`: rules that have one of these labels; undefined: all. Throws {@link ViewParameterError}. */
function labelFilter(labels: string): ((own: readonly (readonly [string, string])[]) => boolean) | undefined {
  if (labels === '') return undefined;
  const wanted = labels.split(',').map((pair) => {
    const colon = pair.indexOf(':');
    if (colon <= 0)
      throw new ViewParameterError(`invalid labels ${JSON.stringify(pair)}: expected name:value`);
    return [pair.slice(0, colon), pair.slice(colon + 1)] as const;
  });
  return (own) => wanted.some(([name, value]) => own.some(([n, v]) => n === name && v === value));
}

function answered(answer: () => RulerAnswer): RulerAnswer {
  try {
    return answer();
  } catch (error) {
    return refused(error);
  }
}

async function answeredLater(answer: () => Promise<RulerAnswer>): Promise<RulerAnswer> {
  try {
    return await answer();
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): RulerAnswer {
  if (isClients(error)) return text(400, error.message);
  throw error;
}

const isClients = (error: unknown): error is Error =>
  error instanceof RuleGroupError ||
  error instanceof ViewParameterError ||
  error instanceof ParseError ||
  error instanceof RegexError;
