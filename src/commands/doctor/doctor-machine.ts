// The machine: data directory, disk, store file, clock.

import { constants, existsSync } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../config/config.ts';
import { humanizeBytes } from '../../go/bytes.ts';
import { type Clock, nsPerMs } from '../../model/time.ts';
import { checkStore } from '../../sqlite/format/open-database.ts';
import { lockFile } from '../../sqlite/main/file-lock.ts';
import { storePath } from '../../sqlite/main/settings.ts';
import { StoreFileError } from '../../store/store.ts';
import type { Finding } from './doctor-finding.ts';

const freeBytesMin = 256 * 2 ** 20;
const freeBytesComfortable = 2 * 2 ** 30;

/** Whether it can be written, and how much room there is. Changes nothing. */
export async function checkDataDir({ dataDir, diskFreeBytesMin }: Config): Promise<readonly Finding[]> {
  const subject = 'data directory';
  const path = resolve(dataDir);
  let existing = path;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  const user = process.getuid?.();
  try {
    if (!(await stat(existing)).isDirectory())
      return [
        {
          state: 'wrong',
          subject,
          text: `${existing} is no directory`,
          advice: 'choose another data_dir',
        },
      ];
    await access(existing, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    return [
      {
        state: 'wrong',
        subject,
        text: `${existing} cannot be written: ${(error as Error).message}`,
        advice: `give it to the user that runs the gateway${user === undefined ? '' : `: chown -R ${user} ${existing}`}, or choose another data_dir`,
      },
    ];
  }
  const created = existing === path ? '' : ' (it will be created)';
  const { bavail, blocks, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const room = `${humanizeBytes(free)} free of ${humanizeBytes(blocks * bsize)}`;
  const least = Math.max(freeBytesMin, diskFreeBytesMin);
  const advice = 'make room, or keep less: retention_period, retention_size_max';
  return [
    { state: 'ok', subject, text: `${path}${created}` },
    free < least
      ? {
          state: 'wrong',
          subject: 'disk',
          text: `${room}; at least ${humanizeBytes(least)} is needed`,
          advice,
        }
      : free < freeBytesComfortable
        ? { state: 'warning', subject: 'disk', text: room, advice }
        : { state: 'ok', subject: 'disk', text: room },
  ];
}

/** Whether the file is a store of ours, and whose it is at the moment. */
export function checkStoreFile({ dataDir }: Config): readonly Finding[] {
  const subject = 'store';
  const path = storePath(dataDir);
  if (!existsSync(path)) return [{ state: 'ok', subject, text: 'none yet; the first start makes one' }];
  try {
    checkStore(path);
  } catch (error) {
    if (!(error instanceof StoreFileError)) throw error;
    return [
      {
        state: 'wrong',
        subject,
        text: error.message,
        advice: 'put a backup in its place, or move it away and start anew; skald verify says more of damage',
      },
    ];
  }
  try {
    lockFile(path).release();
    return [{ state: 'ok', subject, text: `${path}, not in use` }];
  } catch {
    return [{ state: 'ok', subject, text: `${path}, in use by a gateway` }];
  }
}

/** Before this program was written, no clock was right. */
const earliestMs = Date.UTC(2024, 0, 1);
const clockBackMs = 60_000;

/** The year, and whether the store was written in what the clock calls the future. */
export async function checkClock({ dataDir }: Config, clock: Clock): Promise<readonly Finding[]> {
  const subject = 'clock';
  const advice =
    'set the clock (timedatectl set-ntp true); entries are refused or misplaced while it is wrong';
  const nowMs = Number(clock.nowNs() / nsPerMs);
  const text = new Date(nowMs).toISOString();
  if (nowMs < earliestMs) return [{ state: 'wrong', subject, text, advice }];
  const written = await stat(storePath(dataDir)).catch(() => undefined);
  if (written !== undefined && written.mtimeMs > nowMs + clockBackMs)
    return [
      {
        state: 'wrong',
        subject,
        text: `${text}, but the store was written at ${written.mtime.toISOString()}: the clock was set back`,
        advice,
      },
    ];
  return [{ state: 'ok', subject, text }];
}
