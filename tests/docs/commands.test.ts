// Every command that the documentation shows is run, in the order of its page; what cannot run here is listed.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
]
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));

/** Blocks marked as shell, those apart that pages.test.ts runs; and indented commands. */
function commandsOf(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);
  const indented = [...text.matchAll(/^ {4}((?:skald|npm|npx|curl|docker|install|cp) .*)$/gm)].map(
    ([, line = '']) => line,
  );
  return [
    ...blocks.flatMap((block) =>
      block
        .replace(/\\\n\s*/g, '')
        .trim()
        .split('\n'),
    ),
    ...indented,
  ];
}

const notRun: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^npm ci/, 'installs what runs this test'],
  [/^npm (run|start|test)/, 'is checked to be there'],
  [/^npx vitest/, 'runs this test'],
  [/^install |^cp /, 'writes to the system'],
  [/--grafana /, 'needs a Grafana'],
  [/^docker (build|run) /, 'needs a registry; scripts/check-image.sh runs them'],
];
const isRun = (command: string): boolean => !notRun.some(([pattern]) => pattern.test(command));

it('npm scripts are there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = pages.flatMap(({ text }) => [
    ...text.matchAll(/npm (?:run )?(start|test|[a-z]+:[a-z]+|check|docs|demo|fuzz|chaos|conformance)\b/g),
  ]);
  expect(named.length).toBeGreaterThan(8);
  expect(named.map(([, name = '']) => name).filter((name) => scripts[name] === undefined)).toEqual([]);
});

it('there is nothing to list that no page has', () => {
  const all = pages.flatMap(({ text }) => commandsOf(text));
  expect(notRun.filter(([pattern]) => !all.some((command) => pattern.test(command)))).toEqual([]);
});

describeWith(
  [components.bash, components.curl, components.alertmanager, components.prometheus],
  'the commands of',
  () => {
    describe.each(pages.filter(({ text }) => commandsOf(text).some(isRun)))('$name', ({ text }) => {
      let server: Server;
      let folder: string;
      beforeAll(async () => {
        server = await startServer();
        folder = mkdtempSync(join(tmpdir(), 'skald-docs-'));
        mkdirSync(join(folder, 'backup'));
        const lines = Array.from({ length: 100 }, (_, i) => `level=info line ${i}\n`).join('');
        writeFileSync(join(folder, 'app.log'), lines);
        writeFileSync(
          join(folder, 'config.yml'),
          `scrape_configs: [{ static_configs: [{ labels: { job: app, __path__: ${folder}/app.log } }] }]`,
        );
        writeFileSync(
          join(folder, 'web.yml'),
          'groups: [{ name: web, rules: [{ record: "web:lines", expr: vector(1) }] }]\n',
        );
        writeFileSync(join(folder, 'loki.yml'), 'limits_config: { retention_period: 744h }\n');
        const entry = { timestampNs: nowNs(), line: '{"level":"error","status":500}' };
        expect((await push(server.baseUrl, jsonBody({ app: 'web' }, [entry]), jsonHeaders)).status).toBe(204);
      });
      afterAll(async () => {
        await server.remove();
        rmSync(folder, { recursive: true });
      });

      /** The same command on the files and the gateway of this test. */
      const here = (command: string): string =>
        command
          .replaceAll('http://127.0.0.1:3100', server.baseUrl)
          .replaceAll('http://old-loki:3100', server.baseUrl)
          .replaceAll('/var/lib/skald', server.dataDir)
          .replaceAll('/etc/promtail/config.yml', `${folder}/config.yml`)
          .replaceAll('/etc/loki/config.yml', `${folder}/loki.yml`)
          .replaceAll('/var/lib/prometheus', `${folder}/prometheus`)
          .replaceAll('/backup/', `${folder}/backup/`)
          // Its own store: that of the gateway is in use.
          .replaceAll('--offline', `--offline --data_dir ${folder}/offline`);
      const environment = (): Record<string, string | undefined> => ({
        PATH: process.env.PATH,
        LC_ALL: 'C.UTF-8',
        SKALD_ADDR: server.baseUrl,
        SKALD_DATA_DIR: server.dataDir,
        SKALD_HTTP_LISTEN_PORT: new URL(server.baseUrl).port,
        SKALD_COLLECTORS: 'files',
        SKALD_FILES_PATHS: join(folder, 'app.log'),
      });
      const program = `'${process.execPath}' '${join(root, 'dist/main.js')}'`;

      it.each(commandsOf(text).filter(isRun))('%s', async (command) => {
        const options = { cwd: folder, env: environment() };
        if (/^skald (tail|query -f) /.test(command)) {
          const script = here(command).replace(/^skald/, `exec ${program}`);
          expect(await untilInterrupted(spawn('bash', ['-c', script], { ...options, stdio: 'pipe' }))).toBe(
            0,
          );
          return;
        }
        const script = `skald() { ${program} "$@"; }\n${here(command)}`;
        const done = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
          ...options,
          encoding: 'utf8',
          timeout: 100_000,
        });
        expect(done, done.stderr).toMatchObject({ status: 0 });
        if (command.startsWith('curl')) expect(done.stdout).not.toMatch(/"status":"error"|Not Found/);
      });
    });
  },
);

/** For those that end only when asked to: the exit code after the first output. */
async function untilInterrupted(child: ChildProcess): Promise<number> {
  const closed = once(child, 'close');
  await once(child.stdout as Readable, 'data');
  child.kill('SIGINT');
  return ((await closed) as [number])[0];
}
