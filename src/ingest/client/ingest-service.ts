// What HTTP asks of ingest: hand over a body, get the answer once it is durable. Main thread side.

/** The way in that a body came by, see doors/doors.ts. */
export type PushFormat =
  | 'loki'
  | 'loki-legacy'
  | 'loki-grpc'
  | 'otlp'
  | 'jsonline'
  | 'elasticsearch'
  | 'datadog'
  | 'splunk-event'
  | 'splunk-raw'
  | 'journal';

export interface PushRequest {
  readonly tenant: string;
  /** Address of the client: pushes of several are taken in turn. */
  readonly sender: string;
  readonly format: PushFormat;
  /** Header values as sent; undefined when absent. */
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly userAgent: string | undefined;
  /** What a client gives a push that it may send again, and the same body again with it. */
  readonly idempotencyKey: string | undefined;
  /** Parameters of the request that its way in asks for, by name. */
  readonly options: Readonly<Record<string, string>>;
  /** The body as received (still compressed). Ownership passes: it is transferred to the ingest worker. */
  readonly body: ArrayBuffer;
}

export interface PushResponse {
  readonly status: number;
  /** Error text in Loki's words without newline; '' on success. */
  readonly message: string;
  /** For 429 and 503. */
  readonly retryAfterSeconds?: number;
  /** Body and content type ready to send, where clients read more than a text. */
  readonly body?: Uint8Array;
  readonly contentType?: string;
}

export interface IngestService {
  /** Never rejects for bad input; rejects only when ingest is gone (answer 503). */
  push(request: PushRequest): Promise<PushResponse>;
  /** Bytes handed over and not yet answered: admission control reads it before it takes a body. */
  bytesInFlight(): number;
  close(): Promise<void>;
}
