// Syslog message → entry: host, job and app are labels, the rest is structured metadata.

import { LRUCache } from 'lru-cache';
import { levelOfPriority, priorityKeywords } from '../../formats/logger-levels.ts';
import { formatRfc3339Nano } from '../../go/rfc3339.ts';
import type { RepairKind } from '../../ingest/repair/repair-kind.ts';
import type { CollectedEntry } from '../../ingest/sink/sink.ts';
import { emptyLabels, type LabelPair, type Labels, labelsFromPairs, labelsKey } from '../../model/labels.ts';
import { splitNs } from '../../model/time.ts';
import type { GuessedStreams } from '../guessed-streams.ts';
import type { AcceptedTimes } from '../parse/time-reader.ts';
import type { Relabel } from '../relabel.ts';
import type { DataPair } from './dialects/dialect.ts';
import type { SyslogMessage } from './message.ts';

export interface SyslogEntryOptions {
  readonly labels: readonly LabelPair[];
  readonly relabel: Relabel;
  /** Whether there are rules at all. */
  readonly relabelled: boolean;
  /** The message's own time, or the moment of arrival. */
  readonly timestamp: 'message' | 'received';
  /** Host and app are what senders write. */
  readonly guessed: GuessedStreams;
  /** Times that the store takes; another is not the message's. */
  readonly accepted: AcceptedTimes;
  /** Called for each message that is not stored as it came. */
  readonly onRepaired: (kind: RepairKind) => void;
}

/** Where a message came from, and what came of it. */
export interface Origin {
  /** The sender's address, the host of a message that names none. */
  readonly peer: string;
  /** Of the message's end, as it was too long. */
  readonly lostBytes: number;
}

