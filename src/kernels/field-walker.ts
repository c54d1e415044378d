// Fields of JSON and logfmt lines that lie in the memory of a kernel, as blocks' lines do.
import { type LineMemory, lineMemoryOf, lineRegions } from './line-memory.ts';
import { instantiateKernel } from './wasm.ts';

/** What to look for at one level of nesting: numbers are below {@link fieldsMax}. */
export interface FieldNode {
  readonly fields: readonly { readonly key: Uint8Array; readonly number: number }[];
  readonly objects: readonly { readonly key: Uint8Array; readonly node: FieldNode }[];
}

/** A set of fields is a word of bits. */
export const fieldsMax = 32;
/** What assembly/fields.ts returns. */
export const walkVerdicts = { end: 0, all: 1, rest: 2 } as const;

const wordsPerFound = 4;
const foundBytes = 4 + fieldsMax * wordsPerFound * 4;
const nothingAt = lineRegions.fields + foundBytes + 4;
const tableAt = nothingAt + 8;
const tableEnd = lineRegions.fields + lineRegions.fieldsBytes;

type Kernels = Record<'setPlaces' | 'walkJson' | 'walkLogfmt', (...args: number[]) => number>;
const walkers = new WeakMap<LineMemory, FieldWalker>();

/** The walker of the memory that the bytes lie in; undefined when they lie elsewhere. */
export function fieldWalkerOf(bytes: Uint8Array): FieldWalker | undefined {
  const memory = lineMemoryOf(bytes.buffer);
  if (memory === undefined) return undefined;
  let walker = walkers.get(memory);
  if (walker === undefined) {
    walker = new FieldWalker(memory);
    walkers.set(memory, walker);
  }
  return walker;
}

export class FieldWalker {
  /** Of each field found: its number, start and end address of its value, 1 when that was quoted. */
  readonly found: Uint32Array;
  readonly #kernels: Kernels;
  readonly #memory: LineMemory;
  readonly #count: Uint32Array;
  #loaded: FieldNode | undefined;
  #all = 0;

  constructor(memory: LineMemory) {
    const { buffer } = memory.memory;
    this.#memory = memory;
    this.#count = new Uint32Array(buffer, lineRegions.fields, 1);
    this.found = new Uint32Array(buffer, lineRegions.fields + 4, fieldsMax * wordsPerFound);
    this.#kernels = instantiateKernel('fields', memory.memory, ['setPlaces', 'walkJson', 'walkLogfmt']);
    this.#kernels.setPlaces(lineRegions.fields, nothingAt);
  }

  /** How many fields the last walk found. */
  get foundCount(): number {
    return this.#count[0] as number;
  }

  /** A word of {@link walkVerdicts} for a line at addresses of the memory. */
  json(root: FieldNode, start: number, end: number): number {
    if (this.#loaded !== root && !this.#load(root)) return walkVerdicts.rest;
    return this.#kernels.walkJson(start, end, tableAt, this.#all);
  }

  logfmt(root: FieldNode, start: number, end: number, keepsEmpty: boolean): number {
    if (this.#loaded !== root && !this.#load(root)) return walkVerdicts.rest;
    return this.#kernels.walkLogfmt(start, end, tableAt, this.#all, keepsEmpty ? 1 : 0);
  }

  /** False when there are more fields than the tables hold. */
  #load(root: FieldNode): boolean {
    const view = new DataView(this.#memory.memory.buffer);
    const bytes = new Uint8Array(this.#memory.memory.buffer);
    let end = tableAt;
    let all = 0;
    const reserve = (count: number): number => {
      const at = end;
      end += Math.ceil(count / 4) * 4;
      return at;
    };
    const writeEntry = (at: number, key: Uint8Array, value: number): void => {
      const keyAt = reserve(key.length);
      if (end > tableEnd) return;
      bytes.set(key, keyAt);
      view.setUint32(at, keyAt, true);
      view.setUint32(at + 4, key.length, true);
      view.setUint32(at + 8, value, true);
    };
    const writeNode = ({ fields, objects }: FieldNode): number => {
      const at = reserve(8 + 12 * (fields.length + objects.length));
      if (end > tableEnd) return at;
      view.setUint32(at, fields.length, true);
      view.setUint32(at + 4, objects.length, true);
      let entry = at + 8;
      for (const { key, number } of fields) {
        if (number < fieldsMax) all |= 1 << number;
        else end = tableEnd + 1;
        writeEntry(entry, key, number);
        entry += 12;
      }
      for (const { key, node } of objects) {
        if (end <= tableEnd) writeEntry(entry, key, writeNode(node));
        entry += 12;
      }
      return at;
    };
    this.#loaded = undefined;
    writeNode(root);
    if (end > tableEnd) return false;
    this.#loaded = root;
    this.#all = all >>> 0;
    return true;
  }
}
