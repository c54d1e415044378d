// Settings of the collectors, as configuration hands them over: complete, checked, defaults applied.

import { defaultIngestLimits, type IngestLimits } from '../ingest/limits/limits.ts';
import { dayMs } from '../model/units.ts';
import type { FileEncoding } from './files/follow/encoding.ts';
import type { LineFormat } from './parse/line-parser.ts';
import type { AcceptedTimes } from './parse/time-reader.ts';
import type { RelabelRule } from './relabel.ts';
import type { Stage } from './stages/stage.ts';

/** True: always. False: never. "auto": when the source is there and readable. */
export type Enabled = boolean | 'auto';

/** Joins continuation lines to the line before. */
export interface MultilineSettings {
  /** RE2 pattern a first line of an entry matches (unanchored, as Promtail's `firstline`). */
  readonly firstLine: string;
  readonly linesMax: number;
  /** An entry is complete when no further line came for this long. */
  readonly waitMs: number;
}

export interface ParseSettings {
  readonly format: LineFormat;
  /** Where the entry's time comes from: the source (engine, journal, moment of reading) or the line. */
  readonly timestamp: 'source' | 'line';
  /** IANA name, of times that name no zone; undefined and '': the machine's. */
  readonly zone?: string;
  /** What the store takes; undefined: {@link acceptedByDefault}. */
  readonly accepted?: AcceptedTimes;
  readonly multiline: MultilineSettings | undefined;
}

/** Each is PEM text, or the path of a file with it. */
export interface DockerTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** A container is followed when every non-empty include list has a match and no exclude list has one. */
export interface ContainerFilter {
  /** "name" or "name=value"; `*` matches any run of characters. */
  readonly labels: readonly string[];
  readonly names: readonly string[];
  readonly images: readonly string[];
  readonly composeProjects: readonly string[];
  readonly composeServices: readonly string[];
}

export interface DockerSettings {
  readonly enabled: Enabled;
  /** "unix:///var/run/docker.sock", "tcp://host:2375", "https://host:2376". */
  readonly host: string;
  readonly tls: DockerTls | undefined;
  readonly include: ContainerFilter;
  readonly exclude: ContainerFilter;
  /** How far back a container is read that was never seen before. */
  readonly historyMs: number;
  readonly containersMax: number;
  /** Adds the label `container_id`; off because each new container would be a new stream. */
  readonly containerIdLabel: boolean;
  /** Of longer lines the beginning is stored. */
  readonly lineBytesMax: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly relabel: readonly RelabelRule[];
  readonly stages: readonly Stage[];
  readonly parse: ParseSettings;
}

export interface JournalSettings {
  readonly enabled: Enabled;
  /** A mounted journal (`journalctl --directory`); empty: the machine's own. */
  readonly directory: string;
  readonly namespace: string;
  readonly units: readonly string[];
  readonly identifiers: readonly string[];
  /** "warning" or "emerg..err"; empty: all. */
  readonly priority: string;
  /** "FIELD=value". */
  readonly matches: readonly string[];
  /** How far back the journal is read the first time. */
  readonly historyMs: number;
  /** Of longer messages the beginning is stored. */
  readonly lineBytesMax: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly relabel: readonly RelabelRule[];
  readonly stages: readonly Stage[];
}

export interface FileTarget {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Labels of the target; `job` among them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly parse: ParseSettings;
  /** Where a file is entered that was there already when the collector first ran. */
  readonly from: 'beginning' | 'end';
  readonly encoding: FileEncoding;
  /** Files that end in .gz are read as well, each once. */
  readonly compressed: boolean;
  readonly relabel: readonly RelabelRule[];
  readonly stages: readonly Stage[];
}

export interface FilesSettings {
  readonly targets: readonly FileTarget[];
  readonly pollMs: number;
  /** How often the globs are looked at for new files. */
  readonly scanMs: number;
  readonly filesMax: number;
  /** Open descriptors; quiet files beyond it are closed and looked at by their size only. */
  readonly descriptorsMax: number;
  /** A last line without newline is taken as it is when nothing came for this long; 0: never. */
  readonly partialLineMs: number;
  /** Of longer lines the beginning is stored. */
  readonly lineBytesMax: number;
  /** Symbolic links are followed whoever they belong to. */
  readonly followLinksAcrossOwners: boolean;
}

/** Paths of PEM files. */
export interface SyslogTls {
  readonly cert: string;
  readonly key: string;
  /** Senders must show a certificate signed by it; '': they need not. */
  readonly ca: string;
}

