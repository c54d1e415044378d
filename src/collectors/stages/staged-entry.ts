// An entry on its way through the stages, which change it in place: there is one for all entries of a source, as they
// are many.

import { emptyLabels, type Labels } from '../../model/labels.ts';
import { Extracted } from './extracted.ts';
import { LabelEdit } from './label-edit.ts';

export class StagedEntry {
  line = '';
  /** Unix; `nanos` below a second. */
  seconds = 0;
  nanos = 0;
  /** The moment of reading. */
  nowNs = 0n;
  labels: Labels = emptyLabels;
  structuredMetadata: Labels = emptyLabels;
}

/** A staged entry and what the stages say to each other about it. */
export class StageWork {
  entry = new StagedEntry();
  readonly labels = new LabelEdit();
  readonly metadata = new LabelEdit();
  readonly extracted = new Extracted();
  /** Extracted values that a stage has put somewhere; undefined where no stage asks for the rest. */
  readonly used: Set<string> | undefined;

  constructor(asksForRest: boolean) {
    this.used = asksForRest ? new Set() : undefined;
  }

  begin(entry: StagedEntry): void {
    this.entry = entry;
    this.labels.begin(entry.labels);
    this.metadata.begin(entry.structuredMetadata);
    this.extracted.clear();
    this.used?.clear();
  }

  /** '': the line; else an extracted value, label or metadata; undefined when there is none. */
  find(source: string): string | undefined {
    if (source === '') return this.entry.line;
    return this.extracted.get(source) ?? this.labels.get(source) ?? this.metadata.get(source);
  }

  /** As `find`, for a stage that puts it somewhere. */
  take(source: string): string | undefined {
    this.used?.add(source);
    return this.find(source);
  }
}
