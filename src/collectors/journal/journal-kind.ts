// The journal as a source.
import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type CollectorKind, type Detection, decided, isOff } from '../collector-kind.ts';
import type { JournalSettings } from '../settings.ts';

export const journalKind: CollectorKind<JournalSettings> = {
  detect,
  create: async (settings, host) => {
    const { JournalCollector } = await import('./journal-collector.ts');
    return new JournalCollector(settings, host);
  },
  ownLabel: { name: 'transport' },
};

async function detect({ enabled, directory }: JournalSettings, searchPath: string): Promise<Detection> {
  if (enabled === false) return isOff('journal', ' by configuration');
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
    'journal',
    enabled,
    trouble,
    directory === '' ? "this machine's journal" : `the journal in ${directory}`,
  );
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
