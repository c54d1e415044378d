// Deletions as both stores keep them: which are taken, and how rows of them say what has become of them.
import { clampInt64 } from '../model/time.ts';
import { compileLogPipeline } from '../pipeline/log-pipeline.ts';
import { DeleteRequestsError, type DeleteStatus, type NewDeleteRequest } from './delete-requests.ts';

/** Below `processed` a request hides entries. */
export const deleteStatus = { received: 0, processing: 1, processed: 2 } as const;
const statusNames: readonly DeleteStatus[] = ['received', 'processing', 'processed'];

export const deleteStatusName = (status: number): DeleteStatus => statusNames[status] ?? 'processed';

/** Requests of a tenant that wait at one time: each costs every query of its streams. */
export const waitingDeletesMax = 100;

/** `waiting`: those of the tenant that are not processed. Throws DeleteRequestsError, ParseError. */
export function admitDelete({ query }: NewDeleteRequest, waiting: number): void {
  if (waiting >= waitingDeletesMax)
    throw new DeleteRequestsError(`${waitingDeletesMax} delete requests wait already: try again later`);
  compileLogPipeline(query.stages);
}

/** Times of a request as a row has them: both inclusive, in int64. */
export const storedBounds = ({
  startNs,
  endNs,
}: NewDeleteRequest): { readonly firstNs: bigint; readonly lastNs: bigint } => ({
  firstNs: clampInt64(startNs),
  lastNs: clampInt64(endNs - 1n),
});
