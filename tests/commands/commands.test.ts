// The commands as people run them, against a gateway and against its files.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandNames } from '../../src/commands/cli/registry.ts';
import { runCommand } from '../../src/commands/cli/run-command.ts';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs, protobufBody, protobufHeaders } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { freePort, type Server, startServer } from '../server.ts';
import { runCommandLine, startCommand } from './run.ts';

const entryCount = 250;
let server: Server;
let folder: string;
let baseNs: bigint;
let environment: Record<string, string>;

/** Against the gateway. */
const skald = (...given: string[]) => runCommandLine(given, { environment });
const lines = (text: string): string[] => text.split('\n').slice(0, -1);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skald-'));
  server = await startServer();
  environment = { SKALD_ADDR: server.baseUrl, SKALD_DATA_DIR: server.dataDir };
  baseNs = nowNs() - 60_000_000_000n;
  const web = Array.from({ length: entryCount }, (_, i) => ({
    // Five entries to a time.
    timestampNs: baseNs + BigInt(Math.floor(i / 5)),
    line: `level=${i % 2 === 0 ? 'info' : 'error'} n=${i}`,
    structuredMetadata: { trace: `t${i % 3}` },
  }));
  expect((await push(server.baseUrl, jsonBody({ app: 'web', env: 'prod' }, web), jsonHeaders)).status).toBe(
    204,
  );
  const around = Array.from({ length: 20 }, (_, i) => ({
    timestampNs: baseNs + BigInt(i) * 1_000_000n,
    line: `n=${i} of the stream`,
  }));
  expect((await push(server.baseUrl, jsonBody({ app: 'around' }, around), jsonHeaders)).status).toBe(204);
  const bytes = protobufBody([
    {
      labels: '{app="db", env="prod"}',
      entries: [{ timestampNs: baseNs, line: new Uint8Array([0x66, 0xff, 0x0a, 0x00]) }],
    },
  ]);
  expect((await push(server.baseUrl, bytes, protobufHeaders)).status).toBe(204);
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true });
});

describe('query', () => {
  it('prints every entry once, page by page, oldest or newest first', async () => {
    const all = Array.from({ length: entryCount }, (_, i) => i);
    for (const direction of [[], ['--forward']]) {
      const { code, out } = await skald(
        ...['query', '--limit', '0', '--batch', '7', '-o', 'raw', ...direction, '{app="web"}'],
      );
      expect(code).toBe(0);
      const numbers = lines(out).map((line) => Number(line.split('n=')[1]));
      expect(numbers.toSorted((a, b) => a - b)).toEqual(all);
      const ticks = numbers.map((n) => Math.floor(n / 5));
      const sign = direction.length === 0 ? -1 : 1;
      expect(ticks).toEqual(ticks.toSorted((a, b) => sign * (a - b)));
    }
  });

  it.each([
    ['{app="nobody"}', 'No lines, because {app="nobody"} has none from '],
    [
      '{app="web"} |= "nothing of the kind"',
      `No lines, because none of the ${entryCount} that {app="web"} has from `,
    ],
  ])('says why there is nothing: %s', async (query, why) => {
    const { code, out, notes } = await skald('query', query);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(notes).toContain(why);
    expect((await skald('query', '--quiet', query)).notes).toBe('');
  });

  it.each([
    ['one entry', '|= "n=10 "', ['8', '9', '>10', '11', '12']],
    ['the first, of which nothing is before', '|= "n=0 "', ['>0', '1', '2']],
    ['two that are near, as one stretch', '|~ "n=(5|8) "', ['3', '4', '>5', '6', '7', '>8', '9', '10']],
    ['two that are not', '|~ "n=(2|14) "', ['0', '1', '>2', '3', '4', '--', '12', '13', '>14', '15', '16']],
    ['one whose line the query changes', '|= "n=10 " | line_format "n=ten "', ['8', '9', '>ten', '11', '12']],
  ])('--context: %s', async (_name, stages, expected) => {
    const { code, out } = await skald('query', '-C', '2', '--no-labels', `{app="around"} ${stages}`);
    expect(code).toBe(0);
    const shown = lines(out).map((line) => {
      const number = /n=(\w+)/.exec(line)?.[1];
      return number === undefined ? line : line.startsWith('> ') ? `>${number}` : number;
    });
    expect(shown).toEqual(expected);
  });

  it('says common labels once on standard error, and nothing with --quiet', async () => {
    const asked = ['query', '--limit=2', '{app="web"} | trace="t1"'];
    const told = await skald(...asked);
    expect(told.notes).toContain('Common labels: {app="web", env="prod", service_name="web", trace="t1"}');
    expect(lines(told.out)).toHaveLength(2);
    expect(told.out).not.toContain('app=');
    const quiet = await skald(...asked, '--quiet');
    expect(quiet).toEqual({ ...told, notes: '' });
  });

  it('prints a JSON object a line, and metrics as JSON', async () => {
    const logs = await skald('query', '--limit', '1', '--forward', '-o', 'jsonl', '{app="web"}');
    expect(JSON.parse(logs.out)).toMatchObject({
      labels: { app: 'web', env: 'prod' },
      line: expect.stringMatching(/^level=\w+ n=[0-4]$/),
    });
    const metric = await skald('query', '--since', '10m', 'sum(count_over_time({app="web"}[1h]))');
    const [series] = JSON.parse(metric.out) as { metric: object; values: [number, string][] }[];
    expect(series?.metric).toEqual({});
    expect(series?.values.at(-1)?.[1]).toBe(String(entryCount));
  });

  it('ends quietly when the reader goes', async () => {
    const child = startCommand(['query', '--limit', '0', '{env="prod"}'], { environment });
    child.stdout?.destroy();
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
  });
});

