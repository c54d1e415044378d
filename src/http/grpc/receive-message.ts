// The one message of a unary call, as an ArrayBuffer that can be transferred to a worker. Its length comes first, so
// that one which is too long is refused before any of it is kept.
import type { ServerHttp2Stream } from 'node:http2';
import type { BytePlace } from '../server/byte-room.ts';
import { BodyAbortedError, BodyRefusedError } from '../server/collect-body.ts';
import { GrpcError, grpcCode } from './grpc-status.ts';

export interface GrpcMessage {
  readonly isCompressed: boolean;
  readonly bytes: ArrayBuffer;
}

export interface MessageBounds {
  readonly bytesMax: number;
  /** For the whole of it; 0: as long as it likes. */
  readonly timeoutMs: number;
}

/** A byte that says whether it is compressed, and four of its length. */
const prefixBytes = 5;

/**
 * Room is taken for each piece that came. Rejects with GrpcError for what is no message, too long or too slow, with
 * BodyRefusedError where there is no room, and with BodyAbortedError when the client is gone.
 */
export function receiveMessage(
  stream: ServerHttp2Stream,
  place: BytePlace,
  { bytesMax, timeoutMs }: MessageBounds,
): Promise<GrpcMessage> {
  return new Promise((resolve, reject) => {
    const prefix = Buffer.alloc(prefixBytes);
    let received = 0;
    let body: Buffer | undefined;

    const onData = (chunk: Buffer): void => {
      if (!place.take(chunk.length)) {
        refuse();
        return;
      }
      const ofPrefix = chunk.copy(prefix, Math.min(received, prefixBytes));
      if (body === undefined && received + ofPrefix === prefixBytes) {
        const length = prefix.readUInt32BE(1);
        if (length > bytesMax) {
          const text = `the message is larger than max (${length} vs ${bytesMax} bytes)`;
          fail(new GrpcError(grpcCode.resourceExhausted, text));
          return;
        }
        // Not from the pool: pooled memory cannot be transferred.
        body = Buffer.allocUnsafeSlow(length);
      }
      const before = received;
      received += chunk.length;
      if (body === undefined) return;
      if (received > prefixBytes + body.length) {
        fail(new GrpcError(grpcCode.unimplemented, 'there is more than one message in the call'));
        return;
      }
      chunk.copy(body, Math.max(0, before - prefixBytes), ofPrefix);
    };
    const onEnd = (): void => {
      if (body === undefined || received < prefixBytes + body.length) {
        fail(new GrpcError(grpcCode.invalidArgument, 'the message is not whole'));
        return;
      }
      const bytes = body.buffer as ArrayBuffer;
      finish(() => resolve({ isCompressed: prefix[0] === 1, bytes }));
    };
    const fail = (error: Error): void => finish(() => reject(error));
    const refuse = (): void => fail(new BodyRefusedError('no room for the message'));
    const onGone = (): void => fail(new BodyAbortedError('the client has ended the call'));
    const late = (): void =>
      fail(new GrpcError(grpcCode.deadlineExceeded, `the message did not come within ${timeoutMs} ms`));
    const timer = timeoutMs === 0 ? undefined : setTimeout(late, timeoutMs);
    const finish = (settle: () => void): void => {
      clearTimeout(timer);
      stream.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
      settle();
    };
    if (stream.destroyed) {
      onGone();
      return;
    }
    place.onTooSlow(refuse);
    stream.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
  });
}
