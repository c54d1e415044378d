// Compiled stages: entry in, entry out.

import { LRUCache } from 'lru-cache';
import { levelOfField } from '../../formats/logger-levels.ts';
import type { CollectedEntry } from '../../ingest/sink/sink.ts';
import { type LabelPair, type Labels, labelsKey } from '../../model/labels.ts';
import { nsPerMs } from '../../model/time.ts';
import { compileRegex, type Regex, trustedPattern } from '../../regex/regex.ts';
import { requiredLiterals } from '../../regex/required-literals.ts';
import { extractJson, extractLogfmt } from './extract.ts';
import { LabelEdit } from './label-edit.ts';
import { replaceGroups } from './replace-groups.ts';
import type { Conditions, Stage } from './stage.ts';
import { compileTimeFormat } from './time-format.ts';

/** The entry as the stages leave it; undefined: dropped. `nowNs`: the moment of reading. */
export type Stages = (entry: CollectedEntry, nowNs: bigint) => CollectedEntry | undefined;

/** An entry on its way through the stages: one object for all of them, as there are many. */
class Work {
  line = '';
  timestampNs = 0n;
  nowNs = 0n;
  readonly labels = new LabelEdit();
  readonly metadata = new LabelEdit();
  extracted = new Map<string, string>();
  /** Extracted values that a stage has put somewhere; undefined where no stage asks for the rest. */
  readonly used: Set<string> | undefined;

  constructor(asksForRest: boolean) {
    this.used = asksForRest ? new Set() : undefined;
  }

  begin({ line, timestampNs, labels, structuredMetadata }: CollectedEntry, nowNs: bigint): void {
    this.line = line;
    this.timestampNs = timestampNs;
    this.nowNs = nowNs;
    this.labels.begin(labels);
    this.metadata.begin(structuredMetadata);
    // Emptying one costs as much.
    if (this.extracted.size > 0) this.extracted = new Map();
    this.used?.clear();
  }
}

/** False: drop. */
type Step = (work: Work) => boolean;

/** Label sets kept so that equal ones stay one object. */
const labelSetsMax = 2_000;

/** Every entry as it is. */
export const noStages: Stages = (entry) => entry;

/** Throws RegexError for an expression that is no RE2 and Error for an unknown zone. */
export function compileStages(stages: readonly Stage[]): Stages {
  if (stages.length === 0) return noStages;
  const steps = stages.map(compileStage);
  const labelSets = new LRUCache<string, Labels>({ max: labelSetsMax });
  const same = (made: Labels): Labels => {
    const key = labelsKey(made);
    const labels = labelSets.get(key) ?? made;
    labelSets.set(key, labels);
    return labels;
  };
  const work = new Work(stages.some((stage) => stage.kind === 'structured_metadata' && stage.rest));
  return (entry, nowNs) => {
    work.begin(entry, nowNs);
    for (const step of steps) if (!step(work)) return undefined;
    const labels = work.labels.result();
    return {
      labels: labels === entry.labels ? labels : same(labels),
      timestampNs: work.timestampNs,
      line: work.line,
      structuredMetadata: work.metadata.result(),
    };
  };
}

