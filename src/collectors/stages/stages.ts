// Compiled stages: entry in, entry out.

import { levelOfField } from '../../formats/logger-levels.ts';
import type { CollectedEntry } from '../../ingest/sink/sink.ts';
import { joinNs, nsPerMs, splitNs } from '../../model/time.ts';
import { compileRegex, type Regex, trustedPattern } from '../../regex/regex.ts';
import { requiredLiterals } from '../../regex/required-literals.ts';
import { jsonLineNames } from '../parse/json-line.ts';
import { JsonMembers } from '../parse/json-members.ts';
import { extractLogfmt, JsonFields, jsonFieldNames } from './extract.ts';
import { replaceGroups } from './replace-groups.ts';
import type { Conditions, Stage } from './stage.ts';
import { StagedEntry, StageWork } from './staged-entry.ts';
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
  const json = new JsonMembers(namesOf(stages));
  const steps = stages.map((stage) => compileStage(stage, json));
  const work = new StageWork(stages.some((stage) => stage.kind === 'structured_metadata' && stage.rest));
  return {
    areThere: true,
    json: stages.some(({ kind }) => kind === 'json') ? json : undefined,
    run(entry) {
      work.begin(entry);
      for (const step of steps) if (!step(work)) return false;
      work.end();
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
  const work = Object.assign(new StagedEntry(), { line, seconds, nanos, nowNs, labels, structuredMetadata });
  if (!stages.run(work)) return undefined;
  return {
    labels: work.labels,
    timestampNs: joinNs(work.seconds, work.nanos),
    line: work.line,
    structuredMetadata: work.structuredMetadata,
  };
}

/** What the stages read of JSON objects, and the names that tell time and level before them. */
function namesOf(stages: readonly Stage[]): readonly string[] {
  const asked = stages.flatMap((stage) =>
    stage.kind === 'json' ? jsonFieldNames(Object.entries(stage.fields)) : [],
  );
  return [...new Set([...jsonLineNames, ...asked])];
}

function compileStage(stage: Stage, json: JsonMembers): Step {
  switch (stage.kind) {
    case 'json': {
      const fields = new JsonFields(Object.entries(stage.fields), json);
      return keeping((work) => fields.extract(work.find(stage.source) ?? '', work.extracted));
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
      return keeping((work) => {
        for (const [name, source] of names) {
          const value = work.take(source === '' ? name : source);
          if (value !== undefined) work.labels.set(name, value);
        }
      });
    }
    case 'structured_metadata': {
      const names = Object.entries(stage.fields);
      return keeping((work) => {
        for (const [name, source] of names) addMetadata(work, name, source === '' ? name : source);
        if (!stage.rest) return;
        for (const name of work.extracted.names())
          if (!work.used?.has(name)) addMetadata(work, labelName(name), name);
      });
    }
    case 'output':
      return keeping((work) => {
        const place = work.takePlace(stage.source);
        if (place >= 0) work.entry.moveLine(work.extracted.startAt(place), work.extracted.endAt(place));
        else work.entry.line = work.find(stage.source) ?? work.entry.line;
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

function addMetadata(work: StageWork, name: string, source: string): void {
  const place = work.takePlace(source);
  if (place >= 0) {
    work.metadata.setPlace(name, work.extracted.startAt(place), work.extracted.endAt(place));
    return;
  }
  const value = work.find(source);
  if (value !== undefined) work.metadata.set(name, value);
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
    const match = text.includes(literal) ? regex.findOffsets(text) : undefined;
    if (!match) return;
    for (const [group, name] of named) {
      const start = match[2 * group] as number;
      if (start >= 0) work.extracted.set(name, text.slice(start, match[2 * group + 1]));
    }
  });
}

function replaceStep(regex: Regex, replacement: string, source: string): Step {
  const literal = literalOf(regex);
  return keeping((work) => {
    const before = work.find(source);
    if (before === undefined) return;
    const after = replaceGroups(before, regex, replacement, literal, (group) => {
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
  const literal = regex ? literalOf(regex) : '';
  return (work: StageWork): boolean => {
    if (source !== '' || regex) {
      const value = work.find(source);
      if (value === undefined || value.indexOf(literal) < 0 || (regex && !regex.test(value))) return false;
    }
    if (longerThanBytes > 0 && Buffer.byteLength(work.entry.line) <= longerThanBytes) return false;
    if (olderThanMs === 0) return true;
    const { nowNs, seconds, nanos } = work.entry;
    return nowNs - joinNs(seconds, nanos) > BigInt(olderThanMs) * nsPerMs;
  };
}
