// The whole configuration: every key, its type and its default. The file's shape is this, the environment's names
// and the flags follow from it.

import { isSubnet } from '../http/server/peers.ts';
import { grpcDefaults, httpDefaults } from '../http/server/settings.ts';
import { defaultBodyLimits } from '../ingest/limits/limits.ts';
import { dayMs } from '../model/units.ts';
import { logLevels } from '../telemetry/logger.ts';
import { authSection } from './auth-schema.ts';
import { collectorChoice, collectorSections } from './collectors-schema.ts';
import { limitsSection, overrides } from './limits-schema.ts';
import { retentionStreams } from './retention-schema.ts';
import { rulerSection } from './ruler-schema.ts';
import { section, setting, type Values } from './section.ts';
import {
  automaticFlag,
  byteSize,
  count,
  duration,
  flag,
  number,
  oneOf,
  optionalPort,
  port,
  type SettingType,
  text,
  textList,
} from './setting-types.ts';
import { storeSection } from './store-schema.ts';
import { hostNameList, originList } from './values/site-lists.ts';

const pathPrefix: SettingType<string> = {
  expected: 'a path such as /logs, without a slash at its end, or nothing',
  parse: (value) => (typeof value === 'string' && /^(\/[\w.~-]+)*$/.test(value) ? value : undefined),
  print: (value) => value,
};

/** Nothing without a bound here: it is what those have who are not known yet. */
const positiveDuration: SettingType<number> = {
  ...duration,
  expected: 'a duration such as 10s, not 0',
  parse: (value) => duration.parse(value) || undefined,
};

const subnetList: SettingType<readonly string[]> = {
  expected: 'a list of addresses and subnets such as 10.0.0.0/8, or text separated by commas',
  parse: (value) => {
    const list = textList.parse(value);
    return list?.every(isSubnet) === true ? list : undefined;
  },
  print: textList.print,
};

export const schema = section({
  data_dir: setting(text, './data'),
  /** True: X-Scope-OrgID names the tenant. */
  auth_enabled: setting(flag, httpDefaults.authEnabled),
  multi_tenant_queries_enabled: setting(flag, httpDefaults.multiTenantQueriesEnabled),
  auth: authSection,
  retention_period: setting(duration, 7 * dayMs),
  /** Other periods for some streams. */
  retention_stream: setting(retentionStreams, []),
  /** The oldest entries go when the store is larger, or the disk has less free; 0: no bound. */
  retention_size_max: setting(byteSize, 0),
  retention_disk_free_min: setting(byteSize, 0),
  store: storeSection,
  http: section({
    listen_address: setting(text, httpDefaults.listenAddress),
    listen_port: setting(port, httpDefaults.listenPort),
    path_prefix: setting(pathPrefix, httpDefaults.pathPrefix),
    allowed_origins: setting(originList, httpDefaults.allowedOrigins),
    allowed_hosts: setting(hostNameList, httpDefaults.allowedHosts),
    max_recv_msg_size: setting(byteSize, defaultBodyLimits.maxRecvMsgSizeBytes),
    max_decompressed_size: setting(byteSize, defaultBodyLimits.maxDecompressedSizeBytes),
    push_bytes_in_flight_max: setting(byteSize, httpDefaults.pushBytesInFlightMax),
    query_bytes_in_flight_max: setting(byteSize, httpDefaults.queryBytesInFlightMax),
    form_size_max: setting(byteSize, httpDefaults.formBytesMax),
    request_timeout: setting(duration, httpDefaults.requestTimeoutMs),
    head_timeout: setting(positiveDuration, httpDefaults.headTimeoutMs),
    keep_alive_timeout: setting(duration, httpDefaults.keepAliveTimeoutMs),
    connections_max: setting(count, httpDefaults.connectionsMax),
    connections_per_peer_max: setting(count, httpDefaults.connectionsPerPeerMax),
    trusted_proxies: setting(subnetList, httpDefaults.trustedProxies),
    shutdown_timeout: setting(duration, 10_000),
    tls_cert_file: setting(text, ''),
    tls_key_file: setting(text, ''),
    tls_client_ca_file: setting(text, ''),
    tls_client_cert_required: setting(automaticFlag, 'auto'),
  }),
  /** Loki's `grpc_listen_port`: pushes of its own clients and OTLP's over gRPC. */
  grpc: section({
    /** Empty: that of http. */
    listen_address: setting(text, grpcDefaults.listenAddress),
    listen_port: setting(optionalPort, 'off'),
    connections_max: setting(count, grpcDefaults.connectionsMax),
    connections_per_peer_max: setting(count, grpcDefaults.connectionsPerPeerMax),
  }),
  tail: section({
    ping_interval: setting(duration, httpDefaults.tail.pingIntervalMs),
    buffered_bytes_max: setting(byteSize, httpDefaults.tail.bufferedBytesMax),
    held_frames_max: setting(count, httpDefaults.tail.heldFramesMax),
    tails_max: setting(count, httpDefaults.tail.tailsMax),
    tails_per_peer_max: setting(count, httpDefaults.tail.tailsPerPeerMax),
  }),
  query: section({
    /** 0: as many as the machine has cores. */
    workers: setting(number(0, 64), 0),
  }),
  log: section({
    level: setting(oneOf(...logLevels), 'info'),
    format: setting(oneOf('json', 'text'), 'json'),
  }),
  ruler: rulerSection,
  limits: limitsSection,
  overrides,
  collectors: setting(collectorChoice, 'auto'),
  /** Label `host` of what is collected; empty: the machine's name. */
  host_label: setting(text, ''),
  ...collectorSections,
});

export type SettingValues = Values<(typeof schema)['members']>;
