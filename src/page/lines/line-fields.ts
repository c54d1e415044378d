// The fields that a line has in itself, as the query's `json` or `logfmt` would name them.
import { type JsonField, jsonFields } from './exact-json.ts';
import { logfmtFields } from './logfmt-fields.ts';

export interface LineFields {
  readonly parser: 'json' | 'logfmt';
  readonly fields: readonly JsonField[];
}

/** Longer lines are shown, not taken apart. */
const charactersMax = 32_768;

export function fieldsOf(line: string): LineFields | undefined {
  if (line.length > charactersMax) return undefined;
  const json = jsonFields(line);
  if (json !== undefined) return { parser: 'json', fields: json };
  const logfmt = logfmtFields(line);
  return logfmt && { parser: 'logfmt', fields: logfmt };
}
