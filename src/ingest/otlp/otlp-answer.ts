// Answers in OTLP's form: google.rpc.Status for errors, partial success, each as protobuf or JSON like the request.
import type { PushResponse } from '../client/ingest-service.ts';
import { otlpType } from './otlp-schema.ts';

const isJson = (contentType: string | undefined): boolean =>
  (contentType ?? '').trim().toLowerCase().startsWith('application/json');

/** `status` as for push, but internal errors become 503: OTLP clients retry only 429, 502, 503 and 504. */
export function otlpErrorResponse(
  status: number,
  message: string,
  requestContentType: string | undefined,
): PushResponse {
  const sent = status === 500 ? 503 : status;
  if (isJson(requestContentType)) {
    const body = Buffer.from(JSON.stringify({ code: 0, message }));
    return { status: sent, message, body, contentType: 'application/json' };
  }
  const body = otlpType('Status').encode({ message }).finish();
  return { status: sent, message, body, contentType: 'application/x-protobuf' };
}

/** An empty ExportLogsServiceResponse. */
export function otlpSuccess(requestContentType: string | undefined): PushResponse {
  return isJson(requestContentType)
    ? { status: 200, message: '', body: Buffer.from('{}'), contentType: 'application/json' }
    : { status: 200, message: '', body: Buffer.alloc(0), contentType: 'application/x-protobuf' };
}

/** Some records were refused for good, the others are stored: 200, so that nothing is sent again. */
export function otlpPartialSuccess(
  requestContentType: string | undefined,
  rejected: number,
  message: string,
): PushResponse {
  if (isJson(requestContentType)) {
    const partialSuccess = { rejectedLogRecords: String(rejected), errorMessage: message };
    const body = Buffer.from(JSON.stringify({ partialSuccess }));
    return { status: 200, message: '', body, contentType: 'application/json' };
  }
  const type = otlpType('ExportLogsServiceResponse');
  const partialSuccess = { rejectedLogRecords: rejected, errorMessage: message };
  const body = type.encode(type.create({ partialSuccess })).finish();
  return { status: 200, message: '', body, contentType: 'application/x-protobuf' };
}
