// JSON as it is written: laid out and taken apart without reading numbers or joining equal keys, so that what is shown is
// what was logged.

/** Deeper ones are shown as they came. */
const depthMax = 60;

const token = /"(?:\\.|[^"\\])*"|[{}[\]:,]|[^\s{}[\]:,"]+/g;

/** Two spaces a level; undefined when the text is no JSON object or array. */
export function laidOutJson(line: string): string | undefined {
  if (!isJson(line)) return undefined;
  let depth = 0;
  let text = '';
  let before = '';
  const newLine = (): string => `\n${'  '.repeat(depth)}`;
  for (const [part] of line.matchAll(token)) {
    if (part === '}' || part === ']') {
      depth--;
      text += before === '{' || before === '[' ? part : newLine() + part;
    } else {
      if (before === '{' || before === '[' || before === ',') text += newLine();
      text += part === ':' ? ': ' : part;
      if (part === '{' || part === '[') depth++;
      if (depth > depthMax) return undefined;
    }
    before = part;
  }
  return text;
}

export interface JsonField {
  /** As LogQL's `json` names it: `request_headers_host`. */
  readonly name: string;
  /** The string's text, or number, true, false, null as written. */
  readonly value: string;
  readonly isNumber: boolean;
}

const fieldsMax = 500;

/** Values of an object outside of arrays, in their order, equal names each. Undefined when the text is no object. */
export function jsonFields(line: string): readonly JsonField[] | undefined {
  if (!line.trimStart().startsWith('{') || !isJson(line)) return undefined;
  const fields: JsonField[] = [];
  const path: string[] = [];
  let arrays = 0;
  let key: string | undefined;
  const parts = [...line.matchAll(token)].map(([part]) => part);
  for (const [index, part] of parts.entries()) {
    if (part === '[') arrays++;
    else if (part === ']') arrays--;
    else if (arrays > 0) continue;
    else if (part === '{') {
      if (key !== undefined) path.push(key);
      key = undefined;
    } else if (part === '}') path.pop();
    else if (parts[index + 1] === ':') key = JSON.parse(part) as string;
    else if (part !== ':' && part !== ',' && key !== undefined) {
      const isText = part.startsWith('"');
      fields.push({
        name: labelName([...path, key].join('_')),
        value: isText ? (JSON.parse(part) as string) : part,
        isNumber: !isText && /^[-\d]/.test(part),
      });
      key = undefined;
      if (fields.length >= fieldsMax) break;
    }
  }
  return fields;
}

/** What Prometheus allows as a name; other characters become `_`. */
const labelName = (name: string): string => name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');

function isJson(line: string): boolean {
  if (!/^\s*[[{]/.test(line)) return false;
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
