// What the host and the thread that keeps the tables in order say to each other.
import { ParseError } from '../../logql/parse-error.ts';
import { type DeleteCalls, DeleteRequestsError } from '../../store/delete-requests.ts';
import type { StoreWarning } from '../../store/host.ts';
import type { StoreStats } from '../../store/statistics.ts';
import { type Checkpoint, StoreFileError, StoreUnavailableError } from '../../store/store.ts';

/** Errors of the keeper that keep their class on the way. */
export const keeperErrors = [DeleteRequestsError, ParseError, StoreFileError, StoreUnavailableError] as const;

/** Offered by the host. */
export interface HostForKeeper {
  /** For the log. */
  warn(warning: StoreWarning): void;
}

/** Offered by the keeper. */
export interface KeeperForHost extends DeleteCalls {
  /** Makes the tables ready; resolves with the positions of all collectors. Rejects with StoreFileError. */
  open(params: undefined): Promise<readonly Checkpoint[]>;
  /** Runs retention now. */
  retain(params: undefined): Promise<void>;
  stats(params: undefined): Promise<StoreStats>;
  /** From now on the process is killed when the main thread does not answer for this long. */
  watchMain(params: { readonly hangTimeoutMs: number }): void;
  close(params: undefined): Promise<void>;
}
