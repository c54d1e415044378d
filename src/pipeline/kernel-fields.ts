// The walks over bytes for a few fields (json-fields.ts, logfmt-fields.ts) by a kernel, where the line lies in its memory.
import {
  type FieldNode,
  type FieldWalker,
  fieldsMax,
  fieldWalkerOf,
  walkVerdicts,
} from '../kernels/field-walker.ts';
import { fieldText } from './field-text.ts';
import type { FieldsVerdict, FieldTargets, SetField } from './json-fields.ts';
import type { PipelineEntry } from './stage.ts';

export class KernelFields {
  readonly #names: readonly string[];
  readonly #root: FieldNode | undefined;
  readonly #set: SetField;
  #bytes: Buffer | undefined;
  #walker: FieldWalker | undefined;

  constructor(names: readonly string[], targets: FieldTargets, set: SetField) {
    this.#names = names;
    this.#set = set;
    this.#root = names.length > fieldsMax ? undefined : targets.node(names);
  }

  /** Undefined: nothing is known, or not all; the walk starts over and comes to the same fields. */
  json(entry: PipelineEntry): FieldsVerdict | undefined {
    const walker = this.#walkerOf(entry);
    if (walker === undefined || this.#root === undefined) return undefined;
    const base = entry.bytes.byteOffset;
    return this.#setFound(
      entry,
      walker,
      walker.json(this.#root, base + entry.lineStart, base + entry.lineEnd),
    );
  }

  logfmt(entry: PipelineEntry, keepsEmpty: boolean): FieldsVerdict | undefined {
    const walker = this.#walkerOf(entry);
    if (walker === undefined || this.#root === undefined) return undefined;
    const base = entry.bytes.byteOffset;
    const verdict = walker.logfmt(this.#root, base + entry.lineStart, base + entry.lineEnd, keepsEmpty);
    return this.#setFound(entry, walker, verdict);
  }

  /** Lines of a batch share their bytes. */
  #walkerOf({ bytes }: PipelineEntry): FieldWalker | undefined {
    if (bytes !== this.#bytes) {
      this.#bytes = bytes;
      this.#walker = fieldWalkerOf(bytes);
    }
    return this.#walker;
  }

  #setFound(entry: PipelineEntry, walker: FieldWalker, verdict: number): FieldsVerdict | undefined {
    if (verdict === walkVerdicts.rest) return undefined;
    const { found, foundCount } = walker;
    const { bytes } = entry;
    const base = bytes.byteOffset;
    for (let at = 0; at < 4 * foundCount; at += 4) {
      const name = this.#names[found[at] as number] as string;
      const text = fieldText(bytes, (found[at + 1] as number) - base, (found[at + 2] as number) - base);
      const stop = this.#set(entry, name, text, found[at + 3] === 1);
      if (stop !== undefined) return stop === 'done' ? 'all' : 'drop';
    }
    // A field that clashes counts under another name: not all that was asked for is there.
    return verdict === walkVerdicts.end ? 'end' : undefined;
  }
}
