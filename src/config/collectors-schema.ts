// Settings of what is collected: `collectors`, `docker`, `journal`, `files`, `syslog`.
import { type CollectorName, collectorNames } from '../collectors/collector-kinds.ts';
import {
  acceptedTimes,
  type CollectorsSettings,
  type DockerSettings,
  dockerDefaults,
  type Enabled,
  type JournalSettings,
  journalDefaults,
  type SyslogSettings,
  syslogDefaults,
} from '../collectors/settings.ts';
import { type IngestLimits, lineBytesMax } from '../ingest/limits/limits.ts';
import { filesSection, filesSettings } from './files-schema.ts';
import { lineFormat, multilineMembers, parseSettings, timestampFrom, timezone } from './parse-schema.ts';
import { type AnySection, section, setting, type Values } from './section.ts';
import {
  byteSize,
  count,
  duration,
  flag,
  labelMap,
  oneOf,
  port,
  type SettingType,
  text,
  textList,
} from './setting-types.ts';
import { relabelList, relabelRules, stageList, stages } from './stages-schema.ts';

type CollectorChoice = 'auto' | readonly CollectorName[];

/** `auto`, `none`, or a list of names. */
export const collectorChoice: SettingType<CollectorChoice> = {
  expected: `auto, none, or a list of ${collectorNames.join(', ')}`,
  parse: (value) => {
    if (value === 'auto') return 'auto';
    if (value === 'none') return [];
    const names = textList.parse(value)?.map((name) => collectorNames.find((known) => known === name));
    return names?.every((name) => name !== undefined) === true ? names : undefined;
  },
  print: (choice) => (choice === 'auto' ? 'auto' : choice.length === 0 ? 'none' : [...choice]),
};

const filterSection = () =>
  section({
    labels: setting(textList, []),
    names: setting(textList, []),
    images: setting(textList, []),
    compose_projects: setting(textList, []),
    compose_services: setting(textList, []),
  });

const dockerSection = section({
  host: setting(text, dockerDefaults.host),
  tls_ca: setting(text, ''),
  tls_cert: setting(text, ''),
  tls_key: setting(text, ''),
  include: filterSection(),
  exclude: filterSection(),
  history: setting(duration, dockerDefaults.historyMs),
  containers_max: setting(count, dockerDefaults.containersMax),
  container_id_label: setting(flag, dockerDefaults.containerIdLabel),
  labels: setting(labelMap, dockerDefaults.labels),
  format: setting(lineFormat, dockerDefaults.parse.format),
  timestamp: setting(timestampFrom, dockerDefaults.parse.timestamp),
  timezone: setting(timezone, ''),
  ...multilineMembers,
  relabel: relabelList,
  stages: stageList,
});

const journalSection = section({
  directory: setting(text, journalDefaults.directory),
  namespace: setting(text, journalDefaults.namespace),
  units: setting(textList, journalDefaults.units),
  identifiers: setting(textList, journalDefaults.identifiers),
  priority: setting(text, journalDefaults.priority),
  matches: setting(textList, journalDefaults.matches),
  history: setting(duration, journalDefaults.historyMs),
  labels: setting(labelMap, journalDefaults.labels),
  relabel: relabelList,
  stages: stageList,
});

const syslogSection = section({
  listen_address: setting(text, syslogDefaults.listenAddress),
  tcp_port: setting(port, syslogDefaults.tcpPort),
  tls_port: setting(port, syslogDefaults.tlsPort),
  udp_port: setting(port, syslogDefaults.udpPort),
  udp_receive_buffer: setting(byteSize, syslogDefaults.udpReceiveBufferBytes),
  tls_cert: setting(text, ''),
  tls_key: setting(text, ''),
  tls_ca: setting(text, ''),
  connections_max: setting(count, syslogDefaults.connectionsMax),
  sender_streams_max: setting(count, syslogDefaults.senderStreamsMax),
  streams_max: setting(count, syslogDefaults.streamsMax),
  message_size_max: setting(byteSize, syslogDefaults.messageBytesMax),
  idle_timeout: setting(duration, syslogDefaults.idleTimeoutMs),
  timestamp: setting(oneOf('message', 'received'), syslogDefaults.timestamp),
  timezone: setting(timezone, syslogDefaults.zone),
  labels: setting(labelMap, syslogDefaults.labels),
  relabel: relabelList,
  stages: stageList,
});

