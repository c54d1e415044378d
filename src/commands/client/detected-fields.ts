// `skald detected-fields`: fields that a parser finds in lines, and the values of one.
import { type Command, exitCodes } from '../cli/command.ts';
import { textTable } from '../cli/text-table.ts';
import { rangeFlags, rangeOf, rangeParameters } from '../cli/time-flags.ts';
import { LokiClient } from './loki-client.ts';
import { serverFlags, serverSettings, wholeNumber } from './server-flags.ts';

const limitDefault = 1000;
const limitMax = 1_000_000;

interface DetectedField {
  readonly label: string;
  readonly type: string;
  readonly cardinality: number;
  readonly parsers: readonly string[] | null;
}

export const detectedFieldsCommand: Command = {
  name: 'detected-fields',
  summary: 'list fields found in lines, or the values of one',
  usage: "[flags] 'LOGQL' [FIELD]",
  description: `
Fields with their type, number of values and the parser that finds them.

  skald detected-fields '{app="web"}'
  skald detected-fields '{app="web"}' status`,
  flags: [
    { name: 'json', summary: 'as JSON' },
    { name: 'limit', value: 'N', summary: `so many fields or values; ${limitDefault} when left out` },
    { name: 'line-limit', value: 'N', summary: `lines to look at; ${limitDefault} when left out` },
    ...rangeFlags,
    ...serverFlags,
  ],
  words: { min: 1, max: 2 },
  run: async (context) => {
    const { args, clock, out } = context;
    const [query = '', field] = args.words;
    const count = (flag: string): string =>
      String(wholeNumber(flag, args.text(flag), limitDefault, limitMax));
    const client = new LokiClient(serverSettings(context), context.signal);
    const { fields, values } = (await client.get(
      field === undefined
        ? '/loki/api/v1/detected_fields'
        : `/loki/api/v1/detected_field/${encodeURIComponent(field)}/values`,
      [
        ['query', query],
        ...rangeParameters(rangeOf(args, clock, '1h')),
        ['limit', count('limit')],
        ['line_limit', count('line-limit')],
      ],
    )) as { readonly fields?: readonly DetectedField[] | null; readonly values?: readonly string[] | null };
    const lines = args.on('json')
      ? [JSON.stringify(field === undefined ? (fields ?? []) : (values ?? []), null, 2)]
      : field === undefined
        ? table(fields ?? [])
        : (values ?? []);
    for (const line of lines) await out.write(`${line}\n`);
    return exitCodes.success;
  },
};

function table(fields: readonly DetectedField[]): readonly string[] {
  if (fields.length === 0) return [];
  const rows = fields.map(({ label, type, cardinality, parsers }) => [
    label,
    type,
    String(cardinality),
    (parsers ?? []).join(','),
  ]);
  return textTable([['field', 'type', 'values', 'parser'], ...rows]);
}
