// Builds push bodies for tests and benchmarks: an encoder written from the .proto, apart from the product's decoder.
import protobuf from 'protobufjs';
import { compress } from 'snappyjs';

export interface PushEntry {
  readonly timestampNs: bigint;
  readonly line: string | Uint8Array;
  readonly structuredMetadata?: Readonly<Record<string, string>>;
}
export interface PushStream {
  /** Label set as text: `{app="web"}`. */
  readonly labels: string;
  readonly entries: readonly PushEntry[];
}

const encoder = new TextEncoder();
const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === 'string' ? encoder.encode(text) : text;

/** logproto.PushRequest, not compressed. */
export function encodePushRequest(streams: readonly PushStream[]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const { labels, entries } of streams) {
    writer.uint32(10).fork();
    writer.uint32(10).bytes(encoder.encode(labels));
    for (const entry of entries) {
      writer.uint32(18).fork();
      const seconds = Number(entry.timestampNs / 1_000_000_000n);
      const nanos = Number(entry.timestampNs % 1_000_000_000n);
      writer.uint32(10).fork().uint32(8).int64(seconds);
      writer.uint32(16).int32(nanos).ldelim();
      writer.uint32(18).bytes(bytesOf(entry.line));
      for (const [name, value] of Object.entries(entry.structuredMetadata ?? {})) {
        writer.uint32(26).fork().uint32(10).string(name).uint32(18).string(value).ldelim();
      }
      writer.ldelim();
    }
    writer.ldelim();
  }
  return writer.finish();
}

/** The body that Promtail and Alloy send. */
export function protobufBody(streams: readonly PushStream[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(compress(encodePushRequest(streams)));
}

export const protobufHeaders = { 'content-type': 'application/x-protobuf' } as const;

export const jsonHeaders = { 'content-type': 'application/json' } as const;

/** The JSON body of one stream. */
export function jsonBody(stream: Readonly<Record<string, string>>, entries: readonly PushEntry[]): string {
  const values = entries.map(({ timestampNs, line, structuredMetadata }) => {
    const pair = [String(timestampNs), String(line)];
    return structuredMetadata === undefined ? pair : [...pair, structuredMetadata];
  });
  return JSON.stringify({ streams: [{ stream, values }] });
}

/** Now, in nanoseconds. */
export const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;
