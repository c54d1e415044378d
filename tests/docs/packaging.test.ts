// The files by which others run Skald: composition, image, unit. Every path in them is there, every setting exists, and
// what a program can check is checked by that program.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { environmentName, loadConfig, settingsByName } from '../../src/config/sources/load-config.ts';
import { httpDefaults } from '../../src/http/server/settings.ts';
import { components, describeWith, findProgram, runProgram } from '../real/require-component.ts';
import { startServer } from '../server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const settings = new Set([...settingsByName.values()].map(({ keys }) => environmentName(keys)));
const unknownSettings = (names: readonly string[]): readonly string[] =>
  names.filter((name) => name.startsWith('SKALD_') && !settings.has(name));

/** What of the Compose specification is used here; anything else is a mistake or belongs into this list. */
const service = z.strictObject({
  image: z
    .string()
    .regex(/^[\w./-]+:[\w.-]+$/)
    .optional(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string()).optional(),
  group_add: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  volumes: z.array(z.string().regex(/^[^:]+:\/[^:]+(:ro)?$/)).optional(),
  ports: z.array(z.string().regex(/^127\.0\.0\.1:\d+:\d+$/)).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  restart: z.enum(['unless-stopped', 'always']),
});
const composition = z.strictObject({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
});

describe('docker-compose.yml', () => {
  const { services, volumes } = composition.parse(parse(read('docker-compose.yml')));
  const all = Object.entries(services);
  const mounts = all.flatMap(([, { volumes: own = [] }]) => own.map((text) => text.split(':')[0] as string));

  it('has an image or a build for each service', () => {
    expect(all.filter(([, { image, build }]) => (image === undefined) === (build === undefined))).toEqual([]);
    for (const [, { build }] of all)
      if (build) expect(existsSync(join(root, build, 'Dockerfile'))).toBe(true);
  });
  it('mounts volumes that are declared, and files that are there', () => {
    const named = mounts.filter((mount) => !/^[./]/.test(mount));
    expect([...new Set(named)].sort()).toEqual(Object.keys(volumes).sort());
    const missing = mounts.filter((mount) => mount.startsWith('.') && !existsSync(join(root, mount)));
    expect(missing).toEqual([]);
  });
  it('waits for services that tell their health, and sets settings that exist', () => {
    const awaited = all.flatMap(([, { depends_on = {} }]) => Object.keys(depends_on));
    for (const name of awaited)
      expect(services[name]?.build, `${name} is built with a HEALTHCHECK`).toBeDefined();
    expect(awaited).toContain('skald');
    expect(unknownSettings(all.flatMap(([, { environment = {} }]) => Object.keys(environment)))).toEqual([]);
  });
});

/** What runs it kills it after this long. */
const graceSeconds = {
  'docker-compose.yml': /^ {4}stop_grace_period: (\d+)s$/m,
  'systemd/skald.service': /^TimeoutStopSec=(\d+)s$/m,
};
it.each(Object.entries(graceSeconds))(
  '%s leaves running requests their time to end',
  async (path, pattern) => {
    const [, seconds] = pattern.exec(read(path)) ?? [];
    const { shutdownTimeoutMs } = (await loadConfig({ environment: {} })).config;
    expect(Number(seconds) * 1000).toBeGreaterThan(shutdownTimeoutMs);
  },
);

interface Instruction {
  readonly name: string;
  readonly text: string;
}

