// `journal`, `docker_sd_configs` and `syslog` of a scrape configuration: each is one section of ours.
import { dockerDefaults } from '../../collectors/settings.ts';
import { durationText } from './duration-text.ts';
import { knownLabels } from './files.ts';
import { exactly } from './literal.ts';
import { Pipeline } from './pipeline.ts';
import { type MetaName, type RelabelConfig, translateRelabel } from './relabel.ts';
import type { PromtailSection } from './section.ts';
import { translateStages } from './stages.ts';

type Labels = Readonly<Record<string, string>>;
type Settings = Readonly<Record<string, unknown>>;

interface Treatment {
  readonly labels: Labels;
  readonly metaName: MetaName;
  readonly source: 'docker' | 'other';
  /** Rules that come before those of the file. */
  readonly rules?: readonly RelabelConfig[];
}

/** What is done with the entries of a source. */
function treatment(job: PromtailSection, { labels, metaName, source, rules = [] }: Treatment): Settings {
  const relabel = [...rules, ...translateRelabel(job.sections('relabel_configs'), metaName)];
  const pipeline = new Pipeline({ labels: knownLabels([{ labels }], relabel), source });
  translateStages(job.sections('pipeline_stages'), pipeline);
  const { multiline, stages } = pipeline;
  return {
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(multiline !== undefined && { multiline_first_line: multiline.firstLine }),
    ...(multiline?.waitText !== undefined && { multiline_wait: durationText(multiline.waitText) }),
    ...(multiline?.linesMaxText !== undefined && { multiline_lines_max: Number(multiline.linesMaxText) }),
    ...(relabel.length > 0 && { relabel }),
    ...(stages.length > 0 && { stages }),
  };
}

/** Labels without those that Promtail keeps to itself. */
const visible = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('__')));

const journalNames: Readonly<Record<string, string>> = {
  __journal__systemd_unit: 'unit',
  __journal__systemd_user_unit: 'unit',
  __journal__hostname: 'host',
  __journal__transport: 'transport',
  __journal_priority_keyword: '__journal_priority',
};
/** Fields that entries of ours do not have. */
const journalMissing =
  /^__journal_(message|priority|_boot_id|_machine_id|_gid|_cap_effective|_systemd_(cgroup|slice|invocation_id|session|owner_uid|user_slice)|syslog_(facility|pid|timestamp|raw))$/;

const journalName: MetaName = (name) => {
  if (journalNames[name] !== undefined) return journalNames[name];
  return /^__journal_\w+$/.test(name) && !journalMissing.test(name)
    ? name.replace(/^__journal__/, '__journal_')
    : undefined;
};

export function translateJournal(job: PromtailSection, journal: PromtailSection, external: Labels): Settings {
  const settings: Record<string, unknown> = {};
  const directory = journal.text('path');
  if (directory !== undefined && directory !== '') settings.directory = directory;
  const maxAge = journal.text('max_age');
  if (maxAge !== undefined) settings.history = durationText(maxAge);
  const matches = (journal.text('matches') ?? '').split(/\s+/).filter((match) => match !== '');
  if (matches.includes('+')) journal.leftOut('matches', 'matches cannot be joined by +');
  else if (matches.length > 0) settings.matches = matches;
  if (journal.text('json') === 'true')
    journal.leftOut('json', 'the line is the message; other fields are structured metadata');
  const labels = { ...external, ...visible(journal.mapping('labels')) };
  journal.end();
  return { ...settings, ...treatment(job, { labels, metaName: journalName, source: 'other' }) };
}

const dockerName: MetaName = (name) =>
  name === '__meta_docker_container_log_stream'
    ? 'stream'
    : /^__meta_docker_container_(id|name|label_.+)$/.test(name)
      ? name
      : undefined;

