// The command as people run it: the built program in a process of its own.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer } from '../server.ts';

const program = join(dirname(fileURLToPath(import.meta.url)), '../../dist/main.js');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'skald-'));
  writeFileSync(join(folder, 'good.yaml'), 'http: {listen_port: 4000}\n');
  writeFileSync(join(folder, 'bad.yaml'), 'http:\n  listen_prt: 4000\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(arguments_: readonly string[], environment: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...arguments_], {
    cwd: folder,
    env: { PATH: process.env.PATH, SKALD_DATA_DIR: folder, SKALD_COLLECTORS: 'none', ...environment },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
}

describe('the command', () => {
  it.each([
    [['--help'], 0, 'Usage: skald'],
    [['--version'], 0, 'skald '],
    [['check-config', '-config.file=good.yaml'], 0, 'The configuration is valid.'],
    [['--print-config', '--config.file', 'good.yaml'], 0, 'listen_port: 4000'],
  ])('%j', (arguments_, status, text) => {
    const answer = run(arguments_);
    expect(answer).toMatchObject({ status, stderr: '' });
    expect(answer.stdout).toContain(text);
  });

  it.each([
    [
      ['check-config', '-config.file=bad.yaml'],
      'skald: bad.yaml:2:3: unknown key "http.listen_prt"; did you mean "listen_port"?',
    ],
    [['-config.file=absent.yaml'], 'skald: there is no absent.yaml (ENOENT)'],
    [['check-config', '--data_dir', 'good.yaml/data'], 'data_dir: '],
    [['check-config', '--data_dir', 'good.yaml'], 'good.yaml is there already (EEXIST)'],
    [['--no-such'], 'skald: unknown flag --no-such'],
  ])('%j is wrong', (arguments_, text) => {
    const { status, stderr } = run(arguments_);
    expect(status).toBe(2);
    expect(stderr).toContain(text);
  });

  it('check-config looks at the environment, and leaves no folder behind', () => {
    const data = join(folder, 'new', 'data');
    expect(run(['check-config'], { SKALD_DATA_DIR: data, SKALD_PORT_3100_TCP: 'tcp://x' })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(existsSync(join(folder, 'new'))).toBe(false);
    const { status, stderr } = run(['check-config'], { SKALD_HTTP_LISTEN_PROT: '1', SKALD_RETENTION: '7d' });
    expect(status).toBe(2);
    expect(stderr).toContain(
      'SKALD_HTTP_LISTEN_PROT: no such setting; did you mean "SKALD_HTTP_LISTEN_PORT"?',
    );
    expect(stderr).toContain('SKALD_RETENTION: no such setting; did you mean "SKALD_RETENTION_PERIOD"');
  });

  it('reads the file that the environment names', () => {
    expect(run(['--print-config'], { SKALD_CONFIG_FILE: 'good.yaml' }).stdout).toContain('listen_port: 4000');
  });
});

describe('a running gateway', () => {
  it('keeps a second one from its data and from its port, and ends with 0 when told to', async () => {
    const server = await startServer();
    const port = new URL(server.baseUrl).port;
    const sameData = run([], { SKALD_DATA_DIR: server.dataDir, SKALD_HTTP_LISTEN_PORT: '0' });
    const samePort = run([], { SKALD_HTTP_LISTEN_PORT: port });
    const ready = await fetch(`${server.baseUrl}/ready`);
    const ended = await server.stop();
    await server.remove();
    expect(sameData.status).toBe(1);
    expect(sameData.stderr).toContain('skald:');
    expect(samePort.status).toBe(1);
    expect(samePort.stderr).toContain(`skald: 127.0.0.1:${port} is taken by another program (EADDRINUSE)`);
    expect(ready.status).toBe(200);
    expect(ended).toBe(0);
  });

  it('says at start where it listens and what it collects', async () => {
    const server = await startServer();
    await expect.poll(() => server.output()).toContain('listening on');
    const output = server.output();
    expect(await server.stop('SIGINT')).toBe(0);
    await server.remove();
    expect(output).toContain(`listening on ${server.baseUrl}`);
    for (const source of ['docker', 'journal', 'files']) expect(output).toContain(`${source}: off`);
  });
});
