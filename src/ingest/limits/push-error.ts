// A push that is refused as a whole.

/** `message` is the text of the answer (Loki's words where it has some). */
export class PushError extends Error {
  override readonly name = 'PushError';
  readonly status: number;
  /** For 429 and 503. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, message: string, retryAfterSeconds?: number) {
    super(message);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export const badRequest = (message: string): PushError => new PushError(400, message);
