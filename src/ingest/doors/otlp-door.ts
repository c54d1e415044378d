// OTLP over HTTP: ExportLogsServiceRequest as protobuf or JSON, answered as the specification asks.
import { anyEncoding } from '../decode/decode-body.ts';
import { mediaType } from '../decode/media-type.ts';
import { badRequest } from '../limits/push-error.ts';
import { writeOtlp } from '../otlp/decode-otlp.ts';
import { otlpErrorResponse, otlpPartialSuccess, otlpSuccess } from '../otlp/otlp-answer.ts';
import { readOtlpJson } from '../otlp/otlp-json.ts';
import { readOtlpProtobuf } from '../otlp/otlp-protobuf.ts';
import type { PushDoor } from './door.ts';
import { outcomeError } from './text-answer.ts';

export const otlpDoor: PushDoor = {
  metricFormat: 'otlp',
  kindOf: ({ contentEncoding, contentType }) => ({
    encoding: anyEncoding(contentEncoding),
    type: bodyType(contentType),
  }),
  decode(push) {
    const { type, body, bounds, columns, context } = push;
    const read = type === 'json' ? readOtlpJson : readOtlpProtobuf;
    writeOtlp(read(body, bounds.otlpObjectsMax), columns, context, push.otlpActions());
  },
  takesNothing: true,
  answer(request, outcome) {
    const { contentType } = request;
    const { sent, refused, refusedText, delayedText } = outcome;
    if (delayedText === '' && refused > 0 && refused < sent)
      return otlpPartialSuccess(contentType, refused, refusedText);
    const error = outcomeError(outcome);
    return error === undefined ? otlpSuccess(contentType) : otlpDoor.refuse(request, error);
  },
  refuse: ({ contentType }, { status, message, retryAfterSeconds }) => ({
    ...otlpErrorResponse(status, message, contentType),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  }),
};

function bodyType(contentType: string | undefined): 'json' | 'protobuf' {
  const type = mediaType(contentType);
  if (type === 'application/json') return 'json';
  if (type === 'application/x-protobuf') return 'protobuf';
  throw badRequest(`content type: ${contentType} is not supported`);
}