describe('tail', () => {
  it('prints what comes, and ends on SIGINT', async () => {
    const child = startCommand(['tail', '--limit', '1', '-o', 'raw', '{app="tailed"}'], { environment });
    const printed = createInterface(child.stdout as Readable)[Symbol.asyncIterator]();
    const pushLine = (line: string) =>
      push(server.baseUrl, jsonBody({ app: 'tailed' }, [{ timestampNs: nowNs(), line }]), jsonHeaders);
    await pushLine('first');
    expect((await printed.next()).value).toBe('first');
    await pushLine('second');
    expect((await printed.next()).value).toBe('second');
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(0);
  });
});

describe('labels, series, stats', () => {
  it.each([
    [['labels'], ['app', 'env', 'service_name']],
    [
      ['labels', 'app', '--query', '{env="prod"}'],
      ['db', 'web'],
    ],
    [['series', '{app="web"}'], ['{app="web", env="prod", service_name="web"}']],
  ])('%j', async (given, want) => {
    const { code, out, notes } = await skald(...given);
    expect([code, lines(out), notes]).toEqual([0, want, '']);
  });

  it('counts', async () => {
    const { out } = await skald('stats', '--json', '{app="web"}');
    expect(JSON.parse(out)).toMatchObject({ streams: 1, entries: entryCount });
    const analysis = await skald('series', '--analyze-labels', '{env="prod"}');
    expect(lines(analysis.out)).toContain('app           2       2');
  });
});

describe('instant-query, volume, volume_range, detected-fields', () => {
  const json = async (...given: string[]): Promise<unknown> => {
    const { code, out, notes } = await skald(...given);
    expect([code, notes]).toEqual([0, '']);
    return JSON.parse(out);
  };

  it('a metric query at one moment', async () => {
    const query = 'sum by (level) (count_over_time({app="web"} | logfmt [1h]))';
    const counted = (await json('instant-query', query)) as { metric: object; value: [number, string] }[];
    const half = String(entryCount / 2);
    expect(counted.map(({ metric, value }) => [metric, value[1]])).toEqual(
      expect.arrayContaining([
        [{ level: 'info' }, half],
        [{ level: 'error' }, half],
      ]),
    );
    expect(await json('instant-query', '--now', 'now-2d', query)).toEqual([]);
    expect((await skald('instant-query', '--stats', query)).notes).toContain('"totalLinesProcessed"');
  });

  it('bytes, the largest first, and by step', async () => {
    const { code, out } = await skald('volume', '--targetLabels', 'app', '{env="prod"}');
    expect(code).toBe(0);
    expect(lines(out)).toEqual([
      expect.stringMatching(/^[\d.]+ kB {2}\{app="web"\}$/),
      expect.stringMatching(/^4 B +\{app="db"\}$/),
    ]);
    const whole = (await json('volume', '--json', '--limit', '1', '{env="prod"}')) as {
      value: [number, string];
    }[];
    expect(whole).toMatchObject([{ metric: { env: 'prod' } }]);
    const steps = (await json('volume_range', '--step', '1h', '{env="prod"}')) as {
      values: [number, string][];
    }[];
    const sum = steps.flatMap(({ values }) => values).reduce((all, [, bytes]) => all + Number(bytes), 0);
    expect(sum).toBe(Number(whole[0]?.value[1]));
    expect(await json('volume', '--json', '--aggregateByLabels', '{app="db"}')).toContainEqual(
      expect.objectContaining({ metric: { app: '' } }),
    );
  });

  it('fields with their types, and the values of one', async () => {
    const { out } = await skald('detected-fields', '{app="web"}');
    const rows = lines(out).map((line) => line.split(/ +/));
    expect(rows[0]).toEqual(['field', 'type', 'values', 'parser']);
    expect(rows).toContainEqual(['n', 'int', expect.stringMatching(/^\d+$/), 'logfmt']);
    const values = await skald('detected-fields', '{app="web"}', 'level');
    expect(lines(values.out).sort()).toEqual(['error', 'info']);
    expect(await json('detected-fields', '--json', '--limit', '1', '{app="web"}')).toHaveLength(1);
    expect(await json('detected-fields', '--since', '1s', '--to', 'now-1d', '--json', '{app="web"}')).toEqual(
      [],
    );
  });
});

