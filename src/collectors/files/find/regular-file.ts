// Opening what lies in a followed folder. Whoever may write there may put anything in the place of a file between two
// looks: a FIFO would hold this thread until somebody writes into it, a link may lead to what only this process may read.

import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileKey } from '../file-key.ts';
import { pathOfBytes, shownPath, systemPath } from './file-path.ts';

/** What lies at a path is not to be read; the message says why and what can be done. */
export class RefusedFileError extends Error {
  override readonly name = 'RefusedFileError';
}

const openFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
/** As many as Linux itself follows. */
const linksMax = 40;
const root = 0;

/**
 * A descriptor of the regular file at a path. Never waits for a writer.
 * @throws {RefusedFileError} for anything but a regular file; the system's error when there is nothing to open
 */
export function openRegular(path: string): number {
  const fd = openSync(systemPath(path), openFlags);
  try {
    if (!fstatSync(fd).isFile()) throw new RefusedFileError(`${shownPath(path)} is no regular file.`);
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/**
 * Checks how the open file was come by: each symbolic link on the way to it must belong to the file's owner, to root or
 * to the user of this process, who could have named the file itself.
 * @throws {RefusedFileError} for a link of somebody else; ENOENT when another file lies there by now
 */
export function refuseForeignLinks(fd: number, path: string): void {
  const opened = pathOfBytes(readlinkSync(`/proc/self/fd/${fd}`, 'buffer'));
  // Where it lies is what was asked for: there was no link.
  if (opened === path) return;
  const { links, target } = followLinks(path);
  const trusted = [root, process.geteuid?.(), fstatSync(fd).uid];
  const foreign = links.find(({ owner }) => !trusted.includes(owner));
  if (foreign)
    throw new RefusedFileError(
      `${shownPath(path)} is not read: the link ${shownPath(foreign.path)} belongs to another user (uid ${foreign.owner}) than the file it leads to; files.follow_links_across_owners allows it.`,
    );
  // It was moved, or a link led elsewhere, in between: what was opened is not what was checked.
  if (fileKey(lstatSync(systemPath(target))) !== fileKey(fstatSync(fd)))
    throw Object.assign(new Error(`${path} is another file now`), { code: 'ENOENT' });
}

interface Link {
  readonly path: string;
  /** User id. */
  readonly owner: number;
}

/** The links that stand for a path's parts, and where they lead in the end. */
function followLinks(path: string): { readonly links: readonly Link[]; readonly target: string } {
  const links: Link[] = [];
  let target = '/';
  const parts = path.split('/');
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    if (part === '' || part === '.') continue;
    const next = part === '..' ? dirname(target) : join(target, part);
    const stat = lstatSync(systemPath(next));
    if (!stat.isSymbolicLink()) {
      target = next;
      continue;
    }
    links.push({ path: next, owner: stat.uid });
    if (links.length > linksMax) throw new RefusedFileError(`${shownPath(path)} has too many links.`);
    const lead = pathOfBytes(readlinkSync(systemPath(next), 'buffer'));
    if (lead.startsWith('/')) target = '/';
    parts.unshift(...lead.split('/'));
  }
  return { links, target };
}
