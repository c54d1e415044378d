// `static_configs`: log files, each group of them a target of ours.

import { durationText } from './duration-text.ts';
import { Pipeline, type PipelineOptions } from './pipeline.ts';
import { type RelabelConfig, translateRelabel } from './relabel.ts';
import type { PromtailSection } from './section.ts';
import { translateStages } from './stages.ts';

type Target = Record<string, unknown>;

/** The targets of one scrape configuration, and what becomes a setting of all files. */
export interface FilesJob {
  readonly targets: readonly Target[];
  readonly common: Readonly<Record<string, unknown>>;
}

/** `externalLabels`: of every entry that has no such label of its own. */
export function translateFiles(
  job: PromtailSection,
  externalLabels: Readonly<Record<string, string>>,
): FilesJob {
  const groups = job.sections('static_configs').flatMap((group) => fileGroup(group, externalLabels));
  const relabel = translateRelabel(job.sections('relabel_configs'), () => undefined);
  const labels = knownLabels(groups, relabel);
  const pipeline = new Pipeline({ labels, source: 'files' });
  translateStages(job.sections('pipeline_stages'), pipeline);
  const { multiline } = pipeline;
  const shared = {
    ...encodingOf(job),
    ...compressionOf(job),
    ...(pipeline.runtime && { format: pipeline.runtime }),
    // Promtail's lines have the time at which they were read unless a stage finds one.
    ...(!pipeline.runtime && { timestamp: 'source' }),
    ...(multiline !== undefined && { multiline_first_line: multiline.firstLine }),
    ...(relabel.length > 0 && { relabel }),
    ...(pipeline.stages.length > 0 && { stages: pipeline.stages }),
  };
  return {
    targets: groups.map((group) => ({ ...group, ...shared })),
    common: {
      ...(multiline?.waitText !== undefined && { multiline_wait: durationText(multiline.waitText) }),
      ...(multiline?.linesMaxText !== undefined && { multiline_lines_max: Number(multiline.linesMaxText) }),
    },
  };
}

interface Group {
  readonly include: readonly string[];
  readonly exclude?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

function fileGroup(group: PromtailSection, externalLabels: Readonly<Record<string, string>>): Group[] {
  group.texts('targets');
  const given = group.mapping('labels');
  group.end();
  const { __path__: path = '', __path_exclude__: exclude = '', ...others } = given;
  const labels: Record<string, string> = { ...externalLabels };
  for (const [name, value] of Object.entries(others))
    if (!name.startsWith('__')) labels[name] = value;
    else group.leftOut(`labels.${name}`, 'what is collected is not chosen by such labels');
  if (path === '') {
    group.leftOut('labels', 'there is no __path__: no files to read');
    return [];
  }
  return [{ include: [path], ...(exclude !== '' && { exclude: [exclude] }), labels }];
}

/** Labels that have one value in all groups and that no rule touches. */
export function knownLabels(
  groups: readonly Pick<Group, 'labels'>[],
  relabel: readonly RelabelConfig[],
): PipelineOptions['labels'] {
  const touched = new Set(relabel.map(({ target_label }) => target_label));
  const mayTouchAny = relabel.some(({ action = '' }) => /^label/.test(String(action)));
  const [first, ...rest] = groups;
  if (first === undefined || mayTouchAny) return {};
  return Object.fromEntries(
    Object.entries(first.labels).filter(
      ([name, value]) => !touched.has(name) && rest.every(({ labels }) => labels[name] === value),
    ),
  );
}

const encodings: readonly (readonly [pattern: RegExp, encoding: string])[] = [
  [/^utf-?8$/i, 'utf8'],
  [/^(latin-?1|iso-?8859-1|windows-1252)$/i, 'latin1'],
  [/^utf-?16(-?le)?$/i, 'utf16le'],
  [/^utf-?16-?be$/i, 'utf16be'],
];

function encodingOf(job: PromtailSection): { readonly encoding?: string } {
  const given = job.text('encoding');
  if (given === undefined) return {};
  const encoding = encodings.find(([pattern]) => pattern.test(given))?.[1];
  if (encoding !== undefined) return { encoding };
  job.leftOut('encoding', `files in ${given} cannot be read; ours are UTF-8, Latin-1 and UTF-16`);
  return {};
}

function compressionOf(job: PromtailSection): { readonly compressed?: boolean } {
  const decompression = job.section('decompression');
  if (decompression === undefined) return {};
  const isOn = decompression.text('enabled') === 'true';
  const format = decompression.text('format') ?? 'gz';
  decompression.notNeeded('initial_delay', 'a file is read when it stands still');
  decompression.end();
  if (!isOn) return {};
  if (format === 'gz') return { compressed: true };
  decompression.leftOut('format', `${format} cannot be read; gz can`);
  return {};
}
