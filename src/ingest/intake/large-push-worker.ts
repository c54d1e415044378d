// The thread that decodes large pushes, one after the other. It has no part in the store: should it hang or run out of
// memory, another one takes its place.
import { parentPort, workerData } from 'node:worker_threads';
import { RpcPeer, type RpcPort, WithTransfer } from '../../threads/rpc.ts';
import { takePriority } from '../../threads/thread-priority.ts';
import { PushDecoder } from '../decode/push-decoder.ts';
import type { BodyLimits } from '../limits/limits.ts';
import { largestPushApart } from '../limits/push-bounds.ts';
import { PushError } from '../limits/push-error.ts';
import { compileAttributePattern } from '../otlp/attribute-pattern.ts';
import { type LargePushDecoder, type LargePushOutcome, packPush } from './large-push.ts';

export interface LargePushWorkerData {
  readonly bodyLimits: BodyLimits;
}

function serve(port: RpcPort, { bodyLimits }: LargePushWorkerData): void {
  const decoder = new PushDecoder({
    bodyLimits,
    bounds: largestPushApart,
    compileRegex: compileAttributePattern,
  });
  new RpcPeer<object, LargePushDecoder>(port, {
    decode: ({ request, kind, limits, nowMs }) => {
      try {
        const decoded = decoder.decode(request, kind, limits, nowMs);
        const { push, transfer } = packPush(decoder, decoded);
        return new WithTransfer<LargePushOutcome>({ refused: undefined, push }, transfer);
      } catch (error) {
        if (!(error instanceof PushError)) throw error;
        return { refused: { status: error.status, message: error.message } };
      } finally {
        decoder.columns.reset(Buffer.alloc(0));
      }
    },
  });
}

if (parentPort !== null) {
  takePriority('decoder');
  serve(parentPort, workerData as LargePushWorkerData);
}
