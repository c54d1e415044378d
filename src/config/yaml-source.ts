// A configuration file: its values, and the place of each for messages.
import { type Document, isMap, isScalar, LineCounter, parseDocument, visit, type YAMLMap } from 'yaml';
import { ConfigError, problemsMax } from './config-error.ts';

export interface FileSource {
  readonly values: Readonly<Record<string, unknown>>;
  /** "skald.yaml:3:5" of the key at this path, or of the nearest one above it. */
  readonly placeOf: (keys: readonly PropertyKey[]) => string;
}

/** Characters of a file; a hundred tenants with limits of their own take a tenth. */
const textLengthMax = 1_048_576;

/** Parses YAML (JSON is YAML, too). Throws ConfigError with line and column. */
export function parseFile(name: string, text: string): FileSource {
  if (text.length > textLengthMax)
    throw new ConfigError([`${name}: longer than ${textLengthMax} characters`]);
  const lines = new LineCounter();
  const { document, doubledKeyOffset } = parsed(name, text, lines);
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    throw new ConfigError(
      document.errors.slice(0, problemsMax).map((error) => `${place(error.pos[0])}: ${error.message}`),
    );
  if (doubledKeyOffset !== undefined)
    throw new ConfigError([`${place(doubledKeyOffset)}: Map keys must be unique`]);
  const root = document.contents;
  if (root !== null && !isMap(root)) throw new ConfigError([`${name}:1:1: expected a mapping of settings`]);
  return {
    values: valuesOf(name, document),
    placeOf: (keys) => {
      let offset = 0;
      let node: unknown = root;
      for (const key of keys) {
        const found = childOf(node, key);
        if (found === undefined) break;
        offset = found.offset;
        node = found.node;
      }
      return place(offset);
    },
  };
}

interface ParsedText {
  readonly document: Document.Parsed;
  readonly doubledKeyOffset: number | undefined;
}

function parsed(name: string, text: string, lineCounter: LineCounter): ParsedText {
  try {
    // The parser would compare each key with all before it.
    const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
    return { document, doubledKeyOffset: doubledKey(document) };
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigError([`${name}: nested too deeply`]);
    throw error;
  }
}

/** Where a mapping has a key for the second time. */
function doubledKey(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          offset = key.range?.[0] ?? 0;
          return visit.BREAK;
        }
        seen.add(key.value);
      }
      return undefined;
    },
  });
  return offset;
}

/** Aliases are looked up only now: one without its anchor, or too many of them, is the file's fault as well. */
function valuesOf(name: string, document: Document): Record<string, unknown> {
  try {
    return (document.toJS() ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw new ConfigError([`${name}: ${(error as Error).message}`]);
  }
}

interface Ranged {
  readonly range?: readonly [number, number, number] | null;
}

function childOf(node: unknown, key: PropertyKey): { offset: number; node: unknown } | undefined {
  if (isMap(node)) {
    const pair = (node as YAMLMap<Ranged & { value?: unknown }, Ranged>).items.find(
      (item) => item.key.value === key,
    );
    return pair && { offset: pair.key.range?.[0] ?? 0, node: pair.value };
  }
  const items = (node as { items?: readonly Ranged[] } | null | undefined)?.items;
  const item = typeof key === 'number' ? items?.[key] : undefined;
  return item && { offset: item.range?.[0] ?? 0, node: item };
}
