// Settings of log files: the section `files` and its targets.
import { z } from 'zod';
import type { AcceptedTimes } from '../collectors/parse/time-reader.ts';
import {
  acceptedTimes,
  type FilesSettings,
  type FileTarget,
  filesDefaults,
  fileTargetDefaults,
} from '../collectors/settings.ts';
import { type IngestLimits, lineBytesMax } from '../ingest/limits/limits.ts';
import { lineFormat, multilineMembers, parseSettings, timestampFrom, timezone } from './parse-schema.ts';
import { type Nested, section, setting, type Values } from './section.ts';
import { count, duration, flag, labelMap, oneOf, text, zodType } from './setting-types.ts';
import { relabelList, relabelRules, stageList, stages } from './stages-schema.ts';
import { globList } from './values/globs.ts';

const fileStart = oneOf('beginning', 'end');
const encoding = oneOf('utf8', 'latin1', 'utf16le', 'utf16be');
const targetTypes = {
  include: globList,
  exclude: globList,
  labels: labelMap,
  format: lineFormat,
  timestamp: timestampFrom,
  from: fileStart,
  encoding,
  compressed: flag,
  timezone,
  multiline_first_line: text,
} as const;

const targetShape = z.strictObject({
  include: zodType(targetTypes.include),
  exclude: zodType(targetTypes.exclude).default([]),
  labels: zodType(targetTypes.labels).default({ ...fileTargetDefaults.labels }),
  format: zodType(targetTypes.format).default(fileTargetDefaults.parse.format),
  timestamp: zodType(targetTypes.timestamp).default(fileTargetDefaults.parse.timestamp),
  from: zodType(targetTypes.from).default(fileTargetDefaults.from),
  encoding: zodType(targetTypes.encoding).default(fileTargetDefaults.encoding),
  compressed: zodType(targetTypes.compressed).default(fileTargetDefaults.compressed),
  timezone: zodType(targetTypes.timezone).default(''),
  multiline_first_line: zodType(targetTypes.multiline_first_line).default(''),
  relabel: relabelList.zod,
  stages: stageList.zod,
});
type TargetValues = z.output<typeof targetShape>;

const targets: Nested<readonly TargetValues[]> = {
  kind: 'nested',
  zod: z.array(targetShape).default([]) as unknown as z.ZodType<readonly TargetValues[]>,
  print: (list) => list.map((target) => ({ ...target })),
};

export const filesSection = section({
  paths: setting(globList, []),
  exclude: setting(globList, []),
  labels: setting(labelMap, fileTargetDefaults.labels),
  format: setting(lineFormat, fileTargetDefaults.parse.format),
  timestamp: setting(timestampFrom, fileTargetDefaults.parse.timestamp),
  timezone: setting(timezone, ''),
  from: setting(fileStart, fileTargetDefaults.from),
  encoding: setting(encoding, fileTargetDefaults.encoding),
  compressed: setting(flag, fileTargetDefaults.compressed),
  ...multilineMembers,
  relabel: relabelList,
  stages: stageList,
  poll_interval: setting(duration, filesDefaults.pollMs),
  scan_interval: setting(duration, filesDefaults.scanMs),
  files_max: setting(count, filesDefaults.filesMax),
  descriptors_max: setting(count, filesDefaults.descriptorsMax),
  partial_line_wait: setting(duration, filesDefaults.partialLineMs),
  follow_links_across_owners: setting(flag, filesDefaults.followLinksAcrossOwners),
  targets,
});

export type FilesValues = Values<(typeof filesSection)['members']>;

/** Without targets when the collector is off. */
export const filesSettings = (files: FilesValues, isOn: boolean, limits: IngestLimits): FilesSettings => ({
  lineBytesMax: lineBytesMax(limits),
  targets: isOn ? fileTargets(files, acceptedTimes(limits)) : [],
  pollMs: files.poll_interval,
  scanMs: files.scan_interval,
  filesMax: files.files_max,
  descriptorsMax: files.descriptors_max,
  partialLineMs: files.partial_line_wait,
  followLinksAcrossOwners: files.follow_links_across_owners,
});

/** `paths` with the section's own settings is the first target. */
function fileTargets(files: FilesValues, accepted: AcceptedTimes): readonly FileTarget[] {
  const first = files.paths.length === 0 ? [] : [{ ...files, include: files.paths }];
  return [...first, ...files.targets].map((target) => ({
    include: target.include,
    exclude: target.exclude,
    labels: target.labels,
    parse: parseSettings(target, files, accepted),
    from: target.from,
    encoding: target.encoding,
    compressed: target.compressed,
    relabel: relabelRules(target.relabel),
    stages: stages(target.stages),
  }));
}
