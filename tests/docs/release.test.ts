// The archive: what is in it, and that nothing else is needed where it runs. That is shown in a root folder with the
// archive, the C and C++ libraries and a shell.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { components, describeWith, runProgram } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const folder = `skald-${version}-linux-${process.arch}`;
const makeTimeoutMs = 300_000;

describeWith([components.bareSystem], 'the archive', () => {
  let work: string;
  /** The root folder of the bare system. */
  let bare: string;
  let files: readonly string[];

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'skald-archive-'));
    bare = join(work, 'bare');
    runProgram(process.execPath, [
      join(root, 'node_modules/.bin/tsx'),
      join(root, 'scripts/release.ts'),
      work,
    ]);
    for (const place of ['bin', 'dev', 'proc', 'tmp', 'opt'])
      mkdirSync(join(bare, place), { recursive: true });
    runProgram('tar', ['-xzf', join(work, `${folder}.tar.gz`), '-C', join(bare, 'opt')]);
    files = readdirSync(join(bare, 'opt', folder), { recursive: true, encoding: 'utf8' });
    addShell();
    addLibraries(join(bare, 'opt', folder, 'bin/node'));
  }, makeTimeoutMs);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  function addShell(): void {
    cpSync('/bin/busybox', join(bare, 'bin/busybox'));
    for (const name of ['sh', 'dirname', 'readlink']) symlinkSync('busybox', join(bare, 'bin', name));
  }

  /** What the dynamic linker loads for it, itself included: `name => path (address)` or `path (address)`. */
  function addLibraries(file: string): void {
    const libraries = [...runProgram('ldd', [file]).matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
    expect(libraries.length).toBeGreaterThan(2);
    for (const path of libraries) {
      mkdirSync(join(bare, dirname(path)), { recursive: true });
      cpSync(path, join(bare, path), { dereference: true });
    }
  }

  /** Runs bin/skald with the bare system as its root; devices and /proc are there as on any system. */
  const inBare = (): string => {
    const launcher = join(work, 'in-bare.sh');
    writeFileSync(
      launcher,
      [
        'set -e',
        `cd '${bare}'`,
        'mount -t proc proc proc',
        'mount --rbind /dev dev',
        `exec chroot . /opt/${folder}/bin/skald "$@"`,
      ].join('\n'),
    );
    return launcher;
  };
  const bareArguments = (): readonly string[] => ['--mount', '--propagation', 'private', 'sh', inBare()];

  it('has the check sum that stands beside it', () => {
    const [sum, name] = readFileSync(join(work, `${folder}.tar.gz.sha256`), 'utf8')
      .trim()
      .split(/\s+/);
    const archive = readFileSync(join(work, `${folder}.tar.gz`));
    expect([name, sum]).toEqual([`${folder}.tar.gz`, createHash('sha256').update(archive).digest('hex')]);
  });

  it('has no sources, and of native parts what is loaded', () => {
    expect(
      files.filter((file) => /\.(?:map|[cm]?ts|cc?|cpp|h|o|a|gypi?)$/.test(file) && !isText(file)),
    ).toEqual([]);
    expect(files.filter((file) => file.endsWith('.node')).length).toBeGreaterThan(1);
  });

  it("has Node's licence, and a licence in the words of each package", () => {
    expect(readFileSync(join(bare, 'opt', folder, 'LICENSE.node'), 'utf8')).toContain('Node.js');
    const manifests = files.filter((file) =>
      /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@]+\/package\.json$/.test(file),
    );
    expect(manifests.length).toBeGreaterThan(50);
    const unlicensed = manifests.filter((file) => {
      const { license } = JSON.parse(readFileSync(join(bare, 'opt', folder, file), 'utf8')) as {
        license?: string;
      };
      return (
        license === undefined &&
        !files.some((other) => dirname(other) === dirname(file) && /licen[cs]e/i.test(other))
      );
    });
    expect(unlicensed).toEqual([]);
  });

  it('says its version there, where no other Node is', () => {
    const { stdout, stderr, status } = spawnSync('unshare', [...bareArguments(), '--version'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, NODE: '/nowhere/node' },
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain(version);
    expect(existsSync(join(bare, process.execPath))).toBe(false);
  });

  it('starts there, stores a line, finds it, and ends in order', async () => {
    let server: Server | undefined;
    try {
      server = await startServer({
        command: ['unshare', ...bareArguments()],
        environment: { SKALD_DATA_DIR: '/tmp/data' },
      });
      const { baseUrl } = server;
      const line = 'hello from a bare system';
      const nowNs = `${Date.now()}000000`;
      const pushed = await fetch(`${baseUrl}/loki/api/v1/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ streams: [{ stream: { app: 'bare' }, values: [[nowNs, line]] }] }),
      });
      expect(pushed.status).toBe(204);
      const query = encodeURIComponent('{app="bare"} |= "bare" | regexp "(?P<word>\\\\w+)"');
      const found = await fetch(`${baseUrl}/loki/api/v1/query_range?query=${query}`);
      expect([found.status, await found.text()]).toEqual([200, expect.stringContaining(line)]);
      expect((await fetch(`${baseUrl}/`)).status).toBe(200);
      expect(await server.stop(), server.output()).toBe(0);
    } finally {
      await server?.remove();
    }
  });
});

/** Documents may be about any kind of file. */
const isText = (file: string): boolean => /^docs\//.test(file);
