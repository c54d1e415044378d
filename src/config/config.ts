// The configuration as the rest of the program sees it: the settings types of the folders that use them.

import type { ClickHouseChanges } from '../clickhouse/settings.ts';
import type { CollectorsSettings } from '../collectors/settings.ts';
import { singleTenant } from '../http/auth/tenant.ts';
import type { GrpcSettings, HttpSettings, TenantQueryLimits } from '../http/server/settings.ts';
import type { BodyLimits, IngestLimits, TenantLimits } from '../ingest/limits/limits.ts';
import { nsPerMs } from '../model/time.ts';
import type { RulerSettings, TenantRuleLimits } from '../ruler/settings.ts';
import type { RetentionRules } from '../store/retention-policy.ts';
import type { LogSettings } from '../telemetry/logger.ts';
import type { TlsSettings } from '../tls/tls-files.ts';
import { authSettings } from './auth-schema.ts';
import { clickHouseChanges } from './clickhouse-schema.ts';
import { collectorsSettings } from './collectors-schema.ts';
import { ConfigError } from './config-error.ts';
import {
  ingestLimits,
  type LimitValues,
  type OverrideValues,
  printLimits,
  queryLimits,
  ruleLimits,
  type TenantValues,
} from './limits-schema.ts';
import { retentionRules, tenantRetention } from './retention-schema.ts';
import { rulerSettings } from './ruler-schema.ts';
import type { SettingValues } from './schema.ts';
import { storeChanges } from './store-schema.ts';

