// The corpus as each way in is sent it: entries in order of time, as shippers send them.

import type { PushFormat } from '../src/ingest/client/ingest-service.ts';
import { labelsToRecord } from '../src/model/labels.ts';
import { joinNs } from '../src/model/time.ts';
import type { Corpus, CorpusBatch } from './corpus.ts';
import { bodyEncoder, type PushBody } from './push-body.ts';

export interface DoorBodies {
  readonly format: PushFormat;
  readonly path: string;
  readonly contentType: string;
  readonly options: Readonly<Record<string, string>>;
  readonly encode: (batch: CorpusBatch) => PushBody;
}

const json = 'application/json';
const streamFields = 'service,env';

type DoorOf = (corpus: Corpus) => DoorBodies;

const doors = {
  protobuf: (corpus) => ({
    format: 'loki',
    path: '/loki/api/v1/push',
    contentType: 'application/x-protobuf',
    options: {},
    encode: bodyEncoder(corpus),
  }),
  json: (corpus) => ({
    format: 'loki',
    path: '/loki/api/v1/push',
    contentType: json,
    options: {},
    encode: (batch) => bodyOf(batch, [jsonPush(corpus, batch)]),
  }),
  jsonline: (corpus) => ({
    format: 'jsonline',
    path: `/insert/jsonline?_stream_fields=${streamFields}`,
    contentType: json,
    options: { _stream_fields: streamFields },
    encode: records(corpus, ({ line, time, labels }) => [
      JSON.stringify({ _time: time.toISOString(), ...labels, _msg: line }),
      '\n',
    ]),
  }),
  elasticsearch: (corpus) => ({
    format: 'elasticsearch',
    path: '/elasticsearch/_bulk',
    contentType: 'application/x-ndjson',
    options: {},
    encode: records(corpus, ({ line, time, labels }) => [
      '{"create":{"_index":"logs"}}\n',
      JSON.stringify({
        '@timestamp': time.toISOString(),
        message: line,
        service: { name: labels.service },
        host: { name: 'box-1' },
      }),
      '\n',
    ]),
  }),
  datadog: (corpus) => ({
    format: 'datadog',
    path: '/api/v2/logs',
    contentType: json,
    options: {},
    encode: records(
      corpus,
      ({ line, time, labels }) => [
        JSON.stringify({
          message: line,
          status: 'info',
          timestamp: time.getTime(),
          hostname: 'box-1',
          service: labels.service,
          ddsource: 'node',
          ddtags: `env:${labels.env},version:1.2`,
        }),
      ],
      ['[', ',', ']'],
    ),
  }),
  splunk: (corpus) => ({
    format: 'splunk-event',
    path: '/services/collector/event',
    contentType: json,
    options: {},
    encode: records(corpus, ({ line, time, labels }) => [
      JSON.stringify({
        time: time.getTime() / 1000,
        host: 'box-1',
        source: labels.service,
        sourcetype: '_json',
        event: line,
      }),
    ]),
  }),
} satisfies Record<string, DoorOf>;

export const doorNames = Object.keys(doors);

/** Throws for a name that is none. */
export function doorBodies(name: string, corpus: Corpus): DoorBodies {
  const door = Object.entries<DoorOf>(doors).find(([known]) => known === name)?.[1];
  if (door === undefined) throw new Error(`no door ${name}; there are ${doorNames.join(', ')}`);
  return door(corpus);
}

interface CorpusRecord {
  readonly line: string;
  readonly time: Date;
  readonly labels: Readonly<Record<string, string>>;
}

function records(
  corpus: Corpus,
  textOf: (record: CorpusRecord) => readonly string[],
  [open, between, close]: readonly [string, string, string] = ['', '', ''],
): DoorBodies['encode'] {
  const labels = corpus.streams.map((stream) => labelsToRecord(stream.labels));
  return (batch) => {
    const pieces = [open];
    for (let i = 0; i < batch.count; i++) {
      if (i > 0) pieces.push(between);
      const line = batch.bytes.toString('utf8', batch.lineStart[i], batch.lineEnd[i]);
      const time = new Date(
        (batch.seconds[i] as number) * 1000 + Math.floor((batch.nanos[i] as number) / 1e6),
      );
      pieces.push(...textOf({ line, time, labels: labels[batch.stream[i] as number] ?? {} }));
    }
    pieces.push(close);
    return bodyOf(batch, pieces);
  };
}

const bodyOf = ({ count, lineBytes }: CorpusBatch, pieces: readonly string[]): PushBody => ({
  body: Buffer.from(pieces.join('')),
  entries: count,
  lineBytes,
});

/** Loki's JSON, grouped by stream. */
function jsonPush(corpus: Corpus, batch: CorpusBatch): string {
  const values = corpus.streams.map((): string[][] => []);
  for (let i = 0; i < batch.count; i++) {
    const line = batch.bytes.toString('utf8', batch.lineStart[i], batch.lineEnd[i]);
    const time = joinNs(batch.seconds[i] as number, batch.nanos[i] as number);
    (values[batch.stream[i] as number] as string[][]).push([String(time), line]);
  }
  const streams = corpus.streams.map(({ labels }, i) => ({
    stream: labelsToRecord(labels),
    values: values[i],
  }));
  return JSON.stringify({ streams });
}