describe('export and import', () => {
  it('move everything into another store and back, also lines that are no UTF-8', async () => {
    const exported = await skald('export', '{env="prod"}');
    expect(exported.notes).toBe(`${entryCount + 1} entries exported\n`);
    const remote = await skald('export', '--addr', server.baseUrl, '--since', '1h', '{app="web"}');
    const local = await skald('export', '{app="web"}');
    expect(lines(remote.out).toSorted()).toEqual(lines(local.out).toSorted());

    const plain = join(folder, 'all.ndjson');
    const zipped = join(folder, 'all.ndjson.gz');
    writeFileSync(plain, exported.out);
    writeFileSync(zipped, gzipSync(exported.out));
    const data = { SKALD_DATA_DIR: join(folder, 'imported') };
    // Twice: nothing is stored twice.
    for (const file of [plain, zipped]) {
      const imported = await runCommandLine(['import', '--offline', file], { environment: data });
      expect(imported).toEqual({ code: 0, out: '', notes: `${entryCount + 1} entries sent\n` });
    }
    const back = await runCommandLine(['export'], { environment: data });
    expect(lines(back.out).toSorted()).toEqual(lines(exported.out).toSorted());
  });

  it('push into a running gateway from standard input', async () => {
    const body = jsonBody({ app: 'imported' }, [{ timestampNs: baseNs, line: 'x' }]);
    const imported = await runCommandLine(['import', '-'], { environment, input: body });
    expect(imported).toMatchObject({ code: 0, notes: '1 entries sent\n' });
    expect((await skald('query', '-o', 'raw', '{app="imported"}')).out).toBe('x\n');
  });

  it('tell what the gateway refuses, and end with 1', async () => {
    const body = jsonBody({ app: 'old' }, [{ timestampNs: 1n, line: 'x' }]);
    const { code, notes } = await runCommandLine(['import', '-'], { environment, input: body });
    expect(code).toBe(1);
    expect(notes).toContain('timestamp too old');
    expect(notes).toContain('SKALD_REJECT_OLD_SAMPLES=false');
  });
});

describe('backup and verify', () => {
  it('copy the store of a running gateway, refuse to overwrite, and find damage', async () => {
    const file = join(folder, 'copy.db');
    expect(await skald('backup', file, '--verify')).toMatchObject({ code: 0, out: '' });
    const again = await skald('backup', file);
    expect(again.code).toBe(1);
    expect(again.notes).toContain('exists already');
    const report = await skald('verify', file);
    expect(report).toMatchObject({ code: 0, notes: '' });
    expect(report.out).toContain('no damage found');
    const noStore = join(folder, 'text.db');
    writeFileSync(noStore, 'not a database, but long enough to be looked at');
    expect((await skald('verify', noStore)).code).toBe(1);
  });

  it('draw no progress without a terminal', async () => {
    const file = join(folder, 'silent.db');
    const { notes } = await skald('backup', file);
    expect(existsSync(file)).toBe(true);
    expect(notes).toMatch(/^[^\r\u001b]*silent\.db: [^\r\u001b]*\n$/);
    const imported = await runCommandLine(['export'], { environment });
    expect(imported.notes).not.toMatch(/[\r\u001b]/);
  });
});

