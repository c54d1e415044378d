// What an opened line shows: its whole text, labels and fields by where they come from, and what can be done with them.
import { button, element } from '../dom/element.ts';
import type { Entry, Labels } from '../gateway/entry.ts';
import type { FilterOperator } from '../query/query-text.ts';
import { withoutStyles } from './ansi.ts';
import { contextView } from './context.ts';
import { laidOutJson } from './exact-json.ts';
import { fieldsOf } from './line-fields.ts';
import { shortCharactersMax } from './log-row.ts';

export interface LineFilter {
  readonly name: string;
  readonly operator: FilterOperator;
  readonly value: string;
  /** Stream labels take a matcher, others a label filter; fields of the line must be parsed first. */
  readonly from: 'stream' | 'label' | 'json' | 'logfmt';
}

export interface LineActions {
  readonly onFilter: (filter: LineFilter) => void;
  readonly onColumn: (name: string) => void;
  readonly onCopy: (text: string, what: string) => void;
  readonly onCopyLink: (entry: Entry) => void;
}

interface Field {
  readonly name: string;
  readonly value: string;
  readonly isNumber: boolean;
}

export function lineDetails(entry: Entry, actions: LineActions): HTMLElement {
  const { line } = entry;
  const own = fieldsOf(line);
  const laidOut = laidOutJson(line);
  const long = line.length > shortCharactersMax;
  const context = element('div', {});
  const groups = [
    { title: 'Stream', from: 'stream', fields: labelFields(entry.stream) },
    { title: 'Structured metadata', from: 'label', fields: labelFields(entry.metadata) },
    { title: 'Parsed', from: 'label', fields: labelFields(entry.parsed) },
    {
      title: 'Fields of the line',
      from: own?.parser ?? 'json',
      fields: unparsed(own?.fields ?? [], entry.parsed),
    },
  ] as const;
  return element(
    'div',
    { class: 'details' },
    laidOut !== undefined || long
      ? element(
          'pre',
          { tabindex: 0, role: 'region', 'aria-label': 'The whole line' },
          laidOut ?? withoutStyles(line),
        )
      : undefined,
    ...groups
      .filter(({ fields }) => fields.length > 0)
      .map(({ title, from, fields }) => fieldTable(title, from, fields, actions)),
    element(
      'div',
      { class: 'row wrap' },
      button('Copy line', () => actions.onCopy(line, 'line')),
      button('Copy link to line', () => actions.onCopyLink(entry)),
      button('Lines around it', () => context.replaceChildren(contextView(entry))),
      element('code', { title: 'Nanoseconds since 1970' }, entry.timestampNs),
    ),
    context,
  );
}

const labelFields = (labels: Labels): readonly Field[] =>
  Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value, isNumber: /^-?\d+(?:\.\d+)?$/.test(value) }));

/** Those that the query's own stages have brought already are not said twice. */
const unparsed = (fields: readonly Field[], parsed: Labels): readonly Field[] =>
  fields.filter(({ name, value }) => parsed[name] !== value);

function fieldTable(
  title: string,
  from: LineFilter['from'],
  fields: readonly Field[],
  actions: LineActions,
): HTMLElement {
  const rows = fields.map(({ name, value, isNumber }) => {
    const filter = (operator: FilterOperator) => () => actions.onFilter({ name, operator, value, from });
    const size = isNumber && from !== 'stream';
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      element(
        'td',
        { class: 'filters' },
        button('=', filter('='), { 'aria-label': `Only ${name} = ${value}`, title: 'Only lines with this' }),
        button('≠', filter('!='), {
          'aria-label': `Without ${name} = ${value}`,
          title: 'Only lines without this',
        }),
        button('▥', () => actions.onColumn(name), {
          'aria-label': `Column ${name}`,
          title: 'Show as a column, or no longer',
        }),
        size
          ? button('≥', filter('>='), {
              'aria-label': `Only ${name} at least ${value}`,
              title: 'This much or more',
            })
          : undefined,
      ),
      element('td', { class: 'value' }, value),
    );
  });
  return element('table', {}, element('caption', {}, title), element('tbody', {}, ...rows));
}
