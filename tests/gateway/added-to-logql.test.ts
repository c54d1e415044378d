// What ARCHITECTURE.md says of adding a stage and a function: these entries are all that a copy of the source is given,
// and the gateway built of it has them in queries and tails. An entry that leaves something open does not compile.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';
import { get, type LogStream, push, queryLogs } from './client.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const copy = mkdtempSync(join(tmpdir(), 'skald-copy-'));

/** Text to put in front of a text of a file. */
type Addition = readonly [file: string, before: string, text: string];

const stageSyntax = 'src/logql/stages.ts';
const stageWork = 'src/pipeline/stages.ts';
const rangeOperations = 'src/logql/operations/range-operations.ts';

/** A stage of one word, which makes lines upper case. */
const stageNamed = (word: string, canRunInTail: boolean): readonly Addition[] => [
  [stageSyntax, '  | KeepStage;', `  | { readonly kind: '${word}' }\n`],
  [
    stageSyntax,
    '  keep,\n};',
    `  ${word}: {
    opening: { word: '${word}', flags: [] },
    parse: () => ({ kind: '${word}' }),
    print: () => '| ${word}',
    fault: () => undefined,
    readsLine: true,
    changesLine: true,
    changesLabels: false,
    dropsEntries: false,
    readsTime: false,
    canRunInTail: ${canRunInTail},
    extractsAllFields: () => false,
  },
`,
  ],
  [
    stageWork,
    '  keep: compileKeep,\n};',
    `  ${word}: () => ({
    labelsRead: [],
    apply: (entry) => {
      entry.line = entry.line.toUpperCase();
      return true;
    },
  }),
`,
  ],
];
const stage = stageNamed('upper', true);

/** The number of pairs that the samples of a window make. */
const operation: readonly Addition[] = [
  [rangeOperations, "  | 'absent_over_time';", "  | 'pairs_over_time'\n"],
  [
    rangeOperations,
    '  count_over_time: {',
    `  pairs_over_time: {
    ...entrySum,
    pushable: false,
    joinedBy: undefined,
    finish: () => ({ cell: 'count', value: ([count = 0]) => (count * (count - 1)) / 2 }),
  },
`,
  ],
];

function change(file: string, changed: (text: string) => string): void {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, changed(text));
}

function add([file, before, text]: Addition): void {
  change(file, (whole) => {
    const at = whole.indexOf(before);
    if (at < 0) throw new Error(`${file} has no '${before}'`);
    return whole.slice(0, at) + text + whole.slice(at);
  });
}

let server: Server;
beforeAll(async () => {
  for (const name of ['src', 'scripts', 'proto', 'package.json', 'tsconfig.json'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  // After the sources, so that they count as compiled from them.
  cpSync(join(root, 'dist/kernels'), join(copy, 'dist/kernels'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  for (const addition of [...stage, ...stageNamed('batched', false), ...operation]) add(addition);
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: copy });
  server = await startServer({ program: join(copy, 'dist/main.js') });
});
afterAll(async () => {
  await server?.remove();
  rmSync(copy, { recursive: true, force: true });
});

it('touches two files for a stage and one for a function', () => {
  expect(new Set(stage.map(([file]) => file)).size).toBe(2);
  expect(new Set(operation.map(([file]) => file)).size).toBe(1);
});

it('parses and prints them', async () => {
  const query = '{app="x"}|upper|="ERR"';
  const printed = await get(server.baseUrl, '/loki/api/v1/format_query', { query });
  expect(printed).toEqual({ status: 'success', data: '{app="x"} | upper |= "ERR"' });
  const metric = await get(server.baseUrl, '/loki/api/v1/format_query', {
    query: 'sum(pairs_over_time({app="x"}|upper[5m]))',
  });
  expect(metric).toEqual({ status: 'success', data: 'sum(pairs_over_time({app="x"} | upper[5m]))' });
});

it('runs them in queries and tails, filters after the stage on the line that it makes', async () => {
  const startNs = nowNs();
  const query = '{app="x"} | upper |= "ERR"';
  const address = server.baseUrl.replace('http', 'ws');
  const socket = new WebSocket(`${address}/loki/api/v1/tail?${new URLSearchParams({ query })}`);
  const tailed: string[] = [];
  socket.on('message', (data) => {
    const { streams } = JSON.parse(String(data)) as { streams: LogStream[] };
    tailed.push(...streams.flatMap(({ values }) => values.map(([, line]) => line)));
  });
  await once(socket, 'open');
  const lines = ['err one', 'well', 'an Err', 'ERR three'];
  const entries = lines.map((line, i) => ({
    timestampNs: startNs + BigInt(i),
    line,
    structuredMetadata: {},
  }));
  expect((await push(server.baseUrl, jsonBody({ app: 'x' }, entries), jsonHeaders)).status).toBe(204);

  const found = await queryLogs(server.baseUrl, query, { startNs, endNs: startNs + 1_000n });
  expect(found.flatMap(({ values }) => values.map(([, line]) => line)).sort()).toEqual([
    'AN ERR',
    'ERR ONE',
    'ERR THREE',
  ]);
  await expect.poll(() => tailed.toSorted()).toEqual(['AN ERR', 'ERR ONE', 'ERR THREE']);
  socket.terminate();

  const pairs = await get<{ data: { result: { value: [number, string] }[] } }>(
    server.baseUrl,
    '/loki/api/v1/query',
    { query: `sum(pairs_over_time(${query}[5m]))`, time: String(startNs + 1_000_000_000n) },
  );
  expect(pairs.data.result.map(({ value }) => value[1])).toEqual(['3']);
});

it('refuses a tail of a stage that no tail can run', async () => {
  const query = '{app="x"} | batched';
  const answer = await fetch(`${server.baseUrl}/loki/api/v1/tail?${new URLSearchParams({ query })}`, {
    headers: { Accept: 'text/event-stream' },
  });
  expect([answer.status, await answer.text()]).toEqual([400, "stage '| batched' : cannot run in a tail"]);
});

it('does not compile when something of an entry is left open', () => {
  change(stageSyntax, (text) => text.replace("'| upper',\n    fault: () => undefined,\n", "'| upper',\n"));
  change(stageWork, (text) => text.replace('  upper: () => ({', '  other: () => ({'));
  change(rangeOperations, (text) => text.replace('  pairs_over_time: {', '  others_over_time: {'));
  let said = '';
  try {
    execFileSync(join(copy, 'node_modules/.bin/tsc'), ['--noEmit', '-p', 'tsconfig.json'], { cwd: copy });
  } catch (error) {
    said = String((error as { stdout?: Buffer }).stdout);
  }
  expect([...new Set(said.match(/^src\/[^(]*/gm))].sort()).toEqual([rangeOperations, stageSyntax, stageWork]);
  expect(said).toContain("'fault'");
});
