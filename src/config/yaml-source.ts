// A configuration file: its values, and the place of each for messages.
import { type Document, isMap, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { ConfigError } from './config-error.ts';

export interface FileSource {
  readonly values: Readonly<Record<string, unknown>>;
  /** "skald.yaml:3:5" of the key at this path, or of the nearest one above it. */
  readonly placeOf: (keys: readonly PropertyKey[]) => string;
}

/** Parses YAML (JSON is YAML, too). Throws ConfigError with line and column. */
export function parseFile(name: string, text: string): FileSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  if (document.errors.length > 0)
    throw new ConfigError(document.errors.map((error) => `${place(error.pos[0])}: ${error.message}`));
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
