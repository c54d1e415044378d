// What the host and the thread that keeps the tables in order say to each other.
import type { DeleteRequest, NewDeleteRequest } from '../../store/delete-requests.ts';
import type { StoreWarning } from '../../store/host.ts';
import type { StoreStats } from '../../store/statistics.ts';
import type { Checkpoint } from '../../store/store.ts';

/** Offered by the host. */
export interface HostForKeeper {
  /** For the log. */
  warn(warning: StoreWarning): void;
}

/** Offered by the keeper. */
export interface KeeperForHost {
  /** Makes the tables ready; resolves with the positions of all collectors. Rejects with StoreFileError. */
  open(params: undefined): Promise<readonly Checkpoint[]>;
  createDelete(request: NewDeleteRequest): Promise<DeleteRequest>;
  listDeletes(tenant: string): Promise<readonly DeleteRequest[]>;
  cancelDelete(params: {
    readonly tenant: string;
    readonly requestId: string;
    readonly force: boolean;
  }): Promise<'cancelled' | 'unknown' | 'too late'>;
  /** Runs retention now. */
  retain(params: undefined): Promise<void>;
  stats(params: undefined): Promise<StoreStats>;
  /** From now on the process is killed when the main thread does not answer for this long. */
  watchMain(params: { readonly hangTimeoutMs: number }): void;
  close(params: undefined): Promise<void>;
}
