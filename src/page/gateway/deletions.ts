// Requests to delete lines: asked for, listed, cancelled.
import { requestJson, send } from './requests.ts';

export interface Deletion {
  readonly request_id: string;
  /** Unix seconds. */
  readonly start_time: number;
  readonly end_time: number;
  readonly created_at: number;
  readonly query: string;
  /** "received", "35% Complete", "processed". */
  readonly status: string;
  readonly deleted_lines: number;
}

const path = 'loki/api/v1/delete';

/** The newest first. Rejects with a GatewayError 404 where deleting is off. */
export async function readDeletions(signal: AbortSignal): Promise<readonly Deletion[]> {
  const found = (await requestJson(path, {}, signal)) as readonly Deletion[];
  return [...found].sort((a, b) => b.created_at - a.created_at);
}

/** Lines of a log query from one moment to another, or to now; from then on no query finds them. */
export async function requestDeletion(
  query: string,
  fromMs: number,
  toMs: number | undefined,
): Promise<void> {
  const at = (ms: number): string => new Date(ms).toISOString();
  const end = toMs === undefined ? {} : { end: at(Math.ceil(toMs)) };
  await send(path, { query, start: at(Math.floor(fromMs)), ...end }, { method: 'POST' });
}

/** Rejects with a GatewayError 400 when it is under way already. */
export async function cancelDeletion(requestId: string): Promise<void> {
  await send(path, { request_id: requestId }, { method: 'DELETE' });
}