describe('doctor', () => {
  const states = (text: string) =>
    Object.fromEntries(
      (JSON.parse(text) as { subject: string; state: string }[]).map(({ subject, state }) => [
        subject,
        state,
      ]),
    );

  it('knows the gateway that runs, and what is missing', async () => {
    const { port } = new URL(server.baseUrl);
    const healthy = await skald('doctor', '--json', '--http.listen_port', port);
    expect(states(healthy.out)).toMatchObject({ configuration: 'ok', store: 'ok', port: 'ok', clock: 'ok' });
    expect(healthy.out).toContain('answers on');
    const ill = await runCommandLine(
      ['doctor', '--json', '--http.listen_port', String(await freePort()), '--docker.host', 'unix:///none'],
      {
        environment: {
          SKALD_COLLECTORS: 'docker',
          SKALD_DATA_DIR: join(folder, 'text.db', 'below'),
          SKALD_ADDR: server.baseUrl,
        },
      },
    );
    expect(ill.code).toBe(1);
    expect(states(ill.out)).toMatchObject({ 'data directory': 'wrong', docker: 'wrong', port: 'ok' });
  });

  it('finds another program on the port, a Grafana that is none, a wrong setting', async () => {
    const wrong = await skald('doctor', '--grafana', server.baseUrl, '--http.listen_port', '0', '--json');
    expect(wrong.code).toBe(1);
    expect(states(wrong.out)).toMatchObject({ Grafana: 'wrong' });
    const setting = await skald('doctor', '--http.listen_port', 'x');
    expect(setting.code).toBe(1);
    expect(setting.out).toContain('expected a whole number');
  });
});

describe('wrong command lines', () => {
  it.each([
    [['qurey'], 2, 'unknown command "qurey"; did you mean "query"?'],
    [['query'], 2, "expected [flags] 'LOGQL'"],
    [['query', '{a="b"}', 'c'], 2, 'unexpected "c"'],
    [['query', '--limt', '1', '{a="b"}'], 2, 'did you mean "limit"?'],
    [['query', '{a='], 1, 'answered 400: parse error'],
    [['instant-query', '--now', 'x', '1'], 2, 'expected a time such as'],
    [['volume', '{a='], 1, 'answered 400: parse error'],
    [['detected-fields'], 2, "expected [flags] 'LOGQL' [FIELD]"],
    [['query', '--addr', 'ftp://x', '{a="b"}'], 2, 'expected the URL of a server'],
    [['query', '--addr', 'http://127.0.0.1:1', '--retries', '0', '{a="b"}'], 1, 'connection refused'],
    [['tail', 'count_over_time({a="b"}[1m])'], 1, ''],
    [['export', '--addr', 'http://127.0.0.1:1'], 2, 'needs --since or --from'],
    [['export', '{a='], 2, 'parse error'],
    [['export', '--org-id', 'nobody'], 1, 'nothing of the tenant "nobody"'],
    [['import', '/no/such/file'], 1, '/no/such/file'],
    [['import', '--offline', '/dev/null'], 1, 'already open in another Skald process'],
    [['completion', 'csh'], 2, 'expected one of bash, zsh, fish'],
  ])('%j ends with %d', async (given, code, message) => {
    const answer = await skald(...given);
    expect(answer).toMatchObject({ code, out: '' });
    expect(answer.notes).toContain(message);
  });
});

/** What a command prints, without a process of its own. */
async function inProcess(...given: string[]): Promise<string> {
  const chunks: Buffer[] = [];
  const stdout = new Writable({
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk);
      done();
    },
  });
  const { signal } = new AbortController();
  const streams = { stdin: Readable.from([]), stdout, stderr: stdout };
  expect(await runCommand(given, { env: {}, ...streams, signal })).toBe(0);
  return Buffer.concat(chunks).toString();
}

describe('help and completion', () => {
  it('has a page for every command, and completions that name each', async () => {
    const names = commandNames;
    const list = await inProcess('help');
    expect([...list.matchAll(/^ {2}([\w-]+) /gm)].map((match) => match[1])).toEqual(names);
    for (const name of names) expect(await inProcess(name, '--help')).toContain(`Usage: skald ${name} `);
    for (const shell of ['zsh', 'fish']) {
      const script = await inProcess('completion', shell);
      for (const name of names) expect(script).toContain(name);
    }
  });

  describeWith(components.bash, 'in bash', () => {
    it('completes names, flags and values', async () => {
      const script = join(folder, 'skald.bash');
      writeFileSync(script, (await skald('completion', 'bash')).out);
      const complete = (...words: string[]): string[] =>
        spawnSync(
          'bash',
          [
            '-c',
            `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _skald; printf '%s\\n' "\${COMPREPLY[@]}"`,
          ]
            .concat(script)
            .concat(words),
          { encoding: 'utf8' },
        )
          .stdout.trim()
          .split('\n');
      expect(complete('skald', 'quer')).toEqual(['query']);
      expect(complete('skald', 'query', '--forw')).toEqual(['--forward']);
      expect(complete('skald', 'query', '-o', 'j')).toEqual(['jsonl']);
      expect(complete('skald', 'completion', 'f')).toEqual(['fish']);
      expect(readFileSync(script, 'utf8')).toContain('complete -o default -F _skald skald');
    });
  });
});