/** Limits by who applies them. */
export interface LimitsOfTenants {
  readonly ingest: TenantLimits;
  readonly query: {
    readonly defaults: TenantQueryLimits;
    readonly overrides: Readonly<Record<string, TenantQueryLimits>>;
  };
  readonly rules: TenantRuleLimits;
  /** As written in a configuration file. */
  readonly shown: {
    readonly defaults: Readonly<Record<string, unknown>>;
    readonly overrides: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
}

export interface Config {
  readonly dataDir: string;
  /** 0n keeps everything. */
  readonly retentionNs: bigint;
  /** The store's maintenance. */
  readonly store: ReturnType<typeof storeChanges>;
  /** Undefined: the store is a file of SQLite. */
  readonly clickHouse: ClickHouseChanges | undefined;
  readonly retentionRules: RetentionRules;
  /** A tenant's own period, where it has one. */
  readonly tenantRetentionNs: Readonly<Record<string, bigint>>;
  /** 0: no bound. */
  readonly storeBytesMax: number;
  readonly diskFreeBytesMin: number;
  readonly http: HttpSettings;
  readonly shutdownTimeoutMs: number;
  /** 0: as many as cores. */
  readonly queryWorkers: number;
  readonly log: LogSettings;
  readonly body: BodyLimits;
  /** Of tenants; the file of overrides, where there is one, has its part in them. */
  readonly limits: LimitsOfTenants;
  /** Undefined: they stay as they are. */
  readonly overridesFile: { readonly file: string; readonly everyMs: number } | undefined;
  readonly collectors: CollectorsSettings;
  /** Undefined: there is no ruler. */
  readonly ruler: RulerSettings | undefined;
  /** The whole of it as YAML. */
  readonly yaml: string;
}

type TenantLimitValues = LimitValues & Pick<TenantValues, 'retention_period'>;

/** `fromFile`: those of the file of overrides, which come before those of the configuration. */
export function limitsOfTenants(
  values: Pick<SettingValues, 'limits' | 'overrides' | 'retention_period'>,
  fromFile: OverrideValues,
): LimitsOfTenants {
  const limits: LimitValues = values.limits;
  const names = new Set([...Object.keys(values.overrides), ...Object.keys(fromFile)]);
  const tenants = [...names].map(
    (tenant) => [tenant, { ...limits, ...values.overrides[tenant], ...fromFile[tenant] }] as const,
  );
  const perTenant = <T>(make: (values: TenantLimitValues) => T): Record<string, T> =>
    Object.fromEntries(tenants.map(([tenant, merged]) => [tenant, make(merged)]));
  const ingest = (merged: TenantLimitValues): IngestLimits =>
    ingestLimits(merged, merged.retention_period ?? values.retention_period);
  return {
    ingest: { defaults: ingest(limits), overrides: perTenant(ingest) },
    query: { defaults: queryLimits(limits), overrides: perTenant(queryLimits) },
    rules: { limits: ruleLimits(limits), limitsOverrides: perTenant(ruleLimits) },
    shown: { defaults: printLimits(limits), overrides: perTenant(printLimits) },
  };
}

export function toConfig(values: SettingValues, fromFile: OverrideValues, yaml: string): Config {
  const { http, tail, retention_period: retentionMs } = values;
  const limits = limitsOfTenants(values, fromFile);
  const { overrides_file: file, overrides_period: everyMs } = values.limits as {
    readonly overrides_file: string;
    readonly overrides_period: number;
  };
  const own = Object.entries(values.overrides);
  return {
    dataDir: values.data_dir,
    retentionNs: BigInt(retentionMs) * nsPerMs,
    store: storeChanges(values.store),
    clickHouse: clickHouseOf(values),
    retentionRules: {
      rules: retentionRules(values.retention_stream),
      tenants: Object.fromEntries(
        own
          .filter(([, one]) => 'retention_period' in one || 'retention_stream' in one)
          .map(([tenant, one]) => [tenant, tenantRetention(one)]),
      ),
    },
    tenantRetentionNs: Object.fromEntries(
      own.flatMap(([tenant, { retention_period: ms }]) =>
        ms === undefined ? [] : [[tenant, BigInt(ms) * nsPerMs] as const],
      ),
    ),
    storeBytesMax: values.retention_size_max,
    diskFreeBytesMin: values.retention_disk_free_min,
    http: {
      listenAddress: http.listen_address,
      listenPort: http.listen_port,
      pathPrefix: http.path_prefix,
      authEnabled: values.auth_enabled,
      multiTenantQueriesEnabled: values.multi_tenant_queries_enabled,
      auth: authSettings(values.auth, values.auth_enabled),
      allowedOrigins: http.allowed_origins,
      allowedHosts: http.allowed_hosts,
      tls: tlsSettings(http),
      pushBodyBytesMax: http.max_recv_msg_size,
      pushBytesInFlightMax: http.push_bytes_in_flight_max,
      queryBytesInFlightMax: http.query_bytes_in_flight_max,
      formBytesMax: http.form_size_max,
      requestTimeoutMs: http.request_timeout,
      headTimeoutMs: http.head_timeout,
      keepAliveTimeoutMs: http.keep_alive_timeout,
      connectionsMax: http.connections_max,
      connectionsPerPeerMax: http.connections_per_peer_max,
      trustedProxies: http.trusted_proxies,
      tail: {
        pingIntervalMs: tail.ping_interval,
        bufferedBytesMax: tail.buffered_bytes_max,
        heldFramesMax: tail.held_frames_max,
        tailsMax: tail.tails_max,
        tailsPerPeerMax: tail.tails_per_peer_max,
      },
      grpc: grpcSettings(values),
    },
    shutdownTimeoutMs: http.shutdown_timeout,
    queryWorkers: values.query.workers,
    log: values.log,
    body: {
      maxRecvMsgSizeBytes: http.max_recv_msg_size,
      maxDecompressedSizeBytes: http.max_decompressed_size,
    },
    limits,
    overridesFile: file === '' ? undefined : { file, everyMs: Math.max(1000, everyMs) },
    collectors: collectorsSettings(values, limitsIn(limits.ingest)),
    ruler: values.ruler.enabled ? rulerSettings(values.ruler, limits.rules) : undefined,
    yaml,
  };
}

function grpcSettings({ grpc, http }: SettingValues): GrpcSettings | undefined {
  if (grpc.listen_port === 'off') return undefined;
  return {
    listenAddress: grpc.listen_address || http.listen_address,
    listenPort: grpc.listen_port,
    connectionsMax: grpc.connections_max,
    connectionsPerPeerMax: grpc.connections_per_peer_max,
  };
}

/** Of what is collected. */
const limitsIn = ({ defaults, overrides }: TenantLimits): IngestLimits => ({
  ...defaults,
  ...overrides[singleTenant],
});

function clickHouseOf({
  store,
  retention_size_max: bytesMax,
  retention_disk_free_min: freeMin,
}: SettingValues): ClickHouseChanges | undefined {
  if (store.kind === 'sqlite') return undefined;
  if (bytesMax > 0 || freeMin > 0)
    throw new ConfigError([
      'retention_size_max and retention_disk_free_min are for store.kind sqlite: on ClickHouse retention goes by age',
    ]);
  return clickHouseChanges(store.clickhouse);
}

function tlsSettings(http: SettingValues['http']): TlsSettings | undefined {
  const { tls_cert_file: certFile, tls_key_file: keyFile, tls_client_ca_file: clientCaFile } = http;
  const { tls_client_cert_required: required } = http;
  // An authority that nobody has to answer to would protect nothing.
  const clientCertRequired = required === 'auto' ? clientCaFile !== '' : required;
  if ((certFile === '') !== (keyFile === ''))
    throw new ConfigError(['http: tls_cert_file and tls_key_file belong together']);
  if (certFile === '' && (clientCaFile !== '' || clientCertRequired))
    throw new ConfigError(['http: client certificates need tls_cert_file and tls_key_file']);
  if (clientCertRequired && clientCaFile === '')
    throw new ConfigError(['http: tls_client_cert_required needs tls_client_ca_file']);
  return certFile === '' ? undefined : { certFile, keyFile, clientCaFile, clientCertRequired };
}