describe('Dockerfile', () => {
  const instructions = read('Dockerfile')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): Instruction => {
      const [, name = '', text = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      return { name, text };
    });
  const of = (wanted: string): readonly string[] =>
    instructions.filter(({ name }) => name === wanted).map(({ text }) => text);

  it('has instructions that there are', () => {
    const known = ['FROM', 'RUN', 'WORKDIR', 'COPY', 'ENV', 'USER', 'VOLUME', 'EXPOSE', 'ARG'];
    const more = ['STOPSIGNAL', 'HEALTHCHECK', 'ENTRYPOINT'];
    expect(instructions.filter(({ name }) => ![...known, ...more].includes(name))).toEqual([]);
  });
  it('copies what is there, and from stages that there are', () => {
    const stages = of('FROM').flatMap((text) => / AS (\w+)$/.exec(text)?.[1] ?? []);
    for (const text of of('COPY')) {
      const [, stage, rest = text] = /^--from=(\w+) (.*)$/.exec(text) ?? [];
      if (stage !== undefined) expect(stages).toContain(stage);
      const sources = stage === undefined ? rest.split(' ').slice(0, -1) : [];
      expect(sources.filter((source) => !existsSync(join(root, source)))).toEqual([]);
    }
  });
  it('runs as another user than root, with settings that exist, on the port that is the default', () => {
    expect(of('USER')).toEqual(['node']);
    const names = of('ENV').flatMap((text) => [...text.matchAll(/(\w+)=/g)].map(([, name = '']) => name));
    expect(names).toContain('SKALD_DATA_DIR');
    expect(unknownSettings(names)).toEqual([]);
    expect(of('EXPOSE')).toEqual([String(httpDefaults.listenPort)]);
  });
  it('has a health check that tells a gateway from none', async () => {
    const [text = ''] = of('HEALTHCHECK');
    const [program = '', ...args] = z.array(z.string()).parse(JSON.parse(text.slice(text.indexOf('['))));
    expect(program).toBe('node');
    const server = await startServer();
    const env = { ...process.env, SKALD_HTTP_LISTEN_PORT: new URL(server.baseUrl).port };
    const check = (): number | null => spawnSync(process.execPath, args, { env }).status;
    expect(check()).toBe(0);
    await server.stop();
    expect(check()).toBe(1);
    await server.remove();
  });
});

describe('bin/skald', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skald-bin-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  // npm's commands are links; this one shows what the program is started with.
  const link = join(folder, 'skald');
  symlinkSync(join(root, 'bin/skald'), link);
  const started = (environment: Readonly<Record<string, string>>): string => {
    const node = join(folder, 'node');
    writeFileSync(
      node,
      '#!/bin/sh\nprintf "%s\\n" "$MALLOC_MMAP_THRESHOLD_ $MALLOC_TRIM_THRESHOLD_" "$@"\n',
      {
        mode: 0o755,
      },
    );
    const env = { PATH: '/usr/bin:/bin', NODE: node, ...environment };
    return spawnSync(link, ['query', '{app="a b"} |= "$x"'], { encoding: 'utf8', env }).stdout;
  };

  it('gives freed buffers back to the system, and hands all arguments on', () => {
    const program = `${root}bin/../dist/main.js`;
    expect(started({})).toBe(`131072 131072\n${program}\nquery\n{app="a b"} |= "$x"\n`);
  });
  it('leaves settings of the allocator that are there', () => {
    expect(started({ MALLOC_MMAP_THRESHOLD_: '1', MALLOC_TRIM_THRESHOLD_: '2' })).toMatch(/^1 2\n/);
  });
});

describe('skald.service', () => {
  const unit = read('systemd/skald.service');
  it('starts again after any end and sets settings that exist', () => {
    expect(unit).toMatch(/^Restart=always$/m);
    expect(unknownSettings([...unit.matchAll(/\b(SKALD_\w+)=/g)].map(([, name = '']) => name))).toEqual([
      'SKALD_CONFIG_FILE',
    ]);
  });
});

const systemd = {
  name: 'systemd-analyze',
  present: () => findProgram('systemd-analyze') !== undefined,
  install: components.journald.install,
};
describeWith(systemd, 'systemd-analyze', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skald-unit-'));
  const unit = join(folder, 'skald.service');
  // As if the program were installed: what the unit starts must be there and executable.
  writeFileSync(unit, read('systemd/skald.service').replaceAll('/opt/skald', root));
  afterAll(() => rmSync(folder, { recursive: true }));
  it('finds nothing wrong with the unit', () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
  it('finds it little exposed', () => {
    const args = ['security', '--offline=true', '--no-pager', '--threshold=25', unit];
    expect(runProgram('systemd-analyze', args)).toContain('Overall exposure level');
  });
});