/** The settings of each collector, under its name. */
export const collectorSections = {
  docker: dockerSection,
  journal: journalSection,
  files: filesSection,
  syslog: syslogSection,
} satisfies Record<CollectorName, AnySection>;

export interface CollectorValues extends Values<typeof collectorSections> {
  readonly collectors: CollectorChoice;
  readonly host_label: string;
}

const orUndefined = (value: string): string | undefined => (value === '' ? undefined : value);

/** `limits`: of the tenant that collected entries belong to. */
export function collectorsSettings(values: CollectorValues, limits: IngestLimits): CollectorsSettings {
  const { collectors, docker, journal, files, syslog } = values;
  const enabled = (name: CollectorName): Enabled =>
    collectors === 'auto' ? 'auto' : collectors.includes(name);
  return {
    host: values.host_label,
    docker: dockerSettings(docker, enabled('docker'), limits),
    journal: journalSettings(journal, enabled('journal'), limits),
    files: filesSettings(files, enabled('files') !== false, limits),
    syslog: syslogSettings(syslog, enabled('syslog'), limits),
  };
}

const containerFilter = (values: CollectorValues['docker']['include']) => ({
  labels: values.labels,
  names: values.names,
  images: values.images,
  composeProjects: values.compose_projects,
  composeServices: values.compose_services,
});

function dockerSettings(
  docker: CollectorValues['docker'],
  enabled: Enabled,
  limits: IngestLimits,
): DockerSettings {
  const { tls_ca, tls_cert, tls_key } = docker;
  return {
    enabled,
    host: docker.host,
    tls:
      `${tls_ca}${tls_cert}${tls_key}` === ''
        ? undefined
        : { ca: orUndefined(tls_ca), cert: orUndefined(tls_cert), key: orUndefined(tls_key) },
    include: containerFilter(docker.include),
    exclude: containerFilter(docker.exclude),
    historyMs: docker.history,
    containersMax: docker.containers_max,
    containerIdLabel: docker.container_id_label,
    lineBytesMax: lineBytesMax(limits),
    labels: docker.labels,
    relabel: relabelRules(docker.relabel),
    stages: stages(docker.stages),
    parse: parseSettings(docker, docker, acceptedTimes(limits)),
  };
}

function journalSettings(
  journal: CollectorValues['journal'],
  enabled: Enabled,
  limits: Pick<IngestLimits, 'maxLineSizeBytes'>,
): JournalSettings {
  return {
    enabled,
    directory: journal.directory,
    namespace: journal.namespace,
    units: journal.units,
    identifiers: journal.identifiers,
    priority: journal.priority,
    matches: journal.matches,
    historyMs: journal.history,
    lineBytesMax: lineBytesMax(limits),
    labels: journal.labels,
    relabel: relabelRules(journal.relabel),
    stages: stages(journal.stages),
  };
}

function syslogSettings(
  syslog: CollectorValues['syslog'],
  enabled: Enabled,
  limits: IngestLimits,
): SyslogSettings {
  return {
    enabled,
    listenAddress: syslog.listen_address,
    tcpPort: syslog.tcp_port,
    tlsPort: syslog.tls_port,
    udpPort: syslog.udp_port,
    udpReceiveBufferBytes: syslog.udp_receive_buffer,
    tls:
      syslog.tls_port === 0 ? undefined : { cert: syslog.tls_cert, key: syslog.tls_key, ca: syslog.tls_ca },
    connectionsMax: syslog.connections_max,
    senderStreamsMax: syslog.sender_streams_max,
    streamsMax: syslog.streams_max,
    messageBytesMax: syslog.message_size_max,
    idleTimeoutMs: syslog.idle_timeout,
    timestamp: syslog.timestamp,
    zone: syslog.timezone,
    accepted: acceptedTimes(limits),
    labels: syslog.labels,
    relabel: relabelRules(syslog.relabel),
    stages: stages(syslog.stages),
  };
}
