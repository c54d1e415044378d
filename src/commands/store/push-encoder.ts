// Pushes as Promtail sends them: protobuf, so that lines of any bytes pass, in one snappy block.
import protobuf from 'protobufjs';
import { compress } from 'snappyjs';
import { splitNs } from '../../model/time.ts';
import { formatLabels } from '../cli/entry-format.ts';
import type { LabelRecord } from '../client/log-pages.ts';
import type { TransferStream } from './transfer-entry.ts';

export const pushContentType = 'application/x-protobuf';

/** Tags of the fields, from proto/push.proto: number << 3 | wire type. */
const tags = {
  streams: 0x0a,
  labels: 0x0a,
  entries: 0x12,
  timestamp: 0x0a,
  line: 0x12,
  metadata: 0x1a,
  seconds: 0x08,
  nanos: 0x10,
  name: 0x0a,
  value: 0x12,
} as const;

export function encodePush(streams: readonly TransferStream[]): Uint8Array<ArrayBuffer> {
  const writer = protobuf.Writer.create();
  for (const { labels, entries } of streams) {
    writer.uint32(tags.streams).fork();
    writer.uint32(tags.labels).string(formatLabels(labels));
    for (const { timestampNs, line, structuredMetadata } of entries) {
      const { seconds, nanos } = splitNs(timestampNs);
      writer.uint32(tags.entries).fork();
      writer.uint32(tags.timestamp).fork();
      writer.uint32(tags.seconds).int64(seconds).uint32(tags.nanos).int32(nanos).ldelim();
      if (typeof line === 'string') writer.uint32(tags.line).string(line);
      else writer.uint32(tags.line).bytes(line);
      writeMetadata(writer, structuredMetadata);
      writer.ldelim();
    }
    writer.ldelim();
  }
  return new Uint8Array(compress(writer.finish()));
}

function writeMetadata(writer: protobuf.Writer, metadata: LabelRecord): void {
  for (const [name, value] of Object.entries(metadata)) {
    writer.uint32(tags.metadata).fork();
    writer.uint32(tags.name).string(name).uint32(tags.value).string(value).ldelim();
  }
}
