// The question elsewhere: links to this page, to Grafana's Explore, a curl command.
import { type Asked, fragmentOf } from './address.ts';
import { requestOf } from './conversation/asked-query.ts';
import { copyText } from './dom/copy-text.ts';
import { button, byId, element } from './dom/element.ts';
import { remember, remembered } from './dom/remembered.ts';
import { type Entry, entryKey } from './gateway/entry.ts';
import type { RangeQuery } from './gateway/queries.ts';
import { baseUrl } from './gateway/requests.ts';
import { streamSelector } from './query/query-text.ts';
import type { PageStore } from './state.ts';
import { rangeText } from './time/time-range.ts';

export interface Share {
  copy(text: string, what: string): void;
  copyLineLink(entry: Entry): void;
}

export function share(store: PageStore, say: (text: string) => void): Share {
  const panel = byId('share', HTMLElement);
  const dialog = byId('copy', HTMLDialogElement);
  const text = element('textarea', { readonly: true, rows: 6, 'aria-label': 'Text to copy' });
  dialog.append(
    element(
      'p',
      {},
      'This browser lets pages without TLS copy nothing. The text is selected: copy it with Ctrl C.',
    ),
    text,
    button('Close', () => dialog.close(), { class: 'primary' }),
  );
  const copy = (copied: string, what: string): void => {
    void copyText(copied).then((done) => {
      if (done) return say(`The ${what} is in the clipboard.`);
      text.value = copied;
      dialog.showModal();
      return text.select();
    });
  };
  const link = (asked: Asked, relative = false): string =>
    `${baseUrl()}${fragmentOf(asked, Date.now(), relative)}`;

  const grafanaUrl = element('input', {
    type: 'url',
    value: remembered('skald-grafana') || 'http://localhost:3000',
  });
  const grafanaUid = element('input', { value: remembered('skald-grafana-uid') || 'skald' });
  grafanaUrl.addEventListener('change', () => remember('skald-grafana', grafanaUrl.value));
  grafanaUid.addEventListener('change', () => remember('skald-grafana-uid', grafanaUid.value));
  const relative = button('Copy link to this range as of then', () =>
    copy(link(store.get().asked, true), 'link'),
  );
  store.watch(
    ({ asked }) => asked.range,
    (range) => {
      relative.hidden = range.kind !== 'last';
    },
  );
  panel.replaceChildren(
    element(
      'div',
      { class: 'row wrap' },
      button('Copy link to these lines', () => copy(link(store.get().asked), 'link'), { class: 'primary' }),
      relative,
      button('Copy curl command', () =>
        copy(curlCommand(requestOf(store.get().asked), store.get().asked.tenant), 'curl command'),
      ),
    ),
    element(
      'div',
      { class: 'row wrap' },
      button('Copy Grafana link', () => {
        const address = { url: grafanaUrl.value, dataSourceUid: grafanaUid.value };
        const { asked } = store.get();
        copy(grafanaLink(address, requestOf(asked).query, rangeText(asked.range)), 'Grafana link');
      }),
      element('label', {}, 'Grafana at ', grafanaUrl),
      element('label', {}, 'data source uid ', grafanaUid),
    ),
  );
  return {
    copy,
    copyLineLink(entry) {
      const query = streamSelector(entry.stream);
      const atMs = Number(entry.timestampNs.slice(0, -6));
      const range = { kind: 'between', fromMs: atMs - 300_000, toMs: atMs + 300_000 } as const;
      copy(
        link({ ...store.get().asked, query, range, live: false, line: entryKey(entry) }),
        'link to the line',
      );
    },
  };
}

export interface GrafanaAddress {
  readonly url: string;
  readonly dataSourceUid: string;
}

/** `range` as links have it: "1h", or two Unix times in ms joined by "-". */
function grafanaLink({ url, dataSourceUid }: GrafanaAddress, query: string, range: string): string {
  const [from = '', to] = range.split('-');
  const panes = {
    skald: {
      datasource: dataSourceUid,
      queries: [
        { refId: 'A', expr: query, queryType: 'range', datasource: { type: 'loki', uid: dataSourceUid } },
      ],
      range: to === undefined ? { from: `now-${from}`, to: 'now' } : { from, to },
    },
  };
  const parameters = new URLSearchParams({ schemaVersion: '1', panes: JSON.stringify(panes), orgId: '1' });
  return `${url.replace(/\/+$/, '')}/explore?${parameters}`;
}

function curlCommand(request: RangeQuery, tenant: string): string {
  const parameters = [
    `query=${request.query}`,
    `start=${request.startNs}`,
    `end=${request.endNs}`,
    `limit=${request.limit}`,
  ];
  return [
    `curl -sG ${shellQuoted(`${baseUrl()}loki/api/v1/query_range`)}`,
    ...(tenant === '' ? [] : [`-H ${shellQuoted(`X-Scope-OrgID: ${tenant}`)}`]),
    ...parameters.map((parameter) => `--data-urlencode ${shellQuoted(parameter)}`),
  ].join(' \\\n  ');
}

/** For a POSIX shell. */
const shellQuoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
