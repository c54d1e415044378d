// A backup in a thread of its own, so that neither requests nor the builder wait for it.
import { StoreFileError } from '../../store/store.ts';
import { startThread } from '../../threads/start-thread.ts';
import type { BackupProgress } from './backup.ts';

export interface BackupTask {
  readonly path: string;
  readonly file: string;
}

/** See backupStore. Rejects with StoreFileError. */
export function backupInThread(
  path: string,
  file: string,
  onProgress: (progress: BackupProgress) => void = () => {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = startThread(import.meta.url, './backup-worker.ts', {
      workerData: { path, file } satisfies BackupTask,
      name: 'backup',
      execArgv: [],
    });
    worker.on('message', onProgress);
    worker.on('error', (error: Error) => reject(new StoreFileError(error.message, { cause: error })));
    worker.on('exit', (code) =>
      code === 0 ? resolve() : reject(new StoreFileError(`the backup ended with code ${code}`)),
    );
  });
}
