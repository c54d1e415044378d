// Arguments for journalctl. Every text of the configuration is checked before it gets near an argument vector.

import { priorityKeywords } from '../../formats/logger-levels.ts';
import type { JournalSettings } from '../settings.ts';

/** A setting that journalctl must not see; the message names the setting, the value and what is allowed. */
export class JournalSettingError extends Error {
  override readonly name = 'JournalSettingError';
}

type Selection = Pick<
  JournalSettings,
  'directory' | 'namespace' | 'units' | 'identifiers' | 'priority' | 'matches'
>;

/** Where to begin: at a cursor, or at a time in Unix microseconds. */
export type JournalStart =
  | { readonly kind: 'cursor'; readonly cursor: string }
  | { readonly kind: 'time'; readonly timeUs: bigint };

/**
 * Which entries: the arguments that select. Throws {@link JournalSettingError}.
 * @param machineId of this machine ('' when it has none): without a directory, entries of others' journals that were
 * received here are left out
 */
export function selectionArguments(settings: Selection, machineId: string): string[] {
  const priority = checkedPriority(settings.priority);
  return [
    ...(settings.directory === '' ? [] : [`--directory=${checkedDirectory(settings.directory)}`]),
    ...(settings.namespace === ''
      ? []
      : [
          `--namespace=${checked('namespace', settings.namespace, /^[A-Za-z0-9_.*+-]+$/, 'letters, digits, _ . - (or *, +NAME)')}`,
        ]),
    ...settings.units.map(
      (unit) =>
        `--unit=${checked('units', unit, /^[A-Za-z0-9:_.\\@*?[\]-]+$/, 'unit names and the wildcards * ? [ ]')}`,
    ),
    ...settings.identifiers.map(
      (identifier) =>
        `--identifier=${checked('identifiers', identifier, /^[^\0\n]{1,256}$/, 'text of 1 to 256 characters in one line')}`,
    ),
    ...(priority === '' ? [] : [`--priority=${priority}`]),
    ...settings.matches.map((match) =>
      checked('matches', match, /^[A-Z_][A-Z0-9_]*=[^\0\n]*$/, 'FIELD=value'),
    ),
    ...(settings.directory === '' && machineId !== '' ? [`_MACHINE_ID=${machineId}`] : []),
  ];
}

/**
 * Where to begin, the entry of a cursor included: after one that is gone, `--after-cursor` leaves out an entry that
 * was never read. `--no-tail`: a following journalctl shows the last ten entries only, cursor or not. `--merge`: it
 * shows entries of one boot only, the newest.
 */
export function startArguments(start: JournalStart): string[] {
  return [
    '--no-tail',
    '--merge',
    start.kind === 'cursor'
      ? `--cursor=${start.cursor}`
      : `--since=@${start.timeUs / 1_000_000n}.${String(start.timeUs % 1_000_000n).padStart(6, '0')}`,
  ];
}

/** A cursor as journald writes them; anything else is not handed to journalctl. */
export const isCursor = (text: string): boolean => /^[a-z]=[0-9a-f]+(;[a-z]=[0-9a-f]+)*$/.test(text);

/** Whether two cursors are of one entry, though perhaps of two files: boot, times and hash agree. */
export const isSameEntry = (cursor: string, other: string): boolean =>
  cursor.replace(/[si]=[^;]*;/g, '') === other.replace(/[si]=[^;]*;/g, '');

function checked(setting: string, value: string, allowed: RegExp, words: string): string {
  if (allowed.test(value)) return value;
  throw new JournalSettingError(
    `journal.${setting}: ${JSON.stringify(value)} is not allowed; give ${words}.`,
  );
}

function checkedDirectory(path: string): string {
  if (path.startsWith('/') && !path.includes('\0')) return path;
  throw new JournalSettingError(`journal.directory: ${JSON.stringify(path)} is no absolute path.`);
}

function checkedPriority(priority: string): string {
  const known = (word: string): boolean =>
    /^[0-7]$/.test(word) || (priorityKeywords as readonly string[]).includes(word);
  const parts = priority.split('..');
  if (priority === '' || (parts.length <= 2 && parts.every(known))) return priority;
  throw new JournalSettingError(
    `journal.priority: ${JSON.stringify(priority)} is not allowed; give one of ${priorityKeywords.join(', ')}, or a range such as emerg..err.`,
  );
}