function compileStage(stage: Stage): Step {
  switch (stage.kind) {
    case 'json':
    case 'logfmt': {
      const extract = stage.kind === 'json' ? extractJson : extractLogfmt;
      const fields = Object.entries(stage.fields);
      return keeping((work) => extract(sourceOf(work, stage.source), fields, work.extracted));
    }
    case 'regex':
      return regexStep(compileRegex(stage.expression, trustedPattern), stage.source);
    case 'timestamp': {
      const read = compileTimeFormat(stage.format, stage.zone);
      return keeping((work) => {
        const ns = read(take(work, stage.source) ?? '', work.nowNs);
        if (ns !== undefined) work.timestampNs = ns;
      });
    }
    case 'level':
      return keeping((work) => {
        const level = levelOfField(take(work, stage.source));
        if (level !== undefined) work.metadata.set('detected_level', level);
      });
    case 'labels': {
      const names = Object.entries(stage.labels);
      return keeping((work) => put(work, work.labels, names));
    }
    case 'structured_metadata': {
      const names = Object.entries(stage.fields);
      return keeping((work) => {
        put(work, work.metadata, names);
        if (!stage.rest) return;
        for (const [name, value] of work.extracted)
          if (!work.used?.has(name)) work.metadata.set(labelName(name), value);
      });
    }
    case 'output':
      return keeping((work) => {
        work.line = take(work, stage.source) ?? work.line;
      });
    case 'replace':
      return replaceStep(compileRegex(stage.expression, trustedPattern), stage.replacement, stage.source);
    case 'drop':
    case 'keep': {
      const holds = compileConditions(stage.when);
      return (work) => holds(work) === (stage.kind === 'keep');
    }
    case 'static_labels':
      return keeping((work) => {
        for (const [name, value] of Object.entries(stage.labels)) work.labels.set(name, value);
      });
    case 'labeldrop':
      return keeping((work) => {
        for (const name of stage.names) work.labels.delete(name);
      });
  }
}

const keeping =
  (step: (work: Work) => void): Step =>
  (work) => {
    step(work);
    return true;
  };

/** '': the line; else an extracted value, label or metadata; undefined when there is none. */
const found = ({ line, extracted, labels, metadata }: Work, source: string): string | undefined =>
  source === '' ? line : (extracted.get(source) ?? labels.get(source) ?? metadata.get(source));

const sourceOf = (work: Work, source: string): string => found(work, source) ?? '';

function take(work: Work, source: string): string | undefined {
  work.used?.add(source);
  return found(work, source);
}

function put(work: Work, into: LabelEdit, names: readonly LabelPair[]): void {
  for (const [name, source] of names) {
    const value = take(work, source === '' ? name : source);
    if (value !== undefined) into.set(name, value);
  }
}

const labelName = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_');

/** A text that every match contains; most lines lack it, and need not be asked of the expression. */
const literalOf = ({ pattern }: Regex): string =>
  requiredLiterals(pattern)
    .all.filter(({ ignoreCase }) => !ignoreCase)
    .reduce((longest, { text }) => (text.length > longest.length ? text : longest), '');

function regexStep(regex: Regex, source: string): Step {
  const literal = literalOf(regex);
  return keeping((work) => {
    const text = sourceOf(work, source);
    const match = text.includes(literal) ? regex.find(text) : undefined;
    if (!match) return;
    for (const [index, name] of regex.groupNames.entries()) {
      const value = match.groups[index];
      if (name !== '' && value !== undefined) work.extracted.set(name, value);
    }
  });
}

function replaceStep(regex: Regex, replacement: string, source: string): Step {
  const literal = literalOf(regex);
  return keeping((work) => {
    const before = found(work, source);
    if (before === undefined || !before.includes(literal)) return;
    const after = replaceGroups(before, regex, replacement, (group) => {
      const name = regex.groupNames[group] ?? '';
      if (name !== '') work.extracted.set(name, replacement);
    });
    if (after === undefined) return;
    if (source === '') work.line = after;
    else if (work.extracted.has(source)) work.extracted.set(source, after);
    else if (work.labels.get(source) !== undefined) work.labels.set(source, after);
    else work.metadata.set(source, after);
  });
}

function compileConditions({ source, expression, longerThanBytes, olderThanMs }: Conditions) {
  const regex = expression === undefined ? undefined : compileRegex(expression, trustedPattern);
  return (work: Work): boolean => {
    if (source !== '' || regex) {
      const value = found(work, source);
      if (value === undefined || (regex && !regex.test(value))) return false;
    }
    if (longerThanBytes > 0 && Buffer.byteLength(work.line) <= longerThanBytes) return false;
    return olderThanMs === 0 || work.nowNs - work.timestampNs > BigInt(olderThanMs) * nsPerMs;
  };
}
