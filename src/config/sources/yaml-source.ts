// A configuration file: its values, and the place of each for messages.
import {
  type Document,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { ConfigError, problemsMax } from '../config-error.ts';
import { type Environment, expandVariables } from './expand-variables.ts';

export interface FileSource {
  readonly values: Readonly<Record<string, unknown>>;
  /** "skald.yaml:3:5" of the key at this path, or of the nearest one above it. */
  readonly placeOf: (keys: readonly PropertyKey[]) => string;
}

/** Characters of a file; a hundred tenants with limits of their own take a fifth. */
const textLengthMax = 524_288;

/**
 * Parses YAML (JSON is YAML, too), with the variables of `environment` in the place of `${VAR}`; without one they stay.
 * Throws ConfigError with line and column, also for a variable that has no value.
 */
export function parseFile(name: string, text: string, environment?: Environment): FileSource {
  if (text.length > textLengthMax)
    throw new ConfigError([`${name}: longer than ${textLengthMax} characters`]);
  const lines = new LineCounter();
  const { document, doubledKeyOffset } = parsed(name, text, lines);
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  // What follows the first error is read wrongly because of it.
  const [error] = document.errors;
  if (error !== undefined) throw new ConfigError([`${place(error.pos[0])}: ${error.message}`]);
  if (doubledKeyOffset !== undefined)
    throw new ConfigError([`${place(doubledKeyOffset)}: Map keys must be unique`]);
  if (environment !== undefined) putIn(document, environment, place);
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

/** Puts variables into values, not into keys. Throws ConfigError naming those without a value. */
function putIn(document: Document.Parsed, environment: Environment, place: (offset: number) => string): void {
  const problems: string[] = [];
  visit(document, {
    Scalar: (key, node) => {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return;
      const { text, missing } = expandVariables(node.value, environment);
      for (const name of missing)
        problems.push(
          `${place(node.range?.[0] ?? 0)}: the variable ${name} is not set; \${${name}:default} gives it a default, ` +
            `$\${${name}} stands for the text`,
        );
      node.value = node.type === 'PLAIN' ? plainValue(text) : text;
    },
  });
  if (problems.length > 0) throw new ConfigError(problems.slice(0, problemsMax));
}

/** A number, truth value or text, as if it stood in the file. */
function plainValue(text: string): unknown {
  const { contents, errors } = parseDocument(text);
  return errors.length === 0 && isScalar(contents) ? (contents as Scalar).value : text;
}

interface ParsedText {
  readonly document: Document.Parsed;
  readonly doubledKeyOffset: number | undefined;
}

function parsed(name: string, text: string, lineCounter: LineCounter): ParsedText {
  const { stackTraceLimit } = Error;
  // The parser goes on after an error, and may make one of each character: without a stack they cost a quarter.
  Error.stackTraceLimit = 0;
  try {
    // The parser would compare each key with all before it.
    const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false });
    return { document, doubledKeyOffset: doubledKey(document) };
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigError([`${name}: nested too deeply`]);
    throw error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
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