const facilities = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp'],
  ...['ntp', 'security', 'console', 'solaris-cron'],
  ...['local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];

/** Senders' names are theirs to choose: what is kept for each is bounded. */
const streamsMax = 2_000;

interface Stream {
  readonly labels: Labels | undefined;
  readonly last: LastTime;
  /** Host and app are no labels of it. */
  readonly isSurplus: boolean;
}

/** The time that a stream's messages bore last, and how many before the last one bore it. */
interface LastTime {
  ns: bigint;
  count: number;
}

/** Sets of metadata without structured data that are kept: level, facility, process and message id. */
const plainMetadataMax = 2_000;

/** Makes entries; keeps equal lines of one second apart, as the store keeps one of two equal entries. */
export class SyslogEntries {
  readonly #options: SyslogEntryOptions;
  readonly #streams = new LRUCache<string, Stream>({ max: streamsMax });
  /** By label set: rules may give several streams the same. */
  readonly #times = new LRUCache<string, LastTime>({ max: streamsMax });
  readonly #plainMetadata = new LRUCache<string, Labels>({ max: plainMetadataMax });

  constructor(options: SyslogEntryOptions) {
    this.#options = options;
  }

  /** Undefined: relabelling drops it. */
  entry(message: SyslogMessage, origin: Origin, receivedNs: bigint): CollectedEntry | undefined {
    const { peer, lostBytes } = origin;
    const { labels, last, isSurplus } = this.#stream(message, peer);
    if (!labels) return undefined;
    const { timestamp, onRepaired } = this.#options;
    const sentNs = timestamp === 'message' ? message.timestampNs : undefined;
    const refusal = sentNs === undefined ? undefined : this.#timeRefusal(sentNs, receivedNs);
    const more: LabelPair[] = [];
    if (isSurplus) {
      onRepaired('guessed_labels');
      more.push(...unlabelled(message));
    }
    if (sentNs !== undefined && refusal !== undefined) {
      onRepaired(refusal);
      const { seconds, nanos } = splitNs(sentNs);
      more.push(['original_timestamp', formatRfc3339Nano(seconds, nanos)]);
    }
    if (lostBytes > 0) more.push([truncatedBytesName, String(lostBytes)]);
    return {
      labels,
      timestampNs: distinct(last, refusal === undefined ? (sentNs ?? receivedNs) : receivedNs),
      line: message.text,
      structuredMetadata: more.length > 0 ? metadata(message, peer, more) : this.#metadata(message, peer),
    };
  }

  /** Why the store would not take the time: a sender without a clock, or with a wrong one. */
  #timeRefusal(sentNs: bigint, receivedNs: bigint): RepairKind | undefined {
    const { maxAgeMs, aheadMs } = this.#options.accepted;
    const aheadOfMs = Number(sentNs - receivedNs) / 1e6;
    if (aheadOfMs > aheadMs) return 'too_far_in_future';
    return -aheadOfMs > maxAgeMs ? 'greater_than_max_sample_age' : undefined;
  }

  #metadata(message: SyslogMessage, peer: string): Labels {
    if (message.data.length > 0) return metadata(message, peer);
    const { facility, severity, processId, messageId } = message;
    const key = `${facility} ${severity} ${relayOf(message, peer)} ${processId} ${messageId}`;
    let labels = this.#plainMetadata.get(key);
    if (!labels) {
      labels = metadata(message, peer);
      this.#plainMetadata.set(key, labels);
    }
    return labels;
  }

  #stream(message: SyslogMessage, peer: string): Stream {
    const host = message.host || peer;
    // Without rules the first two labels decide.
    const key = this.#options.relabelled
      ? labelsKey(streamPairs(message, peer, this.#options.labels))
      : `${host}\n${message.app}`;
    let stream = this.#streams.get(key);
    if (!stream) {
      const labels = this.#options.relabel(streamPairs(message, peer, this.#options.labels));
      if (labels && !this.#options.guessed.admits(peer, labelsKey(labels)))
        return this.#surplus(message, peer);
      stream = { labels, last: this.#lastTime(labels ?? emptyLabels), isSurplus: false };
      this.#streams.set(key, stream);
    }
    return stream;
  }

  /** What the message says of itself is left out of the labels. */
  #surplus({ facility, severity }: SyslogMessage, peer: string): Stream {
    const nameless = { facility, severity, host: '', app: '', processId: '', messageId: '' };
    const labels = this.#options.relabel(streamPairs(nameless, peer, this.#options.labels));
    return { labels, last: this.#lastTime(labels ?? emptyLabels), isSurplus: true };
  }

  #lastTime(labels: Labels): LastTime {
    const key = labelsKey(labels);
    const last = this.#times.get(key) ?? { ns: -1n, count: 0 };
    this.#times.set(key, last);
    return last;
  }
}

const unlabelled = ({ host, app }: SyslogMessage): readonly LabelPair[] => [
  ['hostname', host],
  ['app', app],
];

type Names = Pick<SyslogMessage, 'facility' | 'severity' | 'host' | 'app' | 'processId' | 'messageId'>;

const streamPairs = (message: Names, peer: string, labels: readonly LabelPair[]): LabelPair[] => [
  ['host', message.host || peer],
  ['app', message.app],
  ...labels,
  ['__syslog_facility', facilities[message.facility] ?? ''],
  ['__syslog_severity', priorityKeywords[message.severity] ?? ''],
  ['__syslog_hostname', message.host],
  ['__syslog_app_name', message.app],
  ['__syslog_proc_id', message.processId],
  ['__syslog_msg_id', message.messageId],
  ['__syslog_connection_ip_address', peer],
];

/** Messages of one time follow each other by a nanosecond. */
function distinct(last: LastTime, ns: bigint): bigint {
  last.count = last.ns === ns ? last.count + 1 : 0;
  last.ns = ns;
  return ns + BigInt(last.count);
}

/** The address that a message with a host of its own came from: the device's, or a relay's. */
const relayOf = ({ host }: SyslogMessage, peer: string): string => (host === '' || host === peer ? '' : peer);

function metadata(message: SyslogMessage, peer: string, more: readonly LabelPair[] = []): Labels {
  const level = levelOfPriority(String(message.severity));
  const own: readonly LabelPair[] = [
    ['detected_level', level ?? ''],
    ['severity', priorityKeywords[message.severity] ?? ''],
    ['facility', facilities[message.facility] ?? ''],
    ['process_id', message.processId],
    ['message_id', message.messageId],
    ['peer', relayOf(message, peer)],
    ...more,
  ];
  return labelsFromPairs(message.data.length === 0 ? own : [...dataPairs(message.data), ...own]);
}

/** Says how much of a message is not stored. */
const truncatedBytesName = 'truncated_bytes';

/** Names that the entry's own metadata has. */
const ownNames = [
  'detected_level',
  'severity',
  'facility',
  'process_id',
  'message_id',
  'peer',
  'hostname',
  'app',
];

/** What structured data says, all values of a repeated parameter one after the other. */
function dataPairs(data: readonly DataPair[]): Map<string, string> {
  const values = new Map<string, string[]>();
  for (const [written, value] of data) {
    const plain = written.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_');
    const name = ownNames.includes(plain) ? `data_${plain}` : plain;
    const there = values.get(name);
    if (there) there.push(value);
    else values.set(name, [value]);
  }
  return new Map(Array.from(values, ([name, all]) => [name, all.join(',')]));
}
