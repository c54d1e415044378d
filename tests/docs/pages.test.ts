// The documentation keeps what it promises: links lead somewhere, commands run, paths are those of the gateway.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { components, describeWith } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
  join('tests', 'conformance', 'README.md'),
  join('tests', 'conformance', 'KNOWN.md'),
];

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Without blocks and spans of code, in which nothing is a link. */
const proseOf = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

/** The anchors that code forges give a page's headings. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );

it.each(pages)('%s: links between files lead somewhere', (page) => {
  const links = [...proseOf(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const broken = links.filter((target) => {
    if (/^(https?|mailto):/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const path = file === '' ? join(root, page) : join(root, dirname(page), file);
    if (!existsSync(path)) return true;
    return anchor !== undefined && !anchorsOf(textOf(relative(root, path))).includes(anchor);
  });
  expect(broken).toEqual([]);
});

const runnable = pages.flatMap((page) =>
  [...textOf(page).matchAll(/^```sh runnable\n([\s\S]*?)^```/gm)].map(([, script = ''], index) => ({
    name: `${page}, block ${index + 1}`,
    script,
  })),
);

describe('commands marked as runnable', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.remove());

  it('are there', () => expect(runnable.length).toBeGreaterThan(2));

  describeWith([components.bash, components.curl], 'run', () => {
    it.each(runnable)('$name', ({ script }) => {
      const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
        cwd: server.dataDir,
        env: { PATH: process.env.PATH, SKALD: server.baseUrl, LC_ALL: 'C.UTF-8' },
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    });
  });
});

describe('docs/http-api.md', () => {
  it('has every path and method of the gateway, and no others', async () => {
    const server = await startServer();
    try {
      const answer = await fetch(`${server.baseUrl}/api/openapi.json`);
      const { paths } = (await answer.json()) as { paths: Record<string, Record<string, unknown>> };
      const served = Object.entries(paths).map(
        ([path, methods]) =>
          `${path} ${Object.keys(methods)
            .map((method) => method.toUpperCase())
            .filter((method) => /^[A-Z]+$/.test(method))
            .sort()
            .join(', ')}`,
      );
      const documented = [
        ...textOf('docs/http-api.md').matchAll(/^\| (`\/.*?) +\| ([A-Z, ]+?) +\|/gm),
      ].flatMap(([, names = '', methods = '']) =>
        names
          .split(', ')
          .map((name) => `${name.replaceAll('`', '')} ${methods.split(', ').sort().join(', ')}`),
      );
      expect(documented.sort()).toEqual(served.sort());
    } finally {
      await server.remove();
    }
  });
});

describe('SECURITY.md', () => {
  it('names tests that are there', () => {
    const named = [...textOf('SECURITY.md').matchAll(/`(tests\/[^`]+\.ts)`(?: “([^”]+)”)?/g)];
    expect(named.length).toBeGreaterThan(10);
    const missing = named
      .filter(
        ([, file = '', title]) =>
          !existsSync(join(root, file)) || (title !== undefined && !textOf(file).includes(title)),
      )
      .map(([whole]) => whole);
    expect(missing).toEqual([]);
  });
});
