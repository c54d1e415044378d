// How a call ends: gRPC's codes for the statuses of HTTP, and what of it goes into headers.
import type { OutgoingHttpHeaders } from 'node:http2';
import protobuf from 'protobufjs/minimal.js';

/** Codes of the specification that we give. */
export const grpcCode = {
  ok: 0,
  invalidArgument: 3,
  deadlineExceeded: 4,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;
export type GrpcCode = (typeof grpcCode)[keyof typeof grpcCode];

/** A call that ends otherwise than with a message. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly code: GrpcCode;
  /** When it may be sent again. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: GrpcCode, message: string, retryAfterSeconds?: number) {
    super(message);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What HTTP would answer. Clients send again what is `unavailable`, and nothing else. */
export function codeOfHttp(status: number): GrpcCode {
  switch (status) {
    case 401:
      return grpcCode.unauthenticated;
    case 403:
      return grpcCode.permissionDenied;
    case 408:
      return grpcCode.deadlineExceeded;
    case 413:
    case 431:
      return grpcCode.resourceExhausted;
    case 429:
    case 503:
      return grpcCode.unavailable;
    default:
      if (status < 300) return grpcCode.ok;
      return status < 500 ? grpcCode.invalidArgument : grpcCode.internal;
  }
}

/** Headers are small: clients refuse more than 8 KB of them, and a character may take nine bytes. */
const messageCharactersMax = 500;

export function statusHeaders({ code, message, retryAfterSeconds }: GrpcError): OutgoingHttpHeaders {
  const text = message.trim().slice(0, messageCharactersMax);
  return {
    'grpc-status': String(code),
    'grpc-message': percentEncoded(text),
    ...(retryAfterSeconds !== undefined && {
      'grpc-status-details-bin': retryDetails(code, text, retryAfterSeconds),
    }),
  };
}

/** Printable ASCII stays, as the specification asks. */
function percentEncoded(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** google.rpc.Status with a google.rpc.RetryInfo: what OTLP's exporters wait for. */
function retryDetails(code: GrpcCode, message: string, seconds: number): string {
  const status = protobuf.Writer.create().uint32(8).int32(code).uint32(18).string(message);
  status.uint32(26).fork().uint32(10).string('type.googleapis.com/google.rpc.RetryInfo');
  status.uint32(18).fork().uint32(10).fork().uint32(8).int64(seconds).ldelim().ldelim().ldelim();
  return Buffer.from(status.finish()).toString('base64').replace(/=+$/, '');
}
