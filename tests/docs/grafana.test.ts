// Dashboards and alert rules: well-formed, bound to no installation, and asking for metrics that there are.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseExpr } from '../../src/logql/parser.ts';
import { printExpr } from '../../src/logql/print.ts';
import { get, push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { components, describeWith, runProgram } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';

const folder = fileURLToPath(new URL('../../grafana/', import.meta.url));
const dashboards = readdirSync(join(folder, 'dashboards'));

interface DataSource {
  readonly type: string;
  readonly uid: string;
}
interface Target {
  readonly expr?: string;
  readonly queryType?: string;
  readonly datasource?: DataSource;
}
interface Panel {
  readonly title?: string;
  readonly datasource?: DataSource;
  readonly targets?: readonly Target[];
  readonly panels?: readonly Panel[];
}
interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly query?: unknown;
      readonly allValue?: string;
      readonly datasource?: DataSource;
    }[];
  };
}

const read = (file: string): Dashboard =>
  JSON.parse(readFileSync(join(folder, 'dashboards', file), 'utf8')) as Dashboard;
const panelsOf = (panels: readonly Panel[]): readonly Panel[] =>
  panels.flatMap((panel) => [panel, ...panelsOf(panel.panels ?? [])]);

/** Names of metrics in PromQL: words that no function call, label or keyword is. */
const metricsOf = (expr: string): readonly string[] => [
  ...new Set(
    [...expr.replace(/"[^"]*"/g, '""').matchAll(/\b(?:loki|skald|nodejs|process|logql)_\w+\b/g)].map(
      ([name]) => name,
    ),
  ),
];

describe.each(dashboards)('%s', (file) => {
  const dashboard = read(file);
  const panels = panelsOf(dashboard.panels);

  it('has a uid, a title, and panels with titles', () => {
    expect(dashboard.uid).toMatch(/^skald-/);
    expect(dashboard.title).not.toBe('');
    expect(panels.filter(({ title }) => title === undefined || title === '')).toEqual([]);
    expect(panels.length).toBeGreaterThan(2);
  });

  it('names data sources by a variable, so that it shows whichever there is', () => {
    const variables = dashboard.templating.list
      .filter(({ type }) => type === 'datasource')
      .map(({ name }) => `\${${name}}`);
    const used = [
      ...panels.flatMap(({ datasource, targets }) => [
        datasource,
        ...(targets ?? []).map((target) => target.datasource),
      ]),
      ...dashboard.templating.list.map(({ datasource }) => datasource),
    ].flatMap((source) => (source === undefined ? [] : [source.uid]));
    expect(used.length).toBeGreaterThan(0);
    expect(used.filter((uid) => !variables.includes(uid))).toEqual([]);
  });
});

const ruleFiles = ['alerts.yml', 'recording-rules.yml'];
const rulesOf = (file: string): readonly { readonly record?: string; readonly expr: string }[] =>
  (parse(readFileSync(join(folder, file), 'utf8')) as { groups: { rules: [] }[] }).groups.flatMap(
    ({ rules }) => rules,
  );

it.each(rulesOf('recording-rules.yml'))(
  '$record groups by the labels in its name',
  ({ record = '', expr }) => {
    const [labels = ''] = record.split(':');
    const groupings = [...expr.matchAll(/sum by \((?:le, )?([^)]*)\)/g)].map(([, names = '']) => names);
    expect(groupings.length).toBeGreaterThan(0);
    expect(new Set(groupings)).toEqual(new Set([labels.split('_').join(', ')]));
  },
);

describe('metrics', () => {
  let server: Server;
  let page: string;
  beforeAll(async () => {
    server = await startServer();
    await push(server.baseUrl, jsonBody({ app: 'x' }, [{ timestampNs: nowNs(), line: 'x' }]), jsonHeaders);
    page = await (await fetch(`${server.baseUrl}/metrics`)).text();
  });
  afterAll(() => server?.remove());

  /** With the suffixes that a histogram's name has in queries. Those of collectors are there once one runs. */
  const isThere = (name: string): boolean =>
    name.startsWith('skald_source_') ||
    page.includes(`# TYPE ${name} `) ||
    page.includes(`# TYPE ${name.replace(/_(bucket|count|sum)$/, '')} histogram`);

  const expressions = dashboards.flatMap((file) =>
    panelsOf(read(file).panels).flatMap(({ targets = [] }) => targets.map(({ expr = '' }) => expr)),
  );
  it('of the dashboards are all there', () => {
    const named = expressions.flatMap(metricsOf);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });

  it.each(ruleFiles)('of %s are all there', (file) => {
    const named = rulesOf(file).flatMap(({ expr }) => metricsOf(expr));
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });
});

/** Queries of Prometheus, variables replaced by values as Grafana does. */
function metricQueries(): readonly string[] {
  const known: Readonly<Record<string, string>> = { __rate_interval: '5m', __range: '1h' };
  return dashboards
    .flatMap((file) => panelsOf(read(file).panels))
    .flatMap(({ targets = [], datasource: ofPanel }) =>
      targets.flatMap(({ expr = '', datasource = ofPanel }) =>
        datasource?.type === 'prometheus' ? [expr] : [],
      ),
    )
    .map((expr) => expr.replace(/\$(\w+)/g, (_, name: string) => known[name] ?? '.+'));
}

