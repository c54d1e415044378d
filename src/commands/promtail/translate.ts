// A Promtail or Loki file as a configuration of ours, and what became of the settings that have no counterpart.
import { stringify } from 'yaml';
import { ConfigError, UnreadableFileError } from '../../config/config-error.ts';
import { type Environment, expandVariables } from '../../config/sources/expand-variables.ts';
import { programOf } from '../../config/sources/foreign-file.ts';
import { loadConfig } from '../../config/sources/load-config.ts';
import { parseOverrides } from '../../config/sources/overrides-file.ts';
import { parseFile } from '../../config/sources/yaml-source.ts';
import { CommandError } from '../cli/command.ts';
import { durationText } from './duration-text.ts';
import { translateFiles } from './files.ts';
import { PromtailSection, type Remark } from './section.ts';
import { translateServer } from './server-section.ts';
import { translateDocker, translateJournal, translateSyslog } from './sources.ts';
import { translateLoki } from './translate-loki.ts';

export interface Translation {
  /** A configuration that the gateway takes. */
  readonly yaml: string;
  readonly remarks: readonly Remark[];
}

export interface TranslationSources {
  /** Variables that `${VAR}` stands for. */
  readonly environment: Environment;
  /** The text of another file that this one names; undefined: it cannot be read. */
  readonly readOther: (file: string) => string | undefined;
}

/** `name` is that of the file, for messages. Rejects with ConfigError for what is no YAML. */
export async function translateConfig(
  name: string,
  text: string,
  sources: TranslationSources,
): Promise<Translation> {
  const remarks: Remark[] = [];
  const { environment, readOther } = sources;
  const expanded = expandVariables(text, environment);
  const sectionOf = (file: string, held: string): PromtailSection =>
    new PromtailSection(parseFile(file, held).values, '', remarks);
  const root = sectionOf(name, expanded.text);
  const config: Config = {};
  if (programOf(root.keys) === 'Loki')
    await translateLoki(root, config, async (file) => {
      const held = readOther(file);
      if (held === undefined) return undefined;
      const own = expandVariables(held, environment).text;
      return { section: sectionOf(file, own), isUsable: own === held && (await isUsable(file, held)) };
    });
  else translatePromtail(root, config);
  for (const variable of new Set(expanded.missing))
    remarks.push({
      kind: 'differs',
      path: `\${${variable}}`,
      reason: 'it is not set here; the gateway looks it up when it starts',
    });
  const yaml = stringify(config, { lineWidth: 110 });
  // With values that are still to come it cannot be checked.
  if (expanded.missing.length === 0) await check(yaml);
  return { yaml, remarks };
}

