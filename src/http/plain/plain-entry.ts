// An entry as the plain API shows it.
import { z } from 'zod';
import { collectorKinds, collectorNames } from '../../collectors/collector-kinds.ts';
import { formatRfc3339OfNs } from '../../go/rfc3339.ts';
import { type Source, sourceNames } from './logs-parameters.ts';

export const plainEntry = z.object({
  timestamp: z.string().describe('RFC 3339 with nanoseconds.'),
  timestampNs: z.string().describe('Unix nanoseconds.'),
  level: z.string().describe('Detected level; empty when detection is off.'),
  source: z.enum(sourceNames),
  labels: z.record(z.string(), z.string()).describe('Labels of the stream.'),
  metadata: z.record(z.string(), z.string()).describe('Structured metadata.'),
  line: z.string(),
});
type PlainEntry = z.infer<typeof plainEntry>;

type Texts = Readonly<Record<string, string>>;

/** A stream of a log query's result with categorised labels. */
export interface CategorizedStream {
  readonly stream: Texts;
  readonly values: readonly (readonly [
    timestampNs: string,
    line: string,
    categories: { readonly structuredMetadata?: Texts; readonly parsed?: Texts },
  ])[];
}

/** The entries in the order given. */
export function plainEntries(streams: readonly CategorizedStream[]): readonly PlainEntry[] {
  return streams.flatMap(({ stream, values }) => {
    const source = sourceOf(stream);
    return values.map(([timestampNs, line, { structuredMetadata = {} }]) => {
      const { detected_level: level = '', ...metadata } = structuredMetadata;
      const timestamp = formatRfc3339OfNs(BigInt(timestampNs));
      return { timestamp, timestampNs, level, source, labels: stream, metadata, line };
    });
  });
}

function sourceOf(labels: Texts): Source {
  const collector = collectorNames.find((one) => {
    const { name, value } = collectorKinds[one].ownLabel;
    return value === undefined ? labels[name] !== undefined : labels[name] === value;
  });
  return collector ?? 'push';
}

export const isSource = (name: string): name is Source => (sourceNames as readonly string[]).includes(name);
