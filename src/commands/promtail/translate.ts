// A Promtail file as a configuration of ours, and what became of the settings that have no counterpart.
import { stringify } from 'yaml';
import { ConfigError } from '../../config/config-error.ts';
import { loadConfig } from '../../config/load-config.ts';
import { parseFile } from '../../config/yaml-source.ts';
import { CommandError } from '../cli/command.ts';
import { durationText } from './duration-text.ts';
import { translateFiles } from './files.ts';
import { PromtailSection, type Remark } from './section.ts';
import { translateDocker, translateJournal, translateSyslog } from './sources.ts';

export interface Translation {
  /** A configuration that the gateway takes. */
  readonly yaml: string;
  readonly remarks: readonly Remark[];
}

/** `name` is that of the file, for messages. Throws ConfigError for what is no YAML. */
export function translatePromtail(name: string, text: string): Translation {
  const remarks: Remark[] = [];
  const root = new PromtailSection(parseFile(name, text).values, '', remarks);
  const config: Config = {};
  server(root.section('server'), config);
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
  for (const variable of new Set(text.match(/\$\{[A-Z_][A-Z0-9_]*(:[^}]*)?\}/g)))
    remarks.push({ kind: 'left out', path: variable, reason: 'variables are not put in; write the value' });
  const yaml = stringify(config, { lineWidth: 110 });
  check(yaml);
  return { yaml, remarks };
}

type Config = Record<string, unknown>;

/** What each stage and rule allows is known; what they allow together shows only here. */
function check(yaml: string): void {
  try {
    loadConfig({ file: { name: 'the result', text: yaml }, environment: {} });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new CommandError(`the file cannot be translated:\n${error.message}`, { cause: error });
  }
}

function server(section: PromtailSection | undefined, config: Config): void {
  if (section === undefined) return;
  const http: Config = {};
  const port = section.text('http_listen_port');
  if (port === '0') section.differs('http_listen_port', 'a free port each time; ours is 3100 unless set');
  else if (port !== undefined) http.listen_port = Number(port);
  const address = section.text('http_listen_address');
  if (address !== undefined && address !== '') http.listen_address = address;
  const prefix = section.text('http_path_prefix');
  if (prefix !== undefined && prefix !== '') http.path_prefix = prefix.replace(/\/+$/, '');
  const tls = section.section('http_tls_config');
  for (const [theirs, ours] of Object.entries({
    cert_file: 'tls_cert_file',
    key_file: 'tls_key_file',
    client_ca_file: 'tls_client_ca_file',
  })) {
    const file = tls?.text(theirs);
    if (file !== undefined) http[ours] = file;
  }
  tls?.end('see http.tls_client_cert_required');
  if (Object.keys(http).length > 0) config.http = http;
  const log: Config = {};
  const level = section.text('log_level');
  if (level !== undefined) log.level = level;
  const format = section.text('log_format');
  if (format !== undefined) log.format = format === 'json' ? 'json' : 'text';
  if (Object.keys(log).length > 0) config.log = log;
  for (const name of section.keys.filter((key) => key.startsWith('grpc_')))
    section.notNeeded(name, 'there is no gRPC');
  for (const name of ['disable', 'profiling_enabled', 'register_instrumentation', 'enable_runtime_reload'])
    section.notNeeded(name, 'the gateway has its own HTTP API');
  section.end();
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