export interface SyslogSettings {
  readonly enabled: Enabled;
  readonly listenAddress: string;
  /** Ports; 0: closed. */
  readonly tcpPort: number;
  readonly tlsPort: number;
  readonly udpPort: number;
  /** Asked of the system for datagrams that wait; it gives net.core.rmem_max at most. */
  readonly udpReceiveBufferBytes: number;
  readonly tls: SyslogTls | undefined;
  readonly connectionsMax: number;
  /** New streams an hour that one sender may bring up, and all of them together; 0: any number. */
  readonly senderStreamsMax: number;
  readonly streamsMax: number;
  /** Longer messages are cut. */
  readonly messageBytesMax: number;
  /** A connection is ended when nothing came for this long; 0: never. */
  readonly idleTimeoutMs: number;
  readonly timestamp: 'message' | 'received';
  /** IANA name, of times that name no zone; '': the machine's. */
  readonly zone: string;
  /** What the store takes. */
  readonly accepted: AcceptedTimes;
  readonly labels: Readonly<Record<string, string>>;
  readonly relabel: readonly RelabelRule[];
  readonly stages: readonly Stage[];
}

export interface CollectorsSettings {
  /** Value of the label `host`; empty: the system's host name. */
  readonly host: string;
  readonly docker: DockerSettings;
  readonly journal: JournalSettings;
  readonly files: FilesSettings;
  readonly syslog: SyslogSettings;
}

export const acceptedTimes = (limits: IngestLimits): AcceptedTimes => ({
  maxAgeMs: limits.rejectOldSamples ? limits.rejectOldSamplesMaxAgeMs : Number.POSITIVE_INFINITY,
  aheadMs: limits.creationGracePeriodMs,
});

export const acceptedByDefault = acceptedTimes(defaultIngestLimits);

const noFilter: ContainerFilter = {
  labels: [],
  names: [],
  images: [],
  composeProjects: [],
  composeServices: [],
};

export const dockerDefaults: DockerSettings = {
  enabled: 'auto',
  host: 'unix:///var/run/docker.sock',
  tls: undefined,
  include: noFilter,
  exclude: noFilter,
  historyMs: 7 * dayMs,
  containersMax: 500,
  containerIdLabel: false,
  lineBytesMax: defaultIngestLimits.maxLineSizeBytes,
  labels: { job: 'docker' },
  relabel: [],
  stages: [],
  parse: { format: 'auto', timestamp: 'source', multiline: undefined },
};

export const journalDefaults: JournalSettings = {
  enabled: 'auto',
  directory: '',
  namespace: '',
  units: [],
  identifiers: [],
  priority: '',
  matches: [],
  // Promtail's max_age.
  historyMs: 7 * 3_600_000,
  lineBytesMax: defaultIngestLimits.maxLineSizeBytes,
  labels: { job: 'systemd-journal' },
  relabel: [],
  stages: [],
};

export const filesDefaults: FilesSettings = {
  targets: [],
  pollMs: 200,
  scanMs: 2_000,
  filesMax: 10_000,
  descriptorsMax: 256,
  partialLineMs: 10_000,
  lineBytesMax: defaultIngestLimits.maxLineSizeBytes,
  followLinksAcrossOwners: false,
};

export const fileTargetDefaults: Omit<FileTarget, 'include'> = {
  exclude: [],
  labels: { job: 'files' },
  parse: { format: 'auto', timestamp: 'line', multiline: undefined },
  from: 'beginning',
  encoding: 'utf8',
  compressed: false,
  relabel: [],
  stages: [],
};

export const syslogDefaults: SyslogSettings = {
  enabled: 'auto',
  listenAddress: '127.0.0.1',
  tcpPort: 0,
  tlsPort: 0,
  udpPort: 0,
  udpReceiveBufferBytes: 8 * 1024 * 1024,
  tls: undefined,
  connectionsMax: 256,
  senderStreamsMax: 500,
  streamsMax: 2_000,
  messageBytesMax: 256 * 1024,
  idleTimeoutMs: 0,
  timestamp: 'message',
  zone: '',
  accepted: acceptedByDefault,
  labels: { job: 'syslog' },
  relabel: [],
  stages: [],
};

/** What a relabelling rule leaves out. */
export const relabelDefaults: RelabelRule = {
  action: 'replace',
  sourceLabels: [],
  separator: ';',
  regex: '(.*)',
  targetLabel: '',
  replacement: '$1',
};
