// Loki's push: JSON, or protobuf in a snappy block; over gRPC protobuf alone.
import { anyEncoding, decompressSnappy, pushEncoding } from '../decode/decode-body.ts';
import { decodeJson } from '../decode/decode-json.ts';
import { decodeLegacyJson } from '../decode/decode-legacy.ts';
import { type DecodeContext, decodeProtobuf } from '../decode/decode-protobuf.ts';
import { mediaType } from '../decode/media-type.ts';
import type { PushColumns } from '../entries/push-columns.ts';
import type { PushDoor } from './door.ts';
import { answerInText, refuseInText } from './text-answer.ts';

type DecodeJson = (body: Buffer, columns: PushColumns, context: DecodeContext) => void;

const door = (decode: DecodeJson): PushDoor => ({
  metricFormat: 'loki',
  kindOf: ({ contentEncoding, contentType }) => ({
    encoding: pushEncoding(contentEncoding),
    type: mediaType(contentType) === 'application/json' ? 'json' : 'protobuf',
  }),
  decode(push) {
    const { type, body, bodyLimits, columns, context } = push;
    if (type === 'protobuf') decodeProtobuf(decompressSnappy(body, bodyLimits), columns, context);
    else decode(push.writable(), columns, context);
  },
  takesNothing: false,
  answer: answerInText({ status: 204, message: '' }),
  refuse: refuseInText,
});

export const lokiDoor = door(decodeJson);
/** The path of versions before 1.0, with bodies of its own in JSON. */
export const lokiLegacyDoor = door(decodeLegacyJson);

/** `logproto.Pusher/Push`: the message as it is, compressed as gRPC compresses messages. */
export const lokiGrpcDoor: PushDoor = {
  metricFormat: 'loki',
  kindOf: ({ contentEncoding }) => ({ encoding: anyEncoding(contentEncoding), type: 'protobuf' }),
  decode({ body, columns, context }) {
    decodeProtobuf(body, columns, context);
  },
  takesNothing: false,
  answer: answerInText({ status: 200, message: '' }),
  refuse: refuseInText,
};
