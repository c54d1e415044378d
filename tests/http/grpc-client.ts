// gRPC's own client library, without generated code: messages are bytes.
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';

export const pushPath = '/logproto.Pusher/Push';
export const otlpPath = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
export const healthPath = '/grpc.health.v1.Health/Check';

export interface GrpcClientOptions {
  readonly channel?: ChannelCredentials;
  /** A number of gRPC's: 0 none, 1 deflate, 2 gzip. */
  readonly compression?: 0 | 1 | 2;
}

export interface CallEnd {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
  readonly message: Buffer | undefined;
}

export class GrpcClient {
  readonly #client: Client;

  constructor(
    port: number,
    { channel = credentials.createInsecure(), compression = 0 }: GrpcClientOptions = {},
  ) {
    this.#client = new Client(`127.0.0.1:${port}`, channel, {
      'grpc.default_compression_algorithm': compression,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  /** Makes one call; a status that is an error is not thrown. */
  call(path: string, message: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<CallEnd> {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(
        path,
        (bytes: Uint8Array) => Buffer.from(bytes),
        (bytes: Buffer) => bytes,
        message,
        metadata,
        (error: ServiceError | null, answer?: Buffer) => {
          resolve({
            code: error?.code ?? 0,
            details: error?.details ?? '',
            metadata: error?.metadata ?? new Metadata(),
            message: answer,
          });
        },
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}
