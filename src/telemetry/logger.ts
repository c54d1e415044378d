// The program's own log: one JSON object a line (pino), or short text for people at a terminal.
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Levels by Loki's words; `log_level` accepts these. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogSettings {
  readonly level: LogLevel;
  /** `text` is one readable line without JSON. */
  readonly format: 'json' | 'text';
}

export interface LoggerOptions extends LogSettings {
  /** Called with the level of every line written, for `loki_internal_log_messages_total`. */
  readonly onLine?: (level: string) => void;
  /** Default: standard error, written at once. */
  readonly destination?: DestinationStream;
}

/**
 * A logger. Secrets never reach it: request headers are not logged. Write with `logger.info({ key }, 'text')`;
 * `logger.level = 'debug'` switches at run time.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { onLine } = options;
  // Synchronous: a line about a crash must be out before the process ends.
  const out = options.destination ?? pino.destination({ dest: 2, sync: true });
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
      ...(onLine && {
        hooks: {
          logMethod(args, method, level) {
            onLine(pino.levels.labels[level] ?? 'unknown');
            method.apply(this, args);
          },
        },
      }),
    },
    options.format === 'text' ? { write: (line) => out.write(textLine(line)) } : out,
  );
}

/** `2026-11-24T03:40:00.000Z info  message key=value …` from pino's JSON line. */
function textLine(json: string): string {
  const { time, level, msg, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const fields = Object.entries(rest).map(([key, value]) => {
    const stack = (value as { stack?: unknown } | null)?.stack;
    if (typeof stack === 'string') return `${key}=${stack}`;
    return `${key}=${typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)}`;
  });
  return `${[time, String(level).padEnd(5), msg ?? '', ...fields].join(' ')}\n`;
}
