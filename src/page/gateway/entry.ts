// Log entries as the page has them, from the streams of an answer or of a live frame.

export type Labels = Readonly<Record<string, string>>;

export interface Entry {
  /** Nanoseconds since 1970, decimal. */
  readonly timestampNs: string;
  readonly line: string;
  readonly stream: Labels;
  readonly metadata: Labels;
  /** By the query's own stages. */
  readonly parsed: Labels;
}

interface Categorized {
  readonly structuredMetadata?: Labels;
  readonly parsed?: Labels;
}

export interface StreamAnswer {
  readonly stream: Labels;
  readonly values: readonly (readonly [timestampNs: string, line: string, more?: Categorized])[];
}

/** Newest first; those of one nanosecond keep their order. */
export function entriesOf(streams: readonly StreamAnswer[]): readonly Entry[] {
  const entries = streams.flatMap(({ stream, values }) =>
    values.map(([timestampNs, line, more]) => ({
      timestampNs,
      line,
      stream,
      metadata: more?.structuredMetadata ?? {},
      parsed: more?.parsed ?? {},
    })),
  );
  return entries.sort(newestFirst);
}

const newestFirst = (a: Entry, b: Entry): number => compareNs(b.timestampNs, a.timestampNs);

/** Without BigInt, which takes most of the time of a large answer: a longer number is a greater one. */
export function compareNs(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The labels that may say what the line belongs to, the most telling first. */
const sourceLabels = ['service_name', 'container', 'unit', 'app', 'job', 'filename'] as const;

/** What wrote the line; '' when nothing says so. */
export function sourceOf({ stream }: Entry): string {
  const name = sourceLabels.find(
    (label) => (stream[label] ?? '') !== '' && stream[label] !== 'unknown_service',
  );
  return name === undefined ? (stream.service_name ?? '') : (stream[name] ?? '');
}

/** A label or field by its name, wherever it comes from. */
export const labelValue = ({ stream, metadata, parsed }: Entry, name: string): string | undefined =>
  parsed[name] ?? metadata[name] ?? stream[name];

/** Tells entries of one nanosecond apart in links: a short text made of the line and its stream. */
export function entryKey({ timestampNs, line, stream }: Entry): string {
  let hash = 0x811c9dc5;
  const text = `${JSON.stringify(Object.entries(stream).sort())}${line}`;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return `${timestampNs}-${hash.toString(36)}`;
}
