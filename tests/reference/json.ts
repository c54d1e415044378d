// JSON as Loki's parser walks it: from left to right, not validated; what comes after the place where it stops may be
// anything. An error is a text thrown at the place where it is.

/** The walk cannot go on; the message is what `__error_details__` says. */
export class JsonError extends Error {}

export type Json =
  | { readonly kind: 'string' | 'word'; readonly text: string }
  | { readonly kind: 'object' | 'array'; readonly text: string };

const texts = {
  malformed: 'Malformed JSON error',
  object: "Value looks like object, but can't find closing '}' symbol",
  array: "Value is array, but can't find closing ']' symbol",
  string: "Value is string, but can't find closing '\"' symbol",
  unknown: 'Unknown value type',
  escape: 'Encountered an invalid escape sequence in a string',
};

/** Calls `visit` with each key of the object that the text begins with, and its value. Throws JsonError. */
export function walkObject(text: string, visit: (key: string, read: () => Json) => void): void {
  let rest = text.replace(/^[ \t\r\n]+/, '');
  if (!rest.startsWith('{')) throw new JsonError(texts.object);
  const skip = (error: string): void => {
    rest = rest.replace(/^[ \t\r\n]+/, '');
    if (rest === '') throw new JsonError(error);
  };
  rest = rest.slice(1);
  skip(texts.malformed);
  while (!rest.startsWith('}')) {
    if (!rest.startsWith('"')) throw new JsonError(texts.object);
    const key = quoted(rest);
    if (key === undefined) throw new JsonError(texts.malformed);
    rest = rest.slice(key.length + 2);
    const name = unescaped(key);
    if (name === undefined) throw new JsonError(texts.escape);
    skip(texts.malformed);
    if (!rest.startsWith(':')) throw new JsonError(texts.malformed);
    const from = rest.slice(1).replace(/^[ \t\r\n]+/, '');
    visit(name, () => valueAt(from));
    const value = valueAt(from);
    rest = from;
    rest = rest.slice(value.text.length + (value.kind === 'string' ? 2 : 0));
    skip(texts.array);
    if (rest.startsWith('}')) return;
    if (!rest.startsWith(',')) throw new JsonError(texts.object);
    rest = rest.slice(1);
    skip(texts.array);
  }
}

/** Everything between the quotes, escapes as they stand; undefined when the string has no end. */
function quoted(text: string): string | undefined {
  return /^"((?:[^"\\]|\\[\s\S])*)"/.exec(text)?.[1];
}

/** Throws JsonError. */
function valueAt(text: string): Json {
  if (text === '') throw new JsonError(texts.malformed);
  if (text.startsWith('"')) {
    const inner = quoted(text);
    if (inner === undefined) throw new JsonError(texts.string);
    return { kind: 'string', text: inner };
  }
  if (text.startsWith('{') || text.startsWith('[')) {
    const kind = text.startsWith('{') ? 'object' : 'array';
    const end = closing(text);
    if (end < 0) throw new JsonError(texts[kind]);
    return { kind, text: text.slice(0, end) };
  }
  const word = /^[^,}\] \n\r\t]*/.exec(text)?.[0] ?? '';
  if (!/^[0-9-]/.test(word) && !['true', 'false', 'null'].includes(word)) throw new JsonError(texts.unknown);
  return { kind: 'word', text: word };
}

/** Length of the object or array that the text begins with; only its own kind of bracket is counted. */
function closing(text: string): number {
  const open = text[0];
  const close = open === '{' ? '}' : ']';
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') {
      const inner = quoted(text.slice(at));
      if (inner === undefined) return -1;
      at += inner.length + 1;
    } else if (text[at] === open) depth++;
    else if (text[at] === close && --depth === 0) return at + 1;
  }
  return -1;
}

/** Undefined when an escape is none of JSON's. */
export function unescaped(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  if (!/^(?:[^\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*$/.test(text)) return undefined;
  const plain = text.replace(
    /\\(?:u([dD][89a-fA-F][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))/g,
    (_, high?: string, low?: string, unit?: string, letter?: string) =>
      [high, low, unit]
        .map((hex) => (hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16))))
        .join('') +
      (letter === undefined ? '' : ({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }[letter] ?? letter)),
  );
  return /\p{Surrogate}/u.test(plain) ? undefined : plain;
}

/** A JSON string as the value of a label: '' when an escape is wrong. */
export const labelText = (text: string): string => (unescaped(text) ?? '').replaceAll('\uFFFD', ' ');

/**
 * The value at a path of names and indexes; undefined when it is not there. What is wrong elsewhere in the text does not
 * count. Throws JsonError when the value itself cannot be read.
 */
export function valueAtPath(text: string, path: readonly (string | number)[]): Json | undefined {
  let here = text.trimStart();
  let found: Json | undefined;
  for (const [i, step] of path.entries()) {
    const last = i === path.length - 1;
    const read = memberOf(here, step);
    if (read === undefined) return undefined;
    try {
      found = read();
    } catch (error) {
      if (last || !(error instanceof JsonError)) throw error;
      return undefined;
    }
    if (!last && found.kind !== 'object' && found.kind !== 'array') return undefined;
    here = found.text;
  }
  return found;
}

function memberOf(text: string, step: string | number): (() => Json) | undefined {
  let found: (() => Json) | undefined;
  try {
    if (typeof step === 'number') {
      const element = text.startsWith('[') ? elements(text)[step] : undefined;
      return element && (() => element);
    }
    walkObject(text, (key, read) => {
      if (key === step) found ??= read;
    });
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
  }
  return found;
}

function elements(text: string): readonly Json[] {
  const all: Json[] = [];
  let rest = text.slice(1).trimStart();
  while (!rest.startsWith(']')) {
    const value = valueAt(rest);
    all.push(value);
    rest = rest.slice(value.text.length + (value.kind === 'string' ? 2 : 0)).replace(/^\s*,?\s*/, '');
  }
  return all;
}

/** What `| json label="path"` gives for a value. */
export const pathText = (value: Json): string =>
  value.kind === 'string' || value.kind === 'array'
    ? labelText(value.text)
    : value.text === 'null'
      ? ''
      : value.text;
