// The fields of a logfmt line, for people to look at: `level=info msg="a b" took=3ms`.
import type { JsonField } from './exact-json.ts';

const pair = /(?:^|\s)([A-Za-z_][\w.-]*)=("(?:\\.|[^"\\])*"|[^\s"]*)(?=\s|$)/g;
/** Fewer say little: a sentence may have a `=` in it. */
const pairsMin = 2;
const fieldsMax = 500;

/** Undefined when the line does not look like logfmt. */
export function logfmtFields(line: string): readonly JsonField[] | undefined {
  const fields = [...line.matchAll(pair)].slice(0, fieldsMax).map(([, name = '', value = '']) => ({
    name: name.replace(/[^A-Za-z0-9_]/g, '_'),
    value: plainValue(value),
    isNumber: /^-?\d+(?:\.\d+)?$/.test(value),
  }));
  return fields.length < pairsMin ? undefined : fields;
}

function plainValue(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return JSON.parse(value) as string;
  } catch {
    return value.slice(1, -1);
  }
}
