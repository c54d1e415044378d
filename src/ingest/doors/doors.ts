// Every way in, by the name that its routes give it.
import type { PushFormat } from '../client/ingest-service.ts';
import { datadogDoor } from './datadog-door.ts';
import type { PushDoor } from './door.ts';
import { elasticDoor } from './elastic-door.ts';
import { journalDoor } from './journal-door.ts';
import { jsonLinesDoor } from './json-lines-door.ts';
import { lokiDoor, lokiGrpcDoor, lokiLegacyDoor } from './loki-door.ts';
import { otlpDoor } from './otlp-door.ts';
import { splunkEventDoor, splunkRawDoor } from './splunk-door.ts';

const doors: Readonly<Record<PushFormat, PushDoor>> = {
  loki: lokiDoor,
  'loki-legacy': lokiLegacyDoor,
  'loki-grpc': lokiGrpcDoor,
  otlp: otlpDoor,
  jsonline: jsonLinesDoor,
  elasticsearch: elasticDoor,
  datadog: datadogDoor,
  'splunk-event': splunkEventDoor,
  'splunk-raw': splunkRawDoor,
  journal: journalDoor,
};

export const doorOf = ({ format }: { readonly format: PushFormat }): PushDoor => doors[format];
