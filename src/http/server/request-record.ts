// What one request was about, gathered while it is answered and written as one line of the log at its end.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../telemetry/logger.ts';

export interface RequestRecord {
  readonly id: string;
  tenant: string;
  query: string;
  /** Bytes and lines that queries looked at. */
  bytesProcessed: number;
  linesProcessed: number;
}

const current = new AsyncLocalStorage<RequestRecord>();

/** The record of the request that is being answered, anywhere below its handler. */
export const currentRecord = (): RequestRecord | undefined => current.getStore();

/** Requests that take longer are logged at level info, the others at debug. */
const slowMs = 1000;
const queryCharactersMax = 1000;

/** Ids that clients send are taken over when they look like ids. */
function requestId(request: IncomingMessage): string {
  const sent = request.headers['x-request-id'];
  return typeof sent === 'string' && /^[\w.-]{1,64}$/.test(sent) ? sent : randomBytes(8).toString('hex');
}

/** Runs `answer` with a new record; the line of the log is written when the response closes. */
export function recorded(
  logger: Logger,
  request: IncomingMessage,
  response: ServerResponse,
  answer: (record: RequestRecord) => Promise<void>,
): Promise<void> {
  const record: RequestRecord = {
    id: requestId(request),
    tenant: '',
    query: '',
    bytesProcessed: 0,
    linesProcessed: 0,
  };
  const startMs = performance.now();
  response.on('close', () => {
    const durationMs = Math.round((performance.now() - startMs) * 10) / 10;
    const isFault = response.statusCode >= 500;
    const level = isFault ? 'warn' : durationMs > slowMs ? 'info' : 'debug';
    if (!logger.isLevelEnabled(level)) return;
    const { tenant, query, bytesProcessed, linesProcessed } = record;
    logger[level](
      {
        requestId: record.id,
        method: request.method,
        // Without its parameters: they may hold more than the log should.
        path: (request.url ?? '').split('?')[0],
        status: response.writableFinished || response.headersSent ? response.statusCode : 499,
        durationMs,
        ...(tenant !== '' && { tenant }),
        ...(query !== '' && { query: query.slice(0, queryCharactersMax), bytesProcessed, linesProcessed }),
        ...(request.headers['user-agent'] !== undefined && {
          userAgent: request.headers['user-agent'].slice(0, 200),
        }),
      },
      'request',
    );
  });
  return current.run(record, () => answer(record));
}
