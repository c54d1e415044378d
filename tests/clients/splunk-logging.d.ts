// What is used of the library, which has no types of its own.
declare module 'splunk-logging' {
  interface Configuration {
    readonly token: string;
    readonly url: string;
    readonly maxRetries?: number;
  }
  interface Context {
    readonly message: unknown;
    readonly severity?: string;
    readonly metadata?: Readonly<Record<string, string>>;
  }
  export class Logger {
    constructor(configuration: Configuration);
    error: (error: Error, context?: Context) => void;
    send(
      context: Context,
      done: (
        error: Error | null,
        response: unknown,
        body: { text: string; code: number } | undefined,
      ) => void,
    ): void;
  }
}