describeWith(components.prometheus, 'promtool', () => {
  it('parses the queries of the dashboards', () => {
    const queries = metricQueries();
    expect(queries.length).toBeGreaterThan(10);
    const rules = queries.map((expr, i) => ({ record: `panel:${i}`, expr }));
    const file = join(mkdtempSync(join(tmpdir(), 'skald-rules-')), 'rules.yml');
    writeFileSync(file, stringify({ groups: [{ name: 'panels', rules }] }));
    expect(runProgram('promtool', ['check', 'rules', file])).toContain(`${queries.length} rules found`);
    rmSync(dirname(file), { recursive: true });
  });
  it('finds the scrape configuration right', () => {
    expect(runProgram('promtool', ['check', 'config', join(folder, 'prometheus.yml')])).toContain('SUCCESS');
  });
  it.each(ruleFiles)('finds %s right', (file) => {
    expect(runProgram('promtool', ['check', 'rules', join(folder, file)])).toContain('SUCCESS');
  });
});

describe('panels and variables of logs', () => {
  let server: Server;
  const line = 'level=error msg="Failed with result exit-code"';
  /** What the collectors store of a container and of two units, one of them that of systemd itself. */
  const streams: readonly Readonly<Record<string, string>>[] = [
    { container: 'web', compose_project: 'shop', stream: 'stderr', host: 'a', job: 'docker' },
    { unit: 'nginx.service', transport: 'stdout', host: 'a', job: 'systemd-journal' },
    { unit: 'init.scope', transport: 'journal', host: 'a', job: 'systemd-journal' },
  ];
  beforeAll(async () => {
    server = await startServer();
    for (const labels of streams) {
      const body = jsonBody(labels, [{ timestampNs: nowNs(), line }]);
      expect((await push(server.baseUrl, body, jsonHeaders)).status).toBe(204);
    }
  });
  afterAll(() => server?.remove());

  const ofLogs = ({ datasource }: { readonly datasource?: DataSource }): boolean =>
    datasource?.type === 'loki';
  const boards = dashboards.map((file) => [file, read(file)] as const);

  /** As Grafana puts them in when All is chosen. */
  const withVariables = (text: string, { templating }: Dashboard): string =>
    templating.list
      .toSorted((a, b) => b.name.length - a.name.length)
      .reduce((so, { name, allValue = '' }) => so.replaceAll(`$${name}`, allValue), text)
      .replaceAll('$__auto', '1m')
      .replaceAll('$__range', '3600s');

  const targets = boards.flatMap(([file, board]) =>
    panelsOf(board.panels).flatMap(({ title = '', targets: list = [] }) =>
      list.filter(ofLogs).map(({ expr = '', queryType = '' }) => ({
        name: `${file}: ${title}`,
        queryType,
        expr: withVariables(expr, board),
      })),
    ),
  );

  it.each(targets)('$name', async ({ expr, queryType }) => {
    expect(printExpr(parseExpr(expr))).not.toContain('$');
    const now = Date.now() / 1000;
    const { data } = await get<{ data: { result: readonly unknown[] } }>(
      server.baseUrl,
      queryType === 'instant' ? '/loki/api/v1/query' : '/loki/api/v1/query_range',
      {
        query: expr,
        ...(queryType === 'instant'
          ? { time: `${now}` }
          : { start: `${now - 3600}`, end: `${now}`, step: '60' }),
        limit: '1000',
      },
    );
    expect(data.result.length).toBeGreaterThan(0);
  });

  it.each(['"quoted"', '\\d+ ms', "it's", 'a\\.b', ''])('a search for %s is a query', (search) => {
    const searching = boards.flatMap(([, board]) =>
      panelsOf(board.panels)
        .flatMap(({ targets: list = [] }) => list.map(({ expr = '' }) => expr))
        .filter((expr) => expr.includes('$search'))
        .map((expr) =>
          withVariables(
            expr.replaceAll('$search', () => search),
            board,
          ),
        ),
    );
    expect(searching.length).toBeGreaterThan(10);
    for (const expr of searching) expect(() => parseExpr(expr)).not.toThrow();
  });

  const variables = boards.flatMap(([file, board]) =>
    board.templating.list
      .filter((variable) => variable.type === 'query' && ofLogs(variable))
      .map(({ name, query }) => {
        const { label, stream } = query as { readonly label: string; readonly stream: string };
        return { name: `${file}: $${name}`, label, stream: withVariables(stream, board) };
      }),
  );

  it.each(variables)('$name', async ({ label, stream }) => {
    const { data } = await get<{ data: readonly string[] }>(
      server.baseUrl,
      `/loki/api/v1/label/${label}/values`,
      stream === '' ? {} : { query: stream },
    );
    expect(data.length).toBeGreaterThan(0);
  });
});
