// Detection: what runs under "auto", and the sentence people read.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { detectSources, makeCollectors } from '../../src/collectors/collector-kinds.ts';
import { engineHint } from '../../src/collectors/docker/engine-hint.ts';
import { journalHint } from '../../src/collectors/journal/journal-collector.ts';
import {
  type CollectorsSettings,
  dockerDefaults,
  type Enabled,
  filesDefaults,
  fileTargetDefaults,
  journalDefaults,
  syslogDefaults,
} from '../../src/collectors/settings.ts';

let folder: string;
let engine: Server;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skald-detect-'));
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'journalctl'), '', { mode: 0o755 });
  mkdirSync(join(folder, 'journal', 'machine'), { recursive: true });
  writeFileSync(join(folder, 'journal', 'machine', 'system.journal'), '');
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'file'), '');
  engine = createServer().listen(join(folder, 'engine.sock'));
  await new Promise((resolve) => engine.once('listening', resolve));
});
afterEach(() => {
  engine.close();
  rmSync(folder, { recursive: true, force: true });
});

const settings = (enabled: Enabled, socket: string, directory: string): CollectorsSettings => ({
  host: '',
  docker: { ...dockerDefaults, enabled, host: `unix://${join(folder, socket)}` },
  journal: { ...journalDefaults, enabled, directory: join(folder, directory) },
  files: { ...filesDefaults, targets: [{ ...fileTargetDefaults, include: ['/var/log/*.log'] }] },
  syslog: syslogDefaults,
});

it.each<[string, Enabled, string, string, string, readonly boolean[], RegExp, RegExp]>([
  [
    'all there',
    'auto',
    'engine.sock',
    'journal',
    'bin',
    [true, true, true],
    /^docker: on, containers/,
    /^journal: on, the journal in/,
  ],
  [
    'nothing there',
    'auto',
    'none.sock',
    'empty',
    'bin',
    [false, false, true],
    /no Docker engine .* start it/,
    /no journal in .* mount one/,
  ],
  [
    'nothing there, but demanded',
    true,
    'none.sock',
    'empty',
    'bin',
    [true, true, true],
    /on, but waiting/,
    /on, but waiting/,
  ],
  [
    'switched off',
    false,
    'engine.sock',
    'journal',
    'bin',
    [false, false, true],
    /off by configuration/,
    /off by configuration/,
  ],
  [
    'no socket, no program',
    'auto',
    'file',
    'journal',
    'empty',
    [false, false, true],
    /is no socket/,
    /no journalctl program/,
  ],
])('%s', async (_, enabled, socket, directory, path, runs, docker, journal) => {
  const found = await detectSources(settings(enabled, socket, directory), join(folder, path));
  expect(found.slice(0, 3).map((one) => one.runs)).toEqual(runs);
  expect(found[0]?.sentence).toMatch(docker);
  expect(found[1]?.sentence).toMatch(journal);
  expect(found[2]?.sentence).toBe('files: on, /var/log/*.log');
});

it.each<[string, Partial<CollectorsSettings['syslog']>, boolean, string]>([
  ['no port', {}, false, 'syslog: off, no port is configured'],
  ['switched off', { enabled: false, tcpPort: 1514 }, false, 'syslog: off by configuration'],
  [
    'two ports',
    { tcpPort: 1514, udpPort: 1515, listenAddress: '::1' },
    true,
    'syslog: on, ::1, TCP 1514, UDP 1515',
  ],
])('syslog, %s', async (_, changes, runs, sentence) => {
  const given = settings('auto', 'none.sock', 'empty');
  const found = await detectSources({ ...given, syslog: { ...given.syslog, ...changes } }, '');
  expect(found[3]).toMatchObject({ name: 'syslog', runs, sentence });
});

it.each([
  ['ENOENT', /start it, or mount its socket/],
  ['ECONNREFUSED', /is it running/],
  ['EACCES', /add the user to the group/],
  ['ECONNRESET', /connecting again/],
])('hint for the engine, %s', (code, hint) => {
  expect(engineHint({ code, message: 'x' }, 'unix:///s')).toMatch(hint);
});

it.each([
  ['Hint: You are currently not seeing messages from other users and the system.', /group systemd-journal/],
  ['No journal files were opened due to insufficient permissions.', /group systemd-journal/],
  ['Failed to open /x: No such file or directory', /journal.directory/],
  ['No journal files were found.', /mount \/var\/log\/journal/],
  ['first\nsomething odd', /^journalctl says: something odd$/],
  ['', /^$/],
])('hint for journalctl: %j', (stderr, hint) => expect(journalHint(stderr)).toMatch(hint));

it('settings that cannot be used: that collector has failed and says why, the others run', async () => {
  const given = settings(true, 'engine.sock', 'journal');
  const multiline = { firstLine: '(', linesMax: 1, waitMs: 1 };
  const unusable = {
    ...given,
    docker: { ...given.docker, parse: { ...given.docker.parse, multiline } },
    journal: { ...given.journal, units: ['--file=/x y'] },
  };
  const collectors = await makeCollectors(unusable, 'h', ['docker', 'journal', 'files']);
  expect(collectors.map((one) => [one.name, one.health().state])).toEqual([
    ['docker', 'failed'],
    ['journal', 'failed'],
    ['files', 'starting'],
  ]);
  expect(collectors[0]?.health().hint).toMatch(/missing closing \)/);
  expect(collectors[1]?.health().hint).toMatch(/journal\.units/);
});
