// Every way in, by the name that its routes give it.
import type { PushFormat } from '../client/ingest-service.ts';
import type { PushDoor } from './door.ts';
import { lokiDoor, lokiLegacyDoor } from './loki-door.ts';
import { otlpDoor } from './otlp-door.ts';

const doors: Readonly<Record<PushFormat, PushDoor>> = {
  loki: lokiDoor,
  'loki-legacy': lokiLegacyDoor,
  otlp: otlpDoor,
};

export const doorOf = ({ format }: { readonly format: PushFormat }): PushDoor => doors[format];
