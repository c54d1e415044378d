// What the gateway says of itself: the answer to `/api/status`.

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
  /** Of the file system below the store; null: not known. */
  readonly disk: { readonly freeBytes: number; readonly sizeBytes: number } | null;
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
  /** What was stored otherwise than it came, where the hint does not say it. */
  readonly repairs: string;
}
