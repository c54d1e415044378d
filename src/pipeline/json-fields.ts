// A JSON walk over bytes for a few fields: the line is not decoded, values nobody asked for are stepped over. It
// follows the full parser's rules step by step and gives up on anything unusual; what it has set by then is what the
// full parser would have set first, so that one can go on from there.
import type { FieldNode } from '../kernels/field-walker.ts';
import { fieldText } from './field-text.ts';
import { KernelFields } from './kernel-fields.ts';
import type { PipelineEntry } from './stage.ts';

/** 'all': nothing is left to find; 'drop': a label filter failed; 'rest': leave the line to the full parser. */
export type FieldsVerdict = 'all' | 'drop' | 'rest' | 'end';

/** Sets the label for a field found; a word ends the walk. */
export type SetField = (
  entry: PipelineEntry,
  field: string,
  text: string,
  quoted: boolean,
) => 'done' | 'drop' | undefined;

/** Fields that a walk looks for: it looks at each of them for each of the line's. */
const fieldsMax = 64;
/** Each name is split at each underscore: that many characters of pieces. */
const piecesLengthMax = 2 ** 16;

/** True for few names that are not long: a walk over bytes is quicker then than the full parser. */
export function isWalkable(names: readonly string[]): boolean {
  if (names.length === 0 || names.length > fieldsMax) return false;
  const piecesLength = names.reduce((sum, name) => sum + name.split('_').length * name.length, 0);
  return piecesLength <= piecesLengthMax;
}

