// What the gateway says of itself.
import { requestJson } from './requests.ts';

/** The answer to `/api/status`. */
export interface Status {
  readonly version: string;
  readonly nowMs: number;
  readonly startedMs: number;
  readonly notReady: string | null;
  readonly authEnabled: boolean;
  readonly ingest: { readonly lines: number; readonly bytes: number; readonly discarded: number };
  /** null: it does not answer; `notReady` says so. */
  readonly store: {
    readonly fileBytes: number;
    readonly rawBytes: number;
    readonly entries: number;
    readonly streams: number;
    readonly unsealedBytes: number;
  } | null;
  readonly retention: {
    readonly periodMs: number;
    readonly lastRunMs: number | null;
    readonly nextRunMs: number | null;
  };
  readonly collectors: readonly CollectorStatus[];
}

export interface CollectorStatus {
  readonly name: string;
  readonly state: string;
  /** What it reads, or why it does not and what helps. */
  readonly hint: string;
  readonly targets: number;
  readonly entries: number;
}

export const readStatus = async (): Promise<Status> => (await requestJson('api/status', {})) as Status;
