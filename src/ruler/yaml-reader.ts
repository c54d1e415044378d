// YAML as Go's decoder reads it into structures: scalars keep their text, and each fault has its line and column.
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';

/** The text is no YAML, or has another shape than asked for. */
export class YamlShapeError extends Error {
  override readonly name = 'YamlShapeError';
}

/** Nodes read of one text: aliases let few bytes stand for many. */
const nodesMax = 200_000;

export interface YamlField {
  readonly value: YamlValue;
  /** Where its key is. */
  readonly key: YamlValue;
}

/** A place in the document. Readers throw {@link YamlShapeError}. */
export class YamlValue {
  readonly #source: Source;
  readonly #node: Node | null;
  readonly #at: number;

  constructor(source: Source, node: unknown, at: number) {
    this.#source = source;
    this.#node = source.resolved(node);
    this.#at = (node as Node | null)?.range?.[0] ?? at;
  }

  /** Nothing, or YAML's null. */
  get isNull(): boolean {
    const node = this.#node;
    return node === null || (isPlain(node) && ['', '~', 'null', 'Null', 'NULL'].includes(String(node.value)));
  }

  /** Throws the error about this place. */
  fail(message: string): never {
    throw new YamlShapeError(`${this.#source.place(this.#at)}: ${message}`);
  }

  /** A scalar's text as written; '' of null. */
  text(what: string): string {
    if (this.isNull) return '';
    if (!isScalar(this.#node)) this.fail(`${what} must be text`);
    return String((this.#node as Scalar).value);
  }

  /** Items; none of null. */
  items(what: string): readonly YamlValue[] {
    if (this.isNull) return [];
    if (!isSeq(this.#node)) this.fail(`${what} must be a list`);
    return (this.#node as { items: readonly unknown[] }).items.map(
      (item) => new YamlValue(this.#source, item, this.#at),
    );
  }

  /** Fields by key; none of null. */
  fields(what: string): ReadonlyMap<string, YamlField> {
    const fields = new Map<string, YamlField>();
    if (this.isNull) return fields;
    if (!isMap(this.#node)) this.fail(`${what} must be a mapping`);
    for (const pair of (this.#node as YAMLMap<unknown, unknown>).items) {
      const key = new YamlValue(this.#source, pair.key, this.#at);
      const name = key.text('a key');
      if (fields.has(name)) key.fail(`the key "${name}" is there twice`);
      fields.set(name, { key, value: new YamlValue(this.#source, pair.value, this.#at) });
    }
    return fields;
  }
}

interface Source {
  /** Follows aliases; counts. */
  resolved(node: unknown): Node | null;
  place(offset: number): string;
}

const isPlain = (node: unknown): node is Scalar =>
  isScalar(node) && (node.type === undefined || node.type === 'PLAIN');

/** The first document of the text; undefined when there is none. Throws {@link YamlShapeError}. */
export function readYaml(text: string): YamlValue | undefined {
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  const document = firstDocument(text, lines);
  if (document === undefined || document.contents === null) return undefined;
  const [error] = document.errors;
  if (error !== undefined) throw new YamlShapeError(`${place(error.pos[0])}: ${error.message}`);
  let nodes = 0;
  const targets = aliasTargets(document);
  const source: Source = {
    place,
    resolved: (node) => {
      if (++nodes > nodesMax) throw new YamlShapeError(`more than ${nodesMax} values`);
      if (!isAlias(node)) return (node ?? null) as Node | null;
      const target = targets.get(node);
      if (target !== undefined) return target;
      throw new YamlShapeError(`${place(node.range?.[0] ?? 0)}: there is no anchor "${node.source}"`);
    },
  };
  return new YamlValue(source, document.contents, 0);
}

/** What each alias stands for: the last node with its anchor before it. To look for each of them alone would take long. */
function aliasTargets(document: Document.Parsed): ReadonlyMap<Alias, Node> {
  const anchored = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) {
        const target = anchored.get(node.source);
        if (target !== undefined) targets.set(node, target);
      } else if (node.anchor !== undefined) anchored.set(node.anchor, node);
    },
  });
  return targets;
}

function firstDocument(text: string, lineCounter: LineCounter): Document.Parsed | undefined {
  const { stackTraceLimit } = Error;
  // The parser goes on after an error, and may make one of each character: without a stack they cost a quarter.
  Error.stackTraceLimit = 0;
  try {
    // The parser would compare each key with all before it; scalars are to keep their text.
    const options = { schema: 'failsafe', lineCounter, prettyErrors: false, uniqueKeys: false } as const;
    const documents = parseAllDocuments(text, options);
    return 'empty' in documents ? undefined : (documents[0] as Document.Parsed | undefined);
  } catch (error) {
    if (error instanceof RangeError) throw new YamlShapeError('nested too deeply');
    throw error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
