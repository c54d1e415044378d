// One line of the list: level, time, text; opened: labels by where they come from, with filters, and the whole text.
import { button, element } from './element.ts';
import { formatTime } from './format.ts';
import type { Entry, Labels } from './gateway.ts';
import { levelOf } from './levels.ts';
import type { MatchOperator } from './query-text.ts';

/** Characters of a line in the list; opened, it is whole. */
const shortCharactersMax = 2000;

export interface LineFilter {
  readonly name: string;
  readonly operator: MatchOperator;
  readonly value: string;
  /** True: a label of the stream, which a matcher finds; else it takes a label filter. */
  readonly stream: boolean;
}

export interface LineActions {
  readonly onFilter: (filter: LineFilter) => void;
  readonly onCopy: (text: string, what: string) => void;
}

export function logLine(entry: Entry, actions: LineActions): HTMLLIElement {
  const { metadata, stream, merged, parsed } = entry;
  const level = levelOf(
    metadata.detected_level ?? merged.detected_level ?? stream.level ?? parsed.level ?? merged.level,
  );
  const text =
    entry.line.length > shortCharactersMax ? `${entry.line.slice(0, shortCharactersMax)}…` : entry.line;
  const head = element(
    'div',
    { class: 'head', role: 'button', tabindex: -1, 'aria-expanded': 'false' },
    element('span', { class: `level level-${level}` }, level),
    element('time', { datetime: isoTime(entry.timestampNs) }, formatTime(entry.timestampNs)),
    element('span', { class: 'text' }, text),
  );
  const line = element('li', { class: `line level-${level}` }, head);
  head.addEventListener('click', () => {
    // A text that was just selected is to be copied, not closed.
    if (document.getSelection()?.isCollapsed === false) return;
    toggleLine(line, entry, actions);
  });
  head.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    toggleLine(line, entry, actions);
  });
  return line;
}

/** True when it was open. */
export function closeLine(line: Element): boolean {
  const details = line.querySelector('.details');
  details?.remove();
  line.querySelector('.head')?.setAttribute('aria-expanded', 'false');
  return details !== null;
}

function toggleLine(line: HTMLLIElement, entry: Entry, actions: LineActions): void {
  if (closeLine(line)) return;
  line.querySelector('.head')?.setAttribute('aria-expanded', 'true');
  line.append(details(entry, actions));
}

function details(entry: Entry, actions: LineActions): HTMLElement {
  const groups: readonly (readonly [title: string, labels: Labels, stream: boolean])[] = [
    ['Stream', entry.stream, true],
    ['Structured metadata', entry.metadata, false],
    ['Parsed', entry.parsed, false],
    ['Labels', entry.merged, false],
  ];
  const pretty = prettyJson(entry.line);
  return element(
    'div',
    { class: 'details' },
    pretty === undefined && entry.line.length <= shortCharactersMax
      ? undefined
      : element('pre', { tabindex: 0, 'aria-label': 'The whole line' }, pretty ?? entry.line),
    ...groups
      .filter(([, labels]) => Object.keys(labels).length > 0)
      .map(([title, labels, stream]) => labelTable(title, labels, stream, actions)),
    element(
      'div',
      { class: 'row' },
      button('Copy line', () => actions.onCopy(entry.line, 'line')),
      element('code', {}, entry.timestampNs),
    ),
  );
}

function labelTable(title: string, labels: Labels, stream: boolean, actions: LineActions): HTMLElement {
  const rows = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      const filter = (operator: MatchOperator) => () => actions.onFilter({ name, operator, value, stream });
      return element(
        'tr',
        {},
        element('th', { scope: 'row' }, name),
        element(
          'td',
          { class: 'filters' },
          button('=', filter('='), { 'aria-label': `Only ${name} = ${value}` }),
          button('≠', filter('!='), { 'aria-label': `Without ${name} = ${value}` }),
        ),
        element('td', {}, value),
      );
    });
  return element('table', {}, element('caption', {}, title), element('tbody', {}, ...rows));
}

function prettyJson(line: string): string | undefined {
  if (!/^\s*[[{]/.test(line)) return undefined;
  try {
    return JSON.stringify(JSON.parse(line), undefined, 2);
  } catch {
    return undefined;
  }
}

function isoTime(timestampNs: string): string {
  const at = new Date(Number(BigInt(timestampNs) / 1_000_000n));
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}
