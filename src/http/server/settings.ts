// Settings of HTTP and the query limits it applies, as configuration hands them over: complete and checked.
import type { TlsSettings } from '../../tls/tls-files.ts';
import type { Credential } from '../auth/credentials.ts';

export interface HttpSettings {
  readonly listenAddress: string;
  /** 0 picks a free port. */
  readonly listenPort: number;
  /** '' or '/prefix' without a slash at its end. */
  readonly pathPrefix: string;
  /** True: X-Scope-OrgID is required. */
  readonly authEnabled: boolean;
  /** True: `a|b` reads several tenants. */
  readonly multiTenantQueriesEnabled: boolean;
  readonly auth: AuthSettings;
  /** Sites whose pages may use the gateway from a browser: `https://grafana.example.org`. */
  readonly allowedOrigins: readonly string[];
  /** Names under which it may be asked, see cross-site.ts. */
  readonly allowedHosts: readonly string[];
  /** Undefined: plain HTTP. */
  readonly tls: TlsSettings | undefined;
  /** A push body as received. */
  readonly pushBodyBytesMax: number;
  /** Push bytes received and not yet answered; above, pushes are told to come later. */
  readonly pushBytesInFlightMax: number;
  /** Bytes of heads and forms received and not yet answered; above, requests are told to come later. */
  readonly queryBytesInFlightMax: number;
  /** A form body of a query. */
  readonly formBytesMax: number;
  /** How long a head, or the form of a query, may take to arrive. */
  readonly headTimeoutMs: number;
  /** How long a whole request may take to arrive, and how long a client may take nothing of its answer. */
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly connectionsMax: number;
  /** Of one address; 0: no bound of its own. */
  readonly connectionsPerPeerMax: number;
  /** Addresses and subnets of proxies, whose connections are those of many and whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly tail: TailSettings;
  /** Undefined: nobody listens for gRPC. */
  readonly grpc: GrpcSettings | undefined;
}

/** The listener of gRPC's own; what is not said here is as for HTTP, TLS too. */
export interface GrpcSettings {
  readonly listenAddress: string;
  /** 0 picks a free port. */
  readonly listenPort: number;
  readonly connectionsMax: number;
  /** Of one address; 0: no bound of its own. */
  readonly connectionsPerPeerMax: number;
}

export interface AuthSettings {
  /** Empty: nobody is asked who they are. */
  readonly credentials: readonly Credential[];
  /** True: probes need no credentials. */
  readonly readyOpen: boolean;
  readonly metricsOpen: boolean;
}

export interface TailSettings {
  readonly pingIntervalMs: number;
  /** Bytes that may wait in a client's socket before the tail pauses. */
  readonly bufferedBytesMax: number;
  /** Live frames held back while the history is read. */
  readonly heldFramesMax: number;
  /** Open tails of all; more are refused. */
  readonly tailsMax: number;
  /** Of one address; 0: no bound of its own. */
  readonly tailsPerPeerMax: number;
}

export const httpDefaults: HttpSettings = {
  listenAddress: '127.0.0.1',
  listenPort: 3100,
  pathPrefix: '',
  authEnabled: false,
  multiTenantQueriesEnabled: false,
  auth: { credentials: [], readyOpen: true, metricsOpen: true },
  allowedOrigins: [],
  allowedHosts: [],
  tls: undefined,
  pushBodyBytesMax: 100 * 2 ** 20,
  pushBytesInFlightMax: 128 * 2 ** 20,
  queryBytesInFlightMax: 16 * 2 ** 20,
  formBytesMax: 2 ** 20,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  // Longer than the 60 s after which proxies drop idle connections, so that they never meet a closing one.
  keepAliveTimeoutMs: 75_000,
  connectionsMax: 4096,
  connectionsPerPeerMax: 1024,
  trustedProxies: [],
  tail: {
    pingIntervalMs: 5000,
    bufferedBytesMax: 2 ** 20,
    heldFramesMax: 1000,
    tailsMax: 512,
    tailsPerPeerMax: 128,
  },
  grpc: undefined,
};

export const grpcDefaults: Omit<GrpcSettings, 'listenPort'> = {
  listenAddress: '',
  connectionsMax: 1024,
  connectionsPerPeerMax: 64,
};

/** What one tenant may ask. Loki's names in camel case, units last; 0 = no bound where it says so. */
export interface TenantQueryLimits {
  readonly maxEntriesLimitPerQuery: number;
  /** Series in one answer; more are cut off with a warning. */
  readonly maxQuerySeries: number;
  /** 0 = no bound. */
  readonly maxQueryLengthMs: number;
  /** 0 = no bound. */
  readonly maxQueryLookbackMs: number;
  /** The `[r]` of a range aggregation; 0 = no bound. */
  readonly maxQueryRangeMs: number;
  readonly queryTimeoutMs: number;
  readonly maxStreamsMatchersPerQuery: number;
  /** 0 = no bound. */
  readonly maxQueryBytesRead: number;
  /** Memory of one query's result and intermediate state. Own to this gateway. */
  readonly maxQueryMemoryBytes: number;
  /** Instant queries over longer ranges are answered from pieces, as Loki does; 0 = exact. */
  readonly splitInstantMetricQueriesByIntervalMs: number;
  readonly maxConcurrentTailRequests: number;
  readonly volumeEnabled: boolean;
  readonly volumeMaxSeries: number;
  /** False: the routes of deletions answer 404. */
  readonly deletesEnabled: boolean;
}

/** No length limit: retention bounds a single server's queries. */
export const defaultQueryLimits: TenantQueryLimits = {
  maxEntriesLimitPerQuery: 5000,
  maxQuerySeries: 500,
  maxQueryLengthMs: 0,
  maxQueryLookbackMs: 0,
  maxQueryRangeMs: 0,
  queryTimeoutMs: 60_000,
  maxStreamsMatchersPerQuery: 1000,
  maxQueryBytesRead: 0,
  maxQueryMemoryBytes: 256 * 2 ** 20,
  splitInstantMetricQueriesByIntervalMs: 3_600_000,
  maxConcurrentTailRequests: 10,
  volumeEnabled: true,
  volumeMaxSeries: 1000,
  deletesEnabled: true,
};
