// Decode, validate and enrich alone, without a store: MB/s of raw lines per core. Usage: tsx bench/decode.ts [megabytes]

import { IngestMetrics } from '../src/ingest/client/ingest-metrics.ts';
import { decodeProtobuf } from '../src/ingest/decode/decode-protobuf.ts';
import { PushDecoder } from '../src/ingest/decode/push-decoder.ts';
import { levelOfLine } from '../src/ingest/entries/detected-level.ts';
import { PushColumns } from '../src/ingest/entries/push-columns.ts';
import { PushStreams } from '../src/ingest/entries/push-stream.ts';
import { PushProcessor } from '../src/ingest/intake/push-processor.ts';
import { defaultIngestLimits, type IngestLimits } from '../src/ingest/limits/limits.ts';
import { largestPush } from '../src/ingest/limits/push-bounds.ts';
import { snappyDecompress } from '../src/kernels/snappy.ts';
import { Corpus } from './corpus.ts';
import { type DoorBodies, doorBodies, doorNames } from './door-bodies.ts';
import { pushBodies } from './push-body.ts';

const megabytes = Number(process.argv[2] ?? 64);
const rounds = 5;
const limits: IngestLimits = {
  ...defaultIngestLimits,
  ingestionRateMb: 0,
  perStreamRateLimitBytes: 0,
  rejectOldSamples: false,
  creationGracePeriodMs: Number.MAX_SAFE_INTEGER,
};
const options = { bytes: megabytes * 2 ** 20, batchBytes: 2 ** 20 };
const protobufBodies = [...pushBodies(new Corpus(options))].map(({ body }) => new Uint8Array(body).buffer);
const lineBytes = options.bytes;

let ids = 0;
const metrics = new IngestMetrics();
const decoder = new PushDecoder({
  bodyLimits: { maxRecvMsgSizeBytes: 2 ** 26, maxDecompressedSizeBytes: 2 ** 28 },
  bounds: largestPush,
  compileRegex: () => () => false,
});
const processor = new PushProcessor({
  decoder,
  limits: () => limits,
  registry: { stream: () => ++ids, isActive: () => true, activeStreams: () => 0 },
  metrics,
  nowMs: Date.now,
});

function measure(name: string, run: () => void): void {
  let best = 0;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, lineBytes / (user + system));
  }
  process.stdout.write(`${name.padEnd(40)} ${best.toFixed(0).padStart(6)} MB/s\n`);
}

function push({ format, contentType, options }: DoorBodies, bodies: readonly ArrayBuffer[]): void {
  for (const body of bodies) {
    const request = { tenant: 'fake', sender: '', format, contentType, options, body } as const;
    const processed = processor.process({
      ...request,
      contentEncoding: undefined,
      userAgent: undefined,
      idempotencyKey: undefined,
    });
    const { status = 413, message } = processed?.response ?? {};
    if (status >= 300) throw new Error(message ?? 'too large');
  }
}

const plain = protobufBodies.map((body) => Buffer.from(snappyDecompress(new Uint8Array(body), 2 ** 28)));
const columns = new PushColumns();
const context = { tenant: 'fake', limits, streams: new PushStreams(), receivedNs: 0n };

measure('snappy', () => {
  for (const body of protobufBodies) snappyDecompress(new Uint8Array(body), 2 ** 28);
});
measure('walk protobuf', () => {
  for (const body of plain) decodeProtobuf(body, columns, context);
});
// Array.from maps as it goes: a batch is valid until the next one.
const held = Array.from(new Corpus(options).batches(), (batch) => ({
  bytes: Buffer.from(batch.bytes),
  count: batch.count,
  lineStart: batch.lineStart.slice(0, batch.count),
  lineEnd: batch.lineEnd.slice(0, batch.count),
}));
measure('detected_level', () => {
  for (const { bytes, count, lineStart, lineEnd } of held) {
    for (let i = 0; i < count; i++) levelOfLine(bytes, lineStart[i] as number, lineEnd[i] as number);
  }
});

for (const name of doorNames) {
  const corpus = new Corpus(options);
  const door = doorBodies(name, corpus);
  // Texts are unescaped in place, so each round takes a copy.
  const bodies = Array.from(corpus.batches(), (batch) => new Uint8Array(door.encode(batch).body).buffer);
  measure(`push by ${name}, all`, () =>
    push(
      door,
      bodies.map((body) => body.slice(0)),
    ),
  );
}
