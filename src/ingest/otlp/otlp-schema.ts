// The OTLP messages by reflection over proto/opentelemetry-logs.proto, read once per thread when first needed.
import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

let root: protobuf.Root | undefined;

/** A message type of the schema. Works from `src` and from `dist`: `proto` lies beside both. */
export function otlpType(name: string): protobuf.Type {
  if (root === undefined) {
    const file = new URL('../../../proto/opentelemetry-logs.proto', import.meta.url);
    root = protobuf.parse(readFileSync(file, 'utf8'), { keepCase: false }).root;
    root.resolveAll();
  }
  return root.lookupType(`otlp.${name}`);
}
