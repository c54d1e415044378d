// Thread entry of a backup: copies, tells how far it is, ends.
import { parentPort, workerData } from 'node:worker_threads';
import { takePriority } from '../../threads/thread-priority.ts';
import { backupStore } from './backup.ts';
import type { BackupTask } from './backup-thread.ts';

const { path, file } = workerData as BackupTask;
takePriority('backup');
await backupStore(path, file, (progress) => parentPort?.postMessage(progress));
