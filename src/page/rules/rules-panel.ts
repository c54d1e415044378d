// Rules and alerts: groups with the state of each rule and when it was last looked at. A rule opens to its timeline.
import { button, byId, element } from '../dom/element.ts';
import { countOf, formatSpan } from '../format.ts';
import { type Rule, type RuleGroup, readRules } from '../gateway/rules.ts';
import { problemOf } from '../problem.ts';
import { type RuleTimeline, type RuleTimelineOptions, ruleTimeline } from './rule-timeline.ts';
import { showSilences } from './silence-list.ts';

const refreshMs = 10_000;

export function rulesPanel(options: RuleTimelineOptions): { show(): void } {
  const panel = byId('rules', HTMLElement);
  const said = element('p', { class: 'quiet', role: 'status' });
  const groups = element('div', {});
  const silences = element('div', {});
  panel.replaceChildren(said, groups, silences);
  let asking = new AbortController();
  let shown = '';
  let opened: { readonly key: string; readonly timeline: RuleTimeline } | undefined;

  const close = (): void => {
    opened?.timeline.close();
    opened = undefined;
  };
  const toggle = (key: string, rule: Rule, group: RuleGroup): void => {
    const again = opened?.key === key;
    close();
    if (again) return;
    const place = { namespace: group.file, group: group.name, rule: rule.name };
    const timeline = ruleTimeline(
      rule,
      place,
      options,
      () => void showSilences(silences, options.store, asking.signal),
    );
    opened = { key, timeline };
  };
  const draw = (found: readonly RuleGroup[]): void => {
    groups.replaceChildren(
      ...found.map((group) =>
        groupTable(group, {
          openKey: opened?.key,
          details: opened?.timeline.view,
          onToggle(key, rule) {
            toggle(key, rule, group);
            draw(found);
            groups.querySelector<HTMLElement>(`[data-rule="${CSS.escape(key)}"]`)?.focus();
          },
        }),
      ),
    );
  };
  const refresh = async (): Promise<void> => {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    try {
      const found = await readRules(signal);
      said.textContent = summaryOf(found);
      void showSilences(silences, options.store, signal);
      // Drawn anew only when a state is another: who reads keeps the place.
      const drawn = JSON.stringify(found);
      if (drawn !== shown) draw(found);
      shown = drawn;
    } catch (error) {
      if (signal.aborted) return;
      shown = '';
      groups.replaceChildren();
      said.textContent = problemOf(error).text;
    }
  };
  window.setInterval(() => {
    if (!panel.hidden && !document.hidden) void refresh();
  }, refreshMs);
  options.store.watch(
    ({ asked }) => asked.range,
    () => {
      // Its timeline was of another time.
      close();
      shown = '';
      if (!panel.hidden) void refresh();
    },
  );
  return { show: () => void refresh() };
}

function summaryOf(groups: readonly RuleGroup[]): string {
  const rules = groups.flatMap(({ rules }) => rules);
  if (rules.length === 0)
    return 'There are no rules. They are files below ruler.rules_dir, or come by the API, as from Grafana.';
  const count = (state: string): number =>
    rules.filter((rule) => rule.type === 'alerting' && rule.state === state).length;
  const failing = rules.filter(({ health }) => health === 'err').length;
  return [
    `${countOf(rules.length, 'rule')} in ${countOf(groups.length, 'group')}`,
    `${count('firing')} firing`,
    `${count('pending')} pending`,
    ...(failing > 0 ? [`${failing} that cannot be evaluated`] : []),
  ].join(', ');
}

interface GroupOptions {
  readonly openKey: string | undefined;
  /** Of the open rule. */
  readonly details: HTMLElement | undefined;
  readonly onToggle: (key: string, rule: Rule) => void;
}

function groupTable(group: RuleGroup, { openKey, details, onToggle }: GroupOptions): HTMLElement {
  const rows = group.rules.flatMap((rule, index) => {
    const key = JSON.stringify([group.file, group.name, index]);
    const open = key === openKey;
    const row = element(
      'tr',
      {},
      element(
        'th',
        { scope: 'row' },
        button(rule.name, () => onToggle(key, rule), {
          class: 'plain',
          'aria-expanded': String(open),
          'data-rule': key,
        }),
      ),
      element('td', {}, ruleState(rule)),
      element('td', { class: 'hint' }, hintOf(rule)),
    );
    return open ? [row, element('tr', {}, element('td', { colspan: 3 }, details))] : [row];
  });
  const head = ['Rule', 'State', 'What it says'].map((text) => element('th', { scope: 'col' }, text));
  return element(
    'table',
    { class: 'rules' },
    element('caption', {}, element('strong', {}, group.name), ` ${groupText(group)}`),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
}

function groupText({ file, interval, lastEvaluation, evaluationTime }: RuleGroup): string {
  const lastMs = Date.parse(lastEvaluation);
  const last =
    lastMs > 0
      ? `last ${formatSpan(Math.max(0, Date.now() - lastMs))} ago, took ${Math.round(evaluationTime * 1000)} ms`
      : 'not yet evaluated';
  return `of ${file}, every ${formatSpan(interval * 1000)}, ${last}`;
}

function ruleState(rule: Rule): HTMLElement {
  const state = rule.health === 'err' ? 'failed' : rule.type === 'recording' ? 'recording' : rule.state;
  return element('span', { class: `state state-${state}` }, state);
}

function hintOf(rule: Rule): string {
  if (rule.health === 'err') return rule.lastError ?? '';
  if (rule.type === 'recording') return 'records a series';
  const active = rule.alerts?.length ?? 0;
  const said = rule.annotations?.summary ?? rule.annotations?.description ?? '';
  return [active > 1 ? `${active} alerts` : '', rule.alerts?.[0]?.annotations?.summary ?? said]
    .filter((text) => text !== '')
    .join(': ');
}
