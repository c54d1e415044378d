// What Grafana asks of a ruler when rules are listed, made, edited, renamed and deleted in it, call by call, and how it reads
// the answers: YAML with none but the keys that it knows, JSON that is joined to it by names, labels and annotations.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Server, startServer } from '../server.ts';

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server?.remove());

const texts = z.record(z.string(), z.string());
/** It refuses a whole list for one key more. */
const strictList = z.record(
  z.string(),
  z.array(
    z.strictObject({
      name: z.string(),
      interval: z.string().optional(),
      rules: z.array(
        z.strictObject({
          record: z.string().optional(),
          alert: z.string().optional(),
          expr: z.string(),
          for: z.string().optional(),
          keep_firing_for: z.string().optional(),
          labels: texts.optional(),
          annotations: texts.optional(),
        }),
      ),
      limit: z.number().optional(),
      query_offset: z.string().optional(),
      align_evaluation_time_on_interval: z.boolean().optional(),
      labels: texts.optional(),
    }),
  ),
);
type List = z.infer<typeof strictList>;

async function call(method: string, path: string, body?: string) {
  const response = await fetch(server.baseUrl + path, {
    method,
    // Its backend names no type.
    ...(body !== undefined && { body: Buffer.from(body) }),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    text: await response.text(),
  };
}

/** As its list of rules is made: what can be edited, joined with what is known of its state. */
async function list(): Promise<List> {
  const { status, type, text } = await call('GET', '/api/prom/rules');
  if (status === 404) return {};
  expect([status, type]).toEqual([200, expect.stringContaining('yaml')]);
  const read = strictList.parse(parse(text));
  const states = JSON.parse((await call('GET', '/prometheus/api/v1/rules')).text) as {
    data: {
      groups: {
        file: string;
        name: string;
        rules: { name: string; query: string; labels: object; annotations?: object }[];
      }[];
    };
  };
  for (const [namespace, groups] of Object.entries(read))
    for (const group of groups) {
      const found = states.data.groups.find(({ file, name }) => file === namespace && name === group.name);
      const plain = (query: string): string => query.replace(/[\s()"`']/g, '');
      expect(
        found?.rules.map(({ name, query, labels, annotations = {} }) => ({
          name,
          query: plain(query),
          labels,
          annotations,
        })),
      ).toEqual(
        group.rules.map((rule) => ({
          name: rule.alert ?? rule.record,
          query: plain(rule.expr),
          labels: rule.labels ?? {},
          annotations: rule.annotations ?? {},
        })),
      );
    }
  return read;
}

const base = '/api/prom/rules';
const save = async (namespace: string, group: string): Promise<void> => {
  const { status, type, text } = await call('POST', `${base}/${encodeURIComponent(namespace)}`, group);
  expect([status, type, JSON.parse(text)]).toEqual([
    202,
    expect.stringContaining('json'),
    { status: 'success', data: null, errorType: '', error: '' },
  ]);
};
const remove = async (namespace: string, group: string): Promise<void> => {
  const path = `${base}/${encodeURIComponent(namespace)}/${encodeURIComponent(group)}`;
  expect((await call('DELETE', path)).status).toBe(202);
};
const namesOf = (all: List): readonly string[] =>
  Object.entries(all).flatMap(([namespace, groups]) =>
    groups.map(({ name, rules }) =>
      [namespace, name, ...rules.map((rule) => rule.alert ?? rule.record)].join('/'),
    ),
  );

const rule = (alert: string, more: object = {}) => ({
  alert,
  expr: `sum by (app) (count_over_time({app=~".+"} |= "error"[5m])) > 3`,
  for: '2m',
  labels: { severity: 'page', tpl: '{{ $labels.app }}-x' },
  annotations: { summary: '{{ $labels.app }} has {{ $value }}', skald_lines: '3' },
  ...more,
});
const group = (name: string, ...rules: object[]): string => JSON.stringify({ name, interval: '1m', rules });

describe('in Grafana, rules', () => {
  it('can be edited where there are none yet', async () => {
    expect(await call('GET', `${base}/test/test`)).toEqual({
      status: 404,
      type: expect.stringContaining('text/plain'),
      text: 'group does not exist\n',
    });
    expect(await list()).toEqual({});
    const { status, text } = await call('GET', '/prometheus/api/v1/rules?group_limit=100');
    expect([status, JSON.parse(text).data]).toEqual([200, { groups: [] }]);
  });

  it('are made, and come back as they were written', async () => {
    await save('my rules', group('first group', rule('ManyErrors')));
    expect(namesOf(await list())).toEqual(['my rules/first group/ManyErrors']);
    const [made] = (await list())['my rules'] ?? [];
    expect(made).toEqual({ name: 'first group', interval: '1m', rules: [rule('ManyErrors')] });
    const one = await call('GET', `${base}/my%20rules/first%20group`);
    expect(parse(one.text)).toEqual(made);
  });

  it('are added, edited and taken away by sending their group again', async () => {
    const record = { record: 'app:errors:rate5m', expr: 'sum by (app) (rate({app=~".+"} |= "error"[5m]))' };
    await save('my rules', group('first group', rule('ManyErrors'), record));
    await save(
      'my rules',
      JSON.stringify({
        name: 'first group',
        interval: '30s',
        limit: 10,
        query_offset: '30s',
        labels: { team: 'web' },
        align_evaluation_time_on_interval: true,
        // Mimir's, which it may send.
        source_tenants: [],
        rules: [rule('ManyErrors', { for: '5m', keep_firing_for: '10m' }), record],
      }),
    );
    const [edited] = (await list())['my rules'] ?? [];
    expect(edited).toMatchObject({
      interval: '30s',
      limit: 10,
      query_offset: '30s',
      labels: { team: 'web' },
      align_evaluation_time_on_interval: true,
      rules: [{ for: '5m', keep_firing_for: '10m' }, record],
    });
    await save('my rules', group('first group', record));
    expect(namesOf(await list())).toEqual(['my rules/first group/app:errors:rate5m']);
  });

  it('are shown with what is wrong, in plain words', async () => {
    const { status, type, text } = await call(
      'POST',
      `${base}/my%20rules`,
      group('bad', rule('Bad', { expr: '{' })),
    );
    expect([status, type]).toEqual([400, expect.stringContaining('text/plain')]);
    expect(text).toContain("could not parse expression for alert 'Bad' in group 'bad'");
    expect(namesOf(await list())).toHaveLength(1);
  });

  it.each([
    [
      'a new group first',
      async (from: string, to: string, text: string) => {
        await save('my rules', group(to, text === '' ? rule('x') : rule(text)));
        await remove('my rules', from);
      },
    ],
    [
      'the old group first',
      async (from: string, to: string, text: string) => {
        await remove('my rules', from);
        await save('my rules', group(to, rule(text)));
      },
    ],
  ])('are renamed by %s', async (_, rename) => {
    await save('my rules', group('from', rule('Kept')));
    await rename('from', 'to / 100 %', 'Kept');
    expect(namesOf(await list())).toContain('my rules/to / 100 %/Kept');
    expect(namesOf(await list())).not.toContain('my rules/from/Kept');
    await remove('my rules', 'to / 100 %');
  });

  it('move to another namespace', async () => {
    await save('other', group('first group', rule('Moved')));
    await remove('my rules', 'first group');
    expect(namesOf(await list())).toEqual(['other/first group/Moved']);
  });

  it('are deleted, also twice, and an empty group is a list without rules', async () => {
    await save('other', group('empty'));
    expect((await list()).other?.find(({ name }) => name === 'empty')).toEqual({
      name: 'empty',
      interval: '1m',
      rules: [],
    });
    for (const name of ['empty', 'first group', 'first group']) await remove('other', name);
    expect(await list()).toEqual({});
    expect((await call('DELETE', `${base}/other`)).status).toBe(404);
  });
});
