// Compiled stages: entry in, entry out.

import { levelOfField } from '../../formats/logger-levels.ts';
import type { CollectedEntry } from '../../ingest/sink/sink.ts';
import type { LabelPair } from '../../model/labels.ts';
import { joinNs, nsPerMs, splitNs } from '../../model/time.ts';
import { compileRegex, type Regex, trustedPattern } from '../../regex/regex.ts';
import { requiredLiterals } from '../../regex/required-literals.ts';
import { JsonMembers } from '../parse/json-members.ts';
import { extractJson, extractLogfmt } from './extract.ts';
import type { LabelEdit } from './label-edit.ts';
import { LabelSets } from './label-sets.ts';
import { replaceGroups } from './replace-groups.ts';
import type { Conditions, Stage } from './stage.ts';
import { type StagedEntry, StageWork } from './staged-entry.ts';
import { compileTimeFormat } from './time-format.ts';

export interface Stages {
  /** False: every entry leaves as it came. */
  readonly areThere: boolean;
  /** Members of the lines that a stage reads as JSON, for whoever looks at a line before; undefined: none does. */
  readonly json: JsonMembers | undefined;
  /** Changes the entry in place; false: it is dropped. */
  run(entry: StagedEntry): boolean;
}

/** False: drop. */
type Step = (work: StageWork) => boolean;

/** Every entry as it is. */
export const noStages: Stages = { areThere: false, json: undefined, run: () => true };

/** Throws RegexError for an expression that is no RE2 and Error for an unknown zone. */
export function compileStages(stages: readonly Stage[]): Stages {
  if (stages.length === 0) return noStages;
  const json = new JsonMembers();
  const steps = stages.map((stage) => compileStage(stage, json));
  const labelSets = new LabelSets();
  const work = new StageWork(stages.some((stage) => stage.kind === 'structured_metadata' && stage.rest));
  return {
    areThere: true,
    json: stages.some(({ kind }) => kind === 'json') ? json : undefined,
    run(entry) {
      work.begin(entry);
      for (const step of steps) if (!step(work)) return false;
      const labels = work.labels.result();
      if (labels !== entry.labels) entry.labels = labelSets.same(labels);
      entry.structuredMetadata = work.metadata.result();
      return true;
    },
  };
}

/** The entry as the stages leave it; undefined: dropped. `nowNs`: the moment of reading. */
export function throughStages(
  stages: Stages,
  entry: CollectedEntry,
  nowNs: bigint,
): CollectedEntry | undefined {
  if (!stages.areThere) return entry;
  const { seconds, nanos } = splitNs(entry.timestampNs);
  const { line, labels, structuredMetadata } = entry;
  const work = { line, seconds, nanos, nowNs, labels, structuredMetadata };
  if (!stages.run(work)) return undefined;
  return {
    labels: work.labels,
    timestampNs: joinNs(work.seconds, work.nanos),
    line: work.line,
    structuredMetadata: work.structuredMetadata,
  };
}

function compileStage(stage: Stage, json: JsonMembers): Step {
  switch (stage.kind) {
    case 'json': {
      const fields = Object.entries(stage.fields);
      return keeping((work) => extractJson(work.find(stage.source) ?? '', fields, work.extracted, json));
    }
    case 'logfmt': {
      const fields = Object.entries(stage.fields);
      return keeping((work) => extractLogfmt(work.find(stage.source) ?? '', fields, work.extracted));
    }
    case 'regex':
      return regexStep(compileRegex(stage.expression, trustedPattern), stage.source);
    case 'timestamp': {
      const read = compileTimeFormat(stage.format, stage.zone);
      return keeping((work) => {
        const time = read(work.take(stage.source) ?? '', work.entry.nowNs);
        if (!time) return;
        work.entry.seconds = time.seconds;
        work.entry.nanos = time.nanos;
      });
    }
    case 'level':
      return keeping((work) => {
        const level = levelOfField(work.take(stage.source));
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
        for (const [name, value] of work.extracted.entries())
          if (!work.used?.has(name)) work.metadata.set(labelName(name), value);
      });
    }
    case 'output':
      return keeping((work) => {
        work.entry.line = work.take(stage.source) ?? work.entry.line;
      });
    case 'replace':
      return replaceStep(compileRegex(stage.expression, trustedPattern), stage.replacement, stage.source);
    case 'drop':
    case 'keep': {
      const holds = compileConditions(stage.when);
      return (work) => holds(work) === (stage.kind === 'keep');
    }
    case 'static_labels': {
      const labels = Object.entries(stage.labels);
      return keeping((work) => {
        for (const [name, value] of labels) work.labels.set(name, value);
      });
    }
    case 'labeldrop':
      return keeping((work) => {
        for (const name of stage.names) work.labels.delete(name);
      });
  }
}

const keeping =
  (step: (work: StageWork) => void): Step =>
  (work) => {
    step(work);
    return true;
  };

function put(work: StageWork, into: LabelEdit, names: readonly LabelPair[]): void {
  for (const [name, source] of names) {
    const value = work.take(source === '' ? name : source);
    if (value !== undefined) into.set(name, value);
  }
}

const labelName = (name: string): string =>
  /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_');

/** A text that every match contains; most lines lack it, and need not be asked of the expression. */
const literalOf = ({ pattern }: Regex): string =>
  requiredLiterals(pattern)
    .all.filter(({ ignoreCase }) => !ignoreCase)
    .reduce((longest, { text }) => (text.length > longest.length ? text : longest), '');

function regexStep(regex: Regex, source: string): Step {
  const literal = literalOf(regex);
  const named = [...regex.groupNames.entries()].filter(([, name]) => name !== '');
  return keeping((work) => {
    const text = work.find(source) ?? '';
    const match = text.includes(literal) ? regex.find(text) : undefined;
    if (!match) return;
    for (const [group, name] of named) {
      const value = match.groups[group];
      if (value !== undefined) work.extracted.set(name, value);
    }
  });
}

function replaceStep(regex: Regex, replacement: string, source: string): Step {
  const literal = literalOf(regex);
  return keeping((work) => {
    const before = work.find(source);
    if (before === undefined || !before.includes(literal)) return;
    const after = replaceGroups(before, regex, replacement, (group) => {
      const name = regex.groupNames[group] ?? '';
      if (name !== '') work.extracted.set(name, replacement);
    });
    if (after === undefined) return;
    if (source === '') work.entry.line = after;
    else if (work.extracted.get(source) !== undefined) work.extracted.set(source, after);
    else if (work.labels.get(source) !== undefined) work.labels.set(source, after);
    else work.metadata.set(source, after);
  });
}

function compileConditions({ source, expression, longerThanBytes, olderThanMs }: Conditions) {
  const regex = expression === undefined ? undefined : compileRegex(expression, trustedPattern);
  return (work: StageWork): boolean => {
    if (source !== '' || regex) {
      const value = work.find(source);
      if (value === undefined || (regex && !regex.test(value))) return false;
    }
    if (longerThanBytes > 0 && Buffer.byteLength(work.entry.line) <= longerThanBytes) return false;
    if (olderThanMs === 0) return true;
    const { nowNs, seconds, nanos } = work.entry;
    return nowNs - joinNs(seconds, nanos) > BigInt(olderThanMs) * nsPerMs;
  };
}
