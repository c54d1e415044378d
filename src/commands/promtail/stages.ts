// `pipeline_stages`: each of Promtail's stages as ours, or the reason why there is none.

import { durationText } from './duration-text.ts';
import { exactly } from './literal.ts';
import { translateMatch } from './match.ts';
import type { Pipeline } from './pipeline.ts';
import type { PromtailSection } from './section.ts';

/** Adds the stages to the pipeline; what cannot be translated is reported. */
export function translateStages(items: readonly PromtailSection[], pipeline: Pipeline): void {
  for (const item of items) {
    const [name = '', ...more] = item.keys;
    const translator = translators.get(name);
    const reason = reasons.get(name);
    if (more.length > 0) item.leftOut('', 'expected one stage in each item of the list');
    else if (translator !== undefined) translator(item, pipeline);
    else item.leftOutIfThere(name, reason ?? 'there is no such stage');
    item.end();
  }
}

/** `item` is the mapping whose only key is the stage's name. */
type Translator = (item: PromtailSection, pipeline: Pipeline) => void;

const reasons: ReadonlyMap<string, string> = new Map([
  ['metrics', 'count lines with metric queries, as in count_over_time'],
  ['template', 'values are not rewritten; use line_format and label_format in queries'],
  ['pack', 'keep labels as structured_metadata instead'],
  ['tenant', 'what is collected belongs to one tenant'],
  ['limit', 'lines are not dropped by rate'],
  ['sampling', 'lines are not dropped by chance'],
  ['labelallow', 'name the labels to remove with labeldrop'],
  ['geoip', 'addresses are not looked up'],
  ['eventlogmessage', 'Windows events are not collected'],
]);

/** A stage whose settings are a mapping; nothing at all counts as an empty one. */
const settings =
  (
    name: string,
    translate: (stage: PromtailSection, pipeline: Pipeline, item: PromtailSection) => void,
  ): Translator =>
  (item, pipeline) => {
    const stage = item.section(name);
    if (stage === undefined) return;
    translate(stage, pipeline, item);
    stage.end();
  };

const translators: ReadonlyMap<string, Translator> = new Map<string, Translator>([
  ['docker', docker],
  ['cri', cri],
  ['json', settings('json', json)],
  [
    'logfmt',
    settings('logfmt', (stage, pipeline) =>
      pipeline.add('logfmt', { mapping: nulls(stage.mapping('mapping')), ...sourceOf(stage) }, stage),
    ),
  ],
  [
    'regex',
    settings('regex', (stage, pipeline) => {
      if (stage.text('labels_from_groups') === 'true')
        stage.leftOut('labels_from_groups', 'name the labels in a stage labels');
      pipeline.add('regex', { expression: stage.text('expression'), ...sourceOf(stage) }, stage);
    }),
  ],
  [
    'replace',
    settings('replace', (stage, pipeline) => {
      const replace = stage.text('replace') ?? '';
      const value = { expression: stage.text('expression'), ...sourceOf(stage), replace };
      if (replace.includes('{{')) stage.leftOut('', 'templates are not known; give plain text in replace');
      else pipeline.add('replace', value, stage);
    }),
  ],
  ['timestamp', settings('timestamp', timestamp)],
  [
    'output',
    settings('output', (stage, pipeline) => pipeline.add('output', { source: stage.text('source') }, stage)),
  ],
  ['labels', names('labels')],
  ['structured_metadata', names('structured_metadata')],
  ['static_labels', (item, pipeline) => pipeline.add('static_labels', item.mapping('static_labels'), item)],
  ['labeldrop', (item, pipeline) => pipeline.add('labeldrop', item.texts('labeldrop'), item)],
  ['drop', settings('drop', drop)],
  ['multiline', settings('multiline', multiline)],
  [
    'decolorize',
    (item, pipeline) => {
      pipeline.add('replace', { expression: '\\x1b\\[[0-9;]*m' }, item);
      item.section('decolorize');
    },
  ],
  [
    'match',
    settings('match', (stage, pipeline) =>
      translateMatch(stage, pipeline, (inner) => translateStages(inner, pipeline)),
    ),
  ],
]);

function names(name: string): Translator {
  return (item, pipeline) => pipeline.add(name, nulls(item.mapping(name)), item);
}

/** Nothing after a name stands for the name itself. */
const nulls = (mapping: Readonly<Record<string, string>>): Readonly<Record<string, string | null>> =>
  Object.fromEntries(Object.entries(mapping).map(([name, from]) => [name, from === '' ? null : from]));