/** Field names to look for at one level of nesting. */
export class FieldTargets {
  readonly #names: readonly string[];
  readonly #bytes: readonly Buffer[];
  readonly #suffixes: readonly {
    readonly key: Buffer;
    readonly rest: readonly string[];
    below?: FieldTargets;
  }[];
  readonly #prefix: string;

  /** `names` without `prefix`, which is what comes before them in the label's name. */
  constructor(names: readonly string[], prefix = '') {
    this.#prefix = prefix;
    this.#names = names;
    this.#bytes = names.map((name) => Buffer.from(name));
    const below = new Map<string, string[]>();
    for (const name of names) {
      for (let at = name.indexOf('_', 1); at > 0 && at < name.length - 1; at = name.indexOf('_', at + 1)) {
        const key = name.slice(0, at);
        const rest = below.get(key);
        if (rest === undefined) below.set(key, [name.slice(at + 1)]);
        else rest.push(name.slice(at + 1));
      }
    }
    this.#suffixes = [...below].map(([key, rest]) => ({ key: Buffer.from(key), rest }));
  }

  /** The same as a kernel wants it, fields by their place in `labels`; undefined when it is large. */
  node(labels: readonly string[], budget = { nodes: nodesMax }): FieldNode | undefined {
    if (budget.nodes-- === 0) return undefined;
    const objects: { key: Buffer; node: FieldNode }[] = [];
    for (const suffix of this.#suffixes) {
      suffix.below ??= new FieldTargets(suffix.rest, `${this.#prefix}${suffix.key}_`);
      const node = suffix.below.node(labels, budget);
      if (node === undefined) return undefined;
      objects.push({ key: suffix.key, node });
    }
    const fields = this.#names.map((name, i) => ({
      key: this.#bytes[i] as Buffer,
      number: labels.indexOf(this.#prefix + name),
    }));
    return { fields, objects };
  }

  /** The label name a key stands for, or undefined when nobody asked for it. */
  field(bytes: Buffer, start: number, end: number): string | undefined {
    for (let i = 0; i < this.#bytes.length; i++) {
      if (equals(this.#bytes[i] as Buffer, bytes, start, end)) return this.#prefix + this.#names[i];
    }
    return undefined;
  }

  /** Targets inside the object under a key, or undefined when none can be there. */
  below(bytes: Buffer, start: number, end: number): FieldTargets | undefined {
    for (const suffix of this.#suffixes) {
      if (!equals(suffix.key, bytes, start, end)) continue;
      suffix.below ??= new FieldTargets(suffix.rest, `${this.#prefix}${suffix.key}_`);
      return suffix.below;
    }
    // The full parser enters every object whose name begins a name asked for, and may find an error in it.
    for (const name of this.#bytes) {
      if (name.length >= end - start && equals(name.subarray(0, end - start), bytes, start, end))
        return noTargets;
    }
    return undefined;
  }
}

function equals(wanted: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const { length } = wanted;
  if (length !== end - start) return false;
  for (let i = 0; i < length; i++) if (wanted[i] !== bytes[start + i]) return false;
  return true;
}

/** Bytes of plain keys. */
const plain = new Uint8Array(256);
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_') plain[c.charCodeAt(0)] = 1;

const noTargets = new FieldTargets([]);
const nestingMax = 32;
/** A name with many underscores may be split in many ways. */
const nodesMax = 100;

export class JsonFieldWalk {
  readonly #targets: FieldTargets;
  readonly #set: SetField;
  /** True: objects nobody asked for are walked all the same, because an error inside them ends the full parser. */
  readonly #descends: boolean;
  readonly #kernel: KernelFields | undefined;
  #at = 0;

  constructor(names: readonly string[], set: SetField, descends: boolean) {
    this.#targets = new FieldTargets(names);
    this.#set = set;
    this.#descends = descends;
    this.#kernel = descends ? undefined : new KernelFields(names, this.#targets, set);
  }

  walk(entry: PipelineEntry): FieldsVerdict {
    const verdict = this.#kernel?.json(entry);
    if (verdict !== undefined) return verdict;
    this.#at = entry.lineStart;
    return this.#object(entry, entry.lineEnd, this.#targets, 0);
  }

  #object(entry: PipelineEntry, end: number, targets: FieldTargets, depth: number): FieldsVerdict {
    const { bytes } = entry;
    if (depth > nestingMax || !this.#skip(bytes, end, 0x7b)) return 'rest';
    if (this.#skip(bytes, end, 0x7d)) return 'end';
    for (;;) {
      if (!this.#skip(bytes, end, 0x22)) return 'rest';
      const keyStart = this.#at;
      let keyEnd = keyStart;
      while (keyEnd < end && plain[bytes[keyEnd] as number] === 1) keyEnd++;
      // A key that becomes a label name by replacing characters is the full parser's.
      if (
        bytes[keyEnd] !== 0x22 ||
        keyEnd >= end ||
        keyEnd === keyStart ||
        (bytes[keyStart] as number) <= 0x39
      )
        return 'rest';
      this.#at = keyEnd + 1;
      if (!this.#skip(bytes, end, 0x3a)) return 'rest';
      const verdict = this.#value(entry, end, targets, depth, keyStart, keyEnd);
      if (verdict !== 'end') return verdict;
      if (this.#skip(bytes, end, 0x2c)) continue;
      return this.#skip(bytes, end, 0x7d) ? 'end' : 'rest';
    }
  }

  #value(
    entry: PipelineEntry,
    end: number,
    targets: FieldTargets,
    depth: number,
    keyStart: number,
    keyEnd: number,
  ): FieldsVerdict {
    const { bytes } = entry;
    this.#spaces(bytes, end);
    if (this.#at >= end) return 'rest';
    const first = bytes[this.#at] as number;
    if (first === 0x7b) {
      const below = targets.below(bytes, keyStart, keyEnd);
      if (below !== undefined || this.#descends) {
        // As the full parser: an object reaches to its matching brace, whatever the walk inside it finds.
        const start = this.#at;
        if (!this.#block(bytes, end)) return 'rest';
        const blockEnd = this.#at;
        this.#at = start;
        const verdict = this.#object(entry, blockEnd, below ?? noTargets, depth + 1);
        if (verdict === 'end') this.#at = blockEnd;
        return verdict;
      }
    }
    if (first === 0x7b || first === 0x5b) return this.#block(bytes, end) ? 'end' : 'rest';
    const quoted = first === 0x22;
    const start = quoted ? this.#at + 1 : this.#at;
    const escaped = quoted ? this.#string(bytes, end) : this.#token(bytes, end, first);
    if (escaped === undefined) return 'rest';
    const field = targets.field(bytes, keyStart, keyEnd);
    if (field === undefined || first === 0x6e) return 'end';
    if (escaped) return 'rest';
    const text = fieldText(bytes, start, quoted ? this.#at - 1 : this.#at);
    const stop = this.#set(entry, field, text, quoted);
    return stop === undefined ? 'end' : stop === 'done' ? 'all' : 'drop';
  }

  #spaces(bytes: Buffer, end: number): void {
    let at = this.#at;
    while (at < end) {
      const c = bytes[at] as number;
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
      at++;
    }
    this.#at = at;
  }

  /** Steps over white space and one given byte; false when another is there. */
  #skip(bytes: Buffer, end: number, byte: number): boolean {
    this.#spaces(bytes, end);
    if (this.#at >= end || bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  /** Steps over a string; true when it has escapes, undefined when it does not end. */
  #string(bytes: Buffer, end: number): boolean | undefined {
    let escaped = false;
    for (let at = this.#at + 1; at < end; at++) {
      const c = bytes[at];
      if (c === 0x22) {
        this.#at = at + 1;
        return escaped;
      }
      if (c === 0x5c) {
        escaped = true;
        at++;
      }
    }
    return undefined;
  }

  /** Steps over a number, true, false or null; false when it is one, undefined when not. */
  #token(bytes: Buffer, end: number, first: number): boolean | undefined {
    const start = this.#at;
    let at = start;
    for (; at < end; at++) {
      const c = bytes[at] as number;
      if (c === 0x2c || c === 0x7d || c === 0x5d || c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09)
        break;
    }
    this.#at = at;
    if ((first >= 0x30 && first <= 0x39) || first === 0x2d) return false;
    const word = first === 0x74 ? words.true : first === 0x66 ? words.false : words.null;
    return equals(word, bytes, start, at) ? false : undefined;
  }

  /** Steps over an object or array by its brackets; false when it does not close. */
  #block(bytes: Buffer, end: number): boolean {
    const open = bytes[this.#at] as number;
    let level = 0;
    for (; this.#at < end; this.#at++) {
      const c = bytes[this.#at] as number;
      if (c === 0x22) {
        if (this.#string(bytes, end) === undefined) return false;
        this.#at--;
      } else if (c === open) level++;
      else if (c === open + 2 && --level === 0) {
        this.#at++;
        return true;
      }
    }
    return false;
  }
}

const words = { true: Buffer.from('true'), false: Buffer.from('false'), null: Buffer.from('null') };
