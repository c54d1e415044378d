// What is there to collect: one clear sentence for each source, for the start line and for people who wonder.

import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { engineHint } from './docker/engine-hint.ts';
import type {
  CollectorsSettings,
  DockerSettings,
  Enabled,
  FilesSettings,
  JournalSettings,
  SyslogSettings,
} from './settings.ts';

export interface Detection {
  readonly name: 'docker' | 'journal' | 'files' | 'syslog';
  /** Whether the collector runs. */
  readonly runs: boolean;
  /** "docker: on, engine at …", "journal: off, there is no journal here". */
  readonly sentence: string;
  /** What is in the way, and what to do about it; '' when nothing is. */
  readonly trouble: string;
}

/** Looks at each source. `searchPath` is PATH, in which journalctl is looked for. Never rejects. */
export async function detectSources(settings: CollectorsSettings, searchPath: string): Promise<Detection[]> {
  return [
    await detectDocker(settings.docker),
    await detectJournal(settings.journal, searchPath),
    detectFiles(settings.files),
    detectSyslog(settings.syslog),
  ];
}

async function detectDocker({ enabled, host }: DockerSettings): Promise<Detection> {
  const name = 'docker';
  if (enabled === false) return { name, runs: false, sentence: 'docker: off by configuration', trouble: '' };
  const socket = host.startsWith('unix://') ? host.slice('unix://'.length) : undefined;
  let trouble = '';
  if (socket !== undefined) {
    try {
      const { isSocket } = await stat(socket).then((found) => ({ isSocket: found.isSocket() }));
      if (!isSocket) trouble = `${socket} is no socket.`;
      else await access(socket, constants.R_OK | constants.W_OK);
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      trouble = engineHint({ code, message }, host);
    }
  }
  return decided(name, enabled, trouble, `containers of the engine at ${host}`);
}

async function detectJournal(
  { enabled, directory }: JournalSettings,
  searchPath: string,
): Promise<Detection> {
  const name = 'journal';
  if (enabled === false) return { name, runs: false, sentence: 'journal: off by configuration', trouble: '' };
  const where = directory === '' ? ['/var/log/journal', '/run/log/journal'] : [directory];
  let trouble = '';
  if (!(await isProgram('journalctl', searchPath))) {
    trouble = 'There is no journalctl program: install systemd.';
  } else {
    const states = await Promise.all(where.map(journalState));
    if (states.every((state) => state === 'absent'))
      trouble = `There is no journal in ${where.join(' or ')}: mount one, or set journal.directory.`;
    else if (!states.includes('readable'))
      trouble =
        'The journal may not be read: add the user to the group systemd-journal (usermod -aG systemd-journal USER).';
  }
  return decided(
    name,
    enabled,
    trouble,
    directory === '' ? "this machine's journal" : `the journal in ${directory}`,
  );
}

function detectFiles({ targets }: FilesSettings): Detection {
  const globs = targets.flatMap(({ include }) => include);
  return globs.length === 0
    ? { name: 'files', runs: false, sentence: 'files: off, no files are configured', trouble: '' }
    : { name: 'files', runs: true, sentence: `files: on, ${globs.map(inFull).join(', ')}`, trouble: '' };
}

/** One that begins with a brace has several beginnings. */
const inFull = (glob: string): string => (glob.startsWith('{') ? glob : resolve(glob));

function detectSyslog({ enabled, listenAddress, tcpPort, tlsPort, udpPort }: SyslogSettings): Detection {
  const ports = Object.entries({ TCP: tcpPort, TLS: tlsPort, UDP: udpPort }).filter(([, port]) => port > 0);
  if (enabled === false)
    return { name: 'syslog', runs: false, sentence: 'syslog: off by configuration', trouble: '' };
  if (ports.length === 0)
    return { name: 'syslog', runs: false, sentence: 'syslog: off, no port is configured', trouble: '' };
  const where = ports.map(([kind, port]) => `${kind} ${port}`).join(', ');
  return { name: 'syslog', runs: true, sentence: `syslog: on, ${listenAddress}, ${where}`, trouble: '' };
}

function decided(name: 'docker' | 'journal', enabled: Enabled, trouble: string, what: string): Detection {
  if (trouble === '') return { name, runs: true, sentence: `${name}: on, ${what}`, trouble };
  if (enabled === true)
    return { name, runs: true, sentence: `${name}: on, but waiting. ${trouble}`, trouble };
  return { name, runs: false, sentence: `${name}: off. ${trouble}`, trouble };
}

/** Journal files stand in folders named by machine; one that can be opened is enough. */
async function journalState(directory: string): Promise<'absent' | 'closed' | 'readable'> {
  try {
    const folders = [directory, ...(await readdir(directory)).map((name) => join(directory, name))];
    let state: 'absent' | 'closed' = 'absent';
    for (const folder of folders) {
      const names = await readdir(folder).catch(() => []);
      for (const file of names.filter((name) => /\.journal~?$/.test(name))) {
        state = 'closed';
        try {
          await access(join(folder, file), constants.R_OK);
          return 'readable';
        } catch {
          // The next one may be.
        }
      }
    }
    return state;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'closed' : 'absent';
  }
}

async function isProgram(name: string, searchPath: string): Promise<boolean> {
  for (const folder of searchPath.split(delimiter).filter(Boolean)) {
    try {
      await access(join(folder, name), constants.X_OK);
      return true;
    } catch {
      // Look on.
    }
  }
  return false;
}
