// The objects of an import file as entries: what `skald export` and `skald query -o jsonl` write, push bodies, and
// answers of query_range.
import { z } from 'zod';
import { CommandError } from '../cli/command.ts';
import { parseDateTime } from '../cli/time-flags.ts';
import { type JsonDocument, jsonDocuments } from './json-documents.ts';
import type { TransferEntry } from './transfer-entry.ts';

const labels = z.record(z.string(), z.coerce.string());
const metadata = z.record(z.string(), z.string());

const entryShape = z
  .object({
    timestamp: z.string(),
    labels: labels.optional(),
    stream: labels.optional(),
    line: z.string().optional(),
    lineBase64: z.string().optional(),
    structuredMetadata: metadata.optional(),
  })
  .refine((entry) => entry.line !== undefined || entry.lineBase64 !== undefined, {
    message: 'there is neither line nor lineBase64',
  });

/** Third element: metadata of a push; `{structuredMetadata, parsed}` of an answer. */
const categorized = z.strictObject({ structuredMetadata: metadata.optional(), parsed: metadata.optional() });
const streamsShape = z.array(
  z.object({
    stream: labels,
    values: z.array(z.tuple([z.string(), z.string(), z.union([categorized, metadata]).optional()])),
  }),
);
const pushShape = z.object({ streams: streamsShape });
const answerShape = z.object({ data: z.object({ resultType: z.literal('streams'), result: streamsShape }) });

/** Entries in the order of the file. Throws CommandError naming the file, the line and what is wrong. */
export async function* importEntries(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<TransferEntry> {
  for await (const document of jsonDocuments(chunks, name)) {
    const value = document.value as Readonly<Record<string, unknown>>;
    const at = `${name}:${document.line}`;
    if ('streams' in value) yield* streamEntries(check(pushShape, document, name).streams, at);
    else if ('data' in value) yield* streamEntries(check(answerShape, document, name).data.result, at);
    else {
      const entry = check(entryShape, document, name);
      yield {
        timestampNs: timestampOf(entry.timestamp, at),
        labels: entry.labels ?? entry.stream ?? {},
        line: entry.line ?? Buffer.from(entry.lineBase64 ?? '', 'base64'),
        structuredMetadata: entry.structuredMetadata ?? {},
      };
    }
  }
}

function* streamEntries(streams: z.output<typeof streamsShape>, at: string): Generator<TransferEntry> {
  for (const { stream, values } of streams)
    for (const [timestamp, line, more = {}] of values) {
      const categories = categorized.safeParse(more);
      yield {
        timestampNs: timestampOf(timestamp, at),
        labels: stream,
        line,
        structuredMetadata: categories.success
          ? (categories.data.structuredMetadata ?? {})
          : (more as Readonly<Record<string, string>>),
      };
    }
}

function check<T>(shape: z.ZodType<T>, { value, line }: JsonDocument, name: string): T {
  const result = parsed(shape, value, `${name}:${line}`);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new CommandError(`${name}:${line}: ${where}${issue?.message ?? 'unknown form'}`);
}

function parsed<T>(shape: z.ZodType<T>, value: unknown, at: string): z.ZodSafeParseResult<T> {
  try {
    return shape.safeParse(value);
  } catch (error) {
    // Hundreds of thousands of faults in one list are more than zod can gather.
    if (error instanceof RangeError) throw new CommandError(`${at}: too many faults`);
    throw error;
  }
}

function timestampOf(text: string, at: string): bigint {
  const ns = /^-?\d{1,19}$/.test(text) ? BigInt(text) : parseDateTime(text);
  if (ns === undefined)
    throw new CommandError(`${at}: expected a timestamp in nanoseconds or RFC3339, got "${text}"`);
  return ns;
}