/** Whether the gateway takes the file of overrides as it is. */
async function isUsable(file: string, text: string): Promise<boolean> {
  try {
    await parseOverrides(file, text);
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

function translatePromtail(root: PromtailSection, config: Config): void {
  translateServer(root.section('server'), config, { listens: false });
  const external = externalLabels(root);
  root.notNeeded(
    'positions',
    'positions are kept with the lines; files are read from their beginning once (files.from: end skips what is there)',
  );
  limits(root.section('limits_config'), config);
  const sync = root.section('target_config');
  const interval = sync?.text('sync_period');
  sync?.notNeeded('stdin', 'send lines to the push API');
  sync?.end();
  const jobs = new Jobs(config, external);
  for (const job of root.sections('scrape_configs')) jobs.add(job);
  jobs.finish(interval === undefined ? undefined : durationText(interval));
  root.notNeeded('options', 'it is about sending');
  root.notNeeded('wal', 'lines are stored here, not sent');
  root.leftOutIfThere('tracing', 'requests are not traced');
  root.end('this part of Promtail is not known');
}

type Config = Record<string, unknown>;

/**
 * What each stage and rule allows is known; what they allow together shows only here. Files that settings name may be on
 * another machine.
 */
async function check(yaml: string): Promise<void> {
  try {
    await loadConfig({ file: { name: 'the result', text: yaml }, environment: {} });
  } catch (error) {
    if (error instanceof UnreadableFileError) return;
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandError(`the file cannot be translated:\n${error.message}`, { cause: error });
  }
}

/** Labels that clients add to what has none of the name. */
function externalLabels(root: PromtailSection): Readonly<Record<string, string>> {
  const old = root.section('client');
  const clients = [...(old === undefined ? [] : [old]), ...root.sections('clients')];
  const labels = clients.map((client) => {
    client.notNeeded('url', 'lines are stored here; add a push to it only where others need them');
    const tenant = client.text('tenant_id');
    if (tenant !== undefined && tenant !== '')
      client.leftOut(
        'tenant_id',
        'what is collected belongs to the tenant "fake", the one without auth_enabled',
      );
    for (const key of client.keys.filter((name) => !['tenant_id', 'external_labels'].includes(name)))
      client.notNeeded(key, 'nothing is sent');
    return client.mapping('external_labels');
  });
  const [first = {}, ...others] = labels;
  for (const [index, other] of others.entries())
    if (JSON.stringify(other) !== JSON.stringify(first))
      clients[index + 1]?.leftOut(
        'external_labels',
        'lines are stored once, with the labels of the first client',
      );
  return first;
}

/** The same under `limits`. */
const limitNames: Readonly<Record<string, string>> = {
  max_line_size: 'max_line_size',
  max_line_size_truncate: 'max_line_size_truncate',
  max_streams: 'max_global_streams_per_user',
};

function limits(section: PromtailSection | undefined, config: Config): void {
  if (section === undefined) return;
  const found = Object.entries(limitNames).flatMap(([theirs, ours]) => {
    const value = section.text(theirs);
    return value === undefined ? [] : [[ours, value] as const];
  });
  if (found.length > 0) config.limits = Object.fromEntries(found);
  section.end('reading is not slowed down or cut by such a limit');
}

const sourcesUnknown: Readonly<Record<string, string>> = {
  loki_push_api: 'the gateway takes pushes at /loki/api/v1/push; rules and stages do not touch them',
  kubernetes_sd_configs: 'containers are found as files: files.targets with format: cri',
  file_sd_configs: 'targets stand in the configuration: files.targets',
};

class Jobs {
  readonly #config: Config;
  readonly #external: Readonly<Record<string, string>>;
  readonly #targets: Config[] = [];
  #files: Config = {};
  /** Sections that stand once, and the job that has given each. */
  readonly #single = new Map<string, { readonly settings: Config; readonly path: string }>();

  constructor(config: Config, external: Readonly<Record<string, string>>) {
    this.#config = config;
    this.#external = external;
  }

  add(job: PromtailSection): void {
    job.text('job_name');
    const external = this.#external;
    const journal = job.section('journal');
    const syslog = job.section('syslog');
    const [docker, ...more] = job.sections('docker_sd_configs');
    for (const other of more) other.leftOut('', 'one engine is read');
    if (journal !== undefined) this.#once('journal', translateJournal(job, journal, external), journal);
    else if (syslog !== undefined) this.#once('syslog', translateSyslog(job, syslog, external), syslog);
    else if (docker !== undefined) this.#once('docker', translateDocker(job, docker, external), docker);
    else if (job.keys.includes('static_configs')) this.#addFiles(job);
    for (const [name, reason] of Object.entries(sourcesUnknown)) job.leftOutIfThere(name, reason);
    job.end('not known here, or of no use without a source that is');
  }

  #addFiles(job: PromtailSection): void {
    const { targets, common } = translateFiles(job, this.#external);
    this.#targets.push(...targets);
    for (const [name, value] of Object.entries(common))
      if (this.#files[name] !== undefined && this.#files[name] !== value)
        job.differs('pipeline_stages', `${name} is one for all files: ${String(this.#files[name])}`);
      else this.#files = { ...this.#files, [name]: value };
  }

  /** A section that is there already takes only other ports, as of syslog by TCP and by UDP. */
  #once(name: string, settings: Config, section: PromtailSection): void {
    const earlier = this.#single.get(name);
    if (earlier === undefined) this.#single.set(name, { settings: { ...settings }, path: section.path });
    else if (differingKeys(earlier.settings, settings).every((key) => key.endsWith('_port')))
      Object.assign(earlier.settings, settings);
    else section.leftOut('', `the ${name} is read once, as ${earlier.path} says`);
  }

  finish(scanInterval: string | undefined): void {
    const files = {
      ...(scanInterval !== undefined && { scan_interval: scanInterval }),
      ...this.#files,
      targets: this.#targets,
    };
    const sections: Config = Object.fromEntries(
      [...this.#single].map(([key, { settings }]) => [key, settings]),
    );
    if (this.#targets.length > 0) sections.files = files;
    const names = Object.keys(sections).sort();
    this.#config.collectors = names.length === 0 ? 'none' : names;
    Object.assign(this.#config, sections);
  }
}

const differingKeys = (a: Config, b: Config): readonly string[] =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (key) => JSON.stringify(a[key]) !== JSON.stringify(b[key]),
  );