export function translateDocker(job: PromtailSection, docker: PromtailSection, external: Labels): Settings {
  const host = docker.text('host');
  docker.notNeeded('refresh_interval', 'the engine tells of containers at once');
  docker.notNeeded('port', 'the engine itself is read');
  docker.notNeeded('match_first_network', 'the engine itself is read');
  docker.leftOutIfThere('tls_config', 'see docker.tls_ca, docker.tls_cert and docker.tls_key');
  const { names, rules } = dockerFilters(docker);
  docker.end('see the settings under docker');
  const labels = Object.keys(external).length === 0 ? {} : { ...dockerDefaults.labels, ...external };
  return {
    ...(host !== undefined && { host }),
    ...(names.length > 0 && { include: { names } }),
    ...treatment(job, { labels, metaName: dockerName, source: 'docker', rules }),
  };
}

/** Labels must all be there, so each is a rule; of names one must fit. */
function dockerFilters(docker: PromtailSection): {
  readonly names: readonly string[];
  readonly rules: readonly RelabelConfig[];
} {
  const names: string[] = [];
  const rules: RelabelConfig[] = [];
  for (const filter of docker.sections('filters')) {
    const kind = filter.text('name') ?? '';
    const values = filter.texts('values');
    filter.end();
    if (kind === 'label')
      for (const value of values) {
        const [, name = value, wanted] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
        rules.push({
          action: 'keep',
          source_labels: [`__meta_docker_container_label_${name.replace(/[^a-zA-Z0-9_]/g, '_')}`],
          regex: wanted === undefined ? '.+' : exactly(wanted),
        });
      }
    else if (kind === 'name' && values.every((value) => /^[\w.-]+$/.test(value)))
      names.push(...values.map((value) => `*${value}*`));
    else filter.leftOut('', `containers are not chosen by ${kind === 'name' ? 'patterns of names' : kind}`);
  }
  return { names, rules };
}

const syslogNames: Readonly<Record<string, string>> = {
  __syslog_message_hostname: '__syslog_hostname',
  __syslog_message_app_name: '__syslog_app_name',
  __syslog_message_proc_id: '__syslog_proc_id',
  __syslog_message_msg_id: '__syslog_msg_id',
  __syslog_message_severity: '__syslog_severity',
  __syslog_message_facility: '__syslog_facility',
  __syslog_connection_ip_address: '__syslog_connection_ip_address',
};

/** Severities have other words with us (err, crit): a rule that looks at them would find nothing. */
const syslogName: MetaName = (name, whole) =>
  name === '__syslog_message_severity' && !whole ? undefined : syslogNames[name];

export function translateSyslog(job: PromtailSection, syslog: PromtailSection, external: Labels): Settings {
  const { address, port } = listenOf(syslog.text('listen_address') ?? '');
  const isUdp = syslog.text('listen_protocol') === 'udp';
  const tls = syslog.section('tls_config');
  const portName = tls === undefined ? (isUdp ? 'udp_port' : 'tcp_port') : 'tls_port';
  const settings: Record<string, unknown> = { listen_address: address, [portName]: port };
  for (const [theirs, ours] of Object.entries({
    cert_file: 'tls_cert',
    key_file: 'tls_key',
    ca_file: 'tls_ca',
  })) {
    const file = tls?.text(theirs);
    if (file !== undefined) settings[ours] = file;
  }
  tls?.end();
  const idle = syslog.text('idle_timeout');
  if (idle !== undefined) settings.idle_timeout = durationText(idle);
  const messageBytesMax = Number(syslog.text('max_message_length') ?? 0);
  if (messageBytesMax > 0) settings.message_size_max = messageBytesMax;
  settings.timestamp = syslog.text('use_incoming_timestamp') === 'true' ? 'message' : 'received';
  if (syslog.text('label_structured_data') === 'true')
    syslog.differs('label_structured_data', 'structured data are structured metadata, not labels');
  if (syslog.text('use_rfc5424_message') === 'true')
    syslog.leftOut('use_rfc5424_message', 'the line is the message; the rest is structured metadata');
  syslog.notNeeded('syslog_format', 'RFC 5424 and RFC 3164 are told apart by looking');
  const labels = { ...external, ...visible(syslog.mapping('labels')) };
  syslog.end();
  return { ...settings, ...treatment(job, { labels, metaName: syslogName, source: 'other' }) };
}

function listenOf(text: string): { readonly address: string; readonly port: number } {
  const [, address = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(text) ?? [];
  return { address: address === '' ? '0.0.0.0' : address, port: Number(port) };
}
