// `skald backup`: a copy of the store as of one moment, also while the gateway runs.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { humanizeBytes } from '../../go/bytes.ts';
import { backupStore } from '../../sqlite/main/backup.ts';
import { storePath } from '../../sqlite/main/settings.ts';
import { verifyStore } from '../../sqlite/main/verify.ts';
import { type Command, CommandError, exitCodes } from '../cli/command.ts';
import { createProgress } from '../cli/progress.ts';

export const backupCommand: Command = {
  name: 'backup',
  summary: 'copy the store to a file, also while the gateway runs',
  usage: '[flags] FILE',
  description: `
Every entry acknowledged before is in the copy. FILE must not exist; for a directory, a name is made from the time.
To restore: stop the gateway, remove skald.db, skald.db-wal and skald.db-shm from its data directory, and put the copy
there as skald.db.`,
  flags: [
    { name: 'verify', summary: 'read the copy and check it' },
    { name: 'quiet', short: 'q', summary: 'no notes on standard error' },
  ],
  configured: true,
  words: { min: 1, max: 1 },
  run: async ({ args, clock, config, notes }) => {
    const [target = ''] = args.words;
    const path = storePath((await config()).dataDir);
    const file = (await isDirectory(target)) ? join(target, nameFor(clock.nowNs())) : target;
    const copying = createProgress(notes, { label: 'copying', unit: 'pages' });
    const shown: Promise<void>[] = [];
    await backupStore(path, file, ({ pages, pagesTotal }) => {
      shown.push(copying.update(pages, pagesTotal));
    });
    await Promise.all(shown);
    await copying.end();
    if (args.on('verify')) {
      const checking = createProgress(notes, { label: 'checking', unit: 'blocks' });
      const report = await verifyStore(file, ({ blocks, blocksTotal }) => {
        void checking.update(blocks, blocksTotal);
      });
      await checking.end();
      if (report.problemCount > 0)
        throw new CommandError(
          `${file} has ${report.problemCount} problems, which the store has, too: see skald verify`,
        );
    }
    const { size } = await stat(file);
    if (!args.on('quiet')) await notes.write(`${file}: ${humanizeBytes(size)}\n`);
    return exitCodes.success;
  },
};

const isDirectory = (name: string): Promise<boolean> =>
  stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** skald-20261124T101500Z.db */
const nameFor = (nowNs: bigint): string =>
  `skald-${new Date(Number(nowNs / 1_000_000n)).toISOString().replaceAll(/[-:]|\.\d+/g, '')}.db`;
