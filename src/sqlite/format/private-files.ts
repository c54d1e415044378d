// The store's folder and files are for the gateway's user alone, whatever the umask, and nobody else may choose which
// files they are. SQLite gives its log and its shared memory the mode of the database.
import {
  chmodSync,
  closeSync,
  fchmodSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';

const folderMode = 0o700;
const fileMode = 0o600;
const forOthers = 0o077;

/**
 * Makes the folder, and those above it, where there is none. One that is there keeps its mode: it may be shared, or be
 * no folder of the gateway's own. Throws the system's error.
 */
export function makePrivateFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: folderMode });
  // Whatever the umask took away.
  if (first !== undefined) chmodSync(path, folderMode);
}

/**
 * Makes an empty file for the store where there is none, and takes from one that is there what others may do with it.
 * Throws when somebody else has put the file, or a link to another, in its place, and the system's error.
 */
export function makePrivateFile(path: string): void {
  if (!tightenFile(path)) closeSync(create(path));
}

/** The same for a file that need not be there: false, then. */
export function tightenFile(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  refuseForeign(path, found);
  const file = found.isSymbolicLink() ? statSync(path, { throwIfNoEntry: false }) : found;
  if (file === undefined) return false;
  if ((file.mode & forOthers) !== 0 && mayChange(file)) chmodSync(path, fileMode);
  return true;
}

function create(path: string): number {
  const fd = openSync(path, 'a', fileMode);
  fchmodSync(fd, fileMode);
  return fd;
}

/** The folder's owner may do with it as he likes in any case. */
function refuseForeign(path: string, file: Stats): void {
  const user = process.getuid?.();
  if (user === undefined) return;
  const trusted = [user, 0, statSync(dirname(path)).uid];
  if (trusted.includes(file.uid)) return;
  const what = file.isSymbolicLink() ? 'a link' : 'a file';
  throw new Error(
    `${path} is ${what} of another user (uid ${file.uid}), who could read what is stored; remove it, or choose a folder that others cannot write to`,
  );
}

function mayChange(file: Stats): boolean {
  const user = process.getuid?.();
  return user === 0 || user === file.uid;
}