const sourceOf = (stage: PromtailSection): { readonly source?: string } => {
  const source = stage.text('source');
  return source === undefined || source === '' ? {} : { source };
};

/** Files of Docker's json-file driver; after other stages, what Promtail's stage does, in steps. */
function docker(item: PromtailSection, pipeline: Pipeline): void {
  if (pipeline.source === 'docker') {
    item.notNeeded('docker', "the engine's log is read as it is");
    item.section('docker');
    return;
  }
  if (pipeline.source === 'files' && pipeline.stages.length === 0) {
    pipeline.runtime = 'docker';
    item.section('docker');
    return;
  }
  const expressions = { output: 'log', stream: 'stream', timestamp: 'time' };
  pipeline.add('json', { expressions }, item);
  pipeline.add('labels', { stream: null }, item);
  pipeline.add('timestamp', { source: 'timestamp', format: 'RFC3339Nano' }, item);
  pipeline.add('output', { source: 'output' }, item);
  // The driver keeps the newline.
  pipeline.add('replace', { expression: '\\n\\z' }, item);
  item.section('docker');
}

function cri(item: PromtailSection, pipeline: Pipeline): void {
  if (pipeline.source !== 'files') item.leftOut('cri', 'only files have this form');
  else if (pipeline.stages.length > 0) item.leftOut('cri', 'lines are taken apart before all stages');
  else pipeline.runtime = 'cri';
  item.section('cri')?.end('long lines are joined up to a limit of our own');
}

/** JMESPath that is only a path. */
const pathPattern = /^[\w-]+(\.[\w-]+)*$/;

function json(stage: PromtailSection, pipeline: Pipeline): void {
  const given = Object.entries(stage.mapping('expressions')).map(
    ([name, path]) => [name, /^"[^"\\]+"$/.test(path) ? path.slice(1, -1) : path] as const,
  );
  const isQuoted = (path: string): boolean => !/[[\]|@&(){}*"`]/.test(path);
  const paths = given.filter(([name, path]) => {
    if (path === '' || pathPattern.test(path) || isQuoted(path)) return true;
    stage.leftOut(`expressions.${name}`, 'only paths such as a.b are known');
    return false;
  });
  if (stage.text('drop_malformed') === 'true')
    stage.leftOut('drop_malformed', 'lines that are no JSON stay as they are');
  if (paths.length === 0 && given.length > 0) return;
  pipeline.add('json', { expressions: nulls(Object.fromEntries(paths)), ...sourceOf(stage) }, stage);
}

function timestamp(stage: PromtailSection, pipeline: Pipeline): void {
  const location = stage.text('location');
  if (stage.text('action_on_failure') === 'fudge')
    stage.differs('action_on_failure', 'an entry without a time it can read keeps the time of its source');
  stage.leftOutIfThere('fallback_formats', 'one format only; add a stage timestamp for each');
  pipeline.add(
    'timestamp',
    {
      source: stage.text('source'),
      format: stage.text('format'),
      // Promtail reads times without a zone as UTC.
      location: location ?? 'UTC',
    },
    stage,
  );
}

function drop(stage: PromtailSection, pipeline: Pipeline): void {
  const sources = stage.texts('source').filter((name) => name !== '');
  const value = stage.text('value');
  const expression = stage.text('expression') ?? (value === undefined ? undefined : exactly(value));
  const longerThan = stage.text('longer_than');
  const olderThan = stage.text('older_than');
  stage.notNeeded('drop_counter_reason', 'dropped lines are not counted by reason');
  stage.notNeeded('separator', 'there is one source');
  if (sources.length > 1) {
    stage.leftOut('', 'a condition looks at one source');
    return;
  }
  pipeline.add(
    'drop',
    {
      ...(sources[0] !== undefined && { source: sources[0] }),
      ...(expression !== undefined && { expression }),
      ...(longerThan !== undefined && { longer_than: longerThan }),
      ...(olderThan !== undefined && { older_than: durationText(olderThan) }),
    },
    stage,
  );
}

function multiline(stage: PromtailSection, pipeline: Pipeline): void {
  const found = {
    firstLine: stage.text('firstline') ?? '',
    waitText: stage.text('max_wait_time'),
    linesMaxText: stage.text('max_lines'),
  };
  if (pipeline.source === 'other') stage.leftOut('', 'only files and containers have lines to join');
  else if (!pipeline.linesAreUntouched) stage.leftOut('', 'lines are joined before all stages');
  else if (pipeline.multiline !== undefined) stage.leftOut('', 'lines are joined once');
  else pipeline.multiline = found;
}
