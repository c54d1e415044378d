// The query elsewhere: a link to Grafana's Explore, a curl command, the clipboard.
import { baseUrl, type RangeQuery } from './gateway.ts';

export interface GrafanaAddress {
  readonly url: string;
  readonly dataSourceUid: string;
}

/** `range` as the field has it: "1h", or two Unix times in ms joined by "-". */
export function grafanaLink({ url, dataSourceUid }: GrafanaAddress, query: string, range: string): string {
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

export function curlCommand(request: RangeQuery, tenant: string): string {
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

/** False where the browser forbids it, as it does on pages without TLS. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
