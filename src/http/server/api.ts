// The vocabulary of the routes: what a handler is given and what it answers. Handlers know no sockets.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { QueryService } from '../../engine/run/query-service.ts';
import type { IngestService } from '../../ingest/client/ingest-service.ts';
import type { Clock } from '../../model/time.ts';
import type { RulesApi } from '../../ruler/ruler-client.ts';
import type { StoreDeletes } from '../../store/delete-requests.ts';
import type { TailHub } from '../../tail/tail-hub.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { Access } from '../auth/access.ts';
import type { StatusSource } from '../operations/status.ts';
import type { Parameters } from '../parameters/parameters.ts';
import type { HttpSettings, TenantQueryLimits } from './settings.ts';

/** HEAD is answered where GET is, as GET without the body. */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** A body in pieces is sent with backpressure, and other requests get their turn in between. */
export type AnswerBody = string | Uint8Array | Iterable<string | Uint8Array>;

export interface Answer {
  /** Default 200. */
  readonly status?: number;
  /** Undefined: no body, no header. */
  readonly contentType?: string;
  readonly body?: AnswerBody;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request to a route, parsed. */
export interface Call {
  readonly request: IncomingMessage;
  readonly method: Method;
  /** '' on routes without a tenant. */
  readonly tenant: string;
  readonly parameters: Parameters;
  /** `{name}` parts of the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  /** Of a POST to a route with `bodyBytesMax`. */
  readonly body: ArrayBuffer | undefined;
  readonly limits: TenantQueryLimits;
  /** Fires when the client goes away. */
  readonly signal: AbortSignal;
  readonly nowNs: bigint;
}

export interface Route {
  /** `/loki/api/v1/label/{name}/values`; also names the route in metrics. */
  readonly path: string;
  /** The methods it answers, and who may use each. */
  readonly methods: Readonly<Partial<Record<Method, Access>>>;
  /** Methods answered 404 instead of 405, as the reference does for its routes that only take POST. */
  readonly absentMethods?: readonly Method[];
  /** True: a tenant is needed before anything else is looked at. */
  readonly tenant: boolean;
  /** False: one tenant only, also where `a|b` may read several. Default: true. */
  readonly severalTenants?: boolean;
  /** A POST's body is handed over as it came, whatever its type says: up to this many bytes. */
  readonly bodyBytesMax?: number;
  /** True: names in the path may hold slashes, sent as `%2F` or, by careful clients, as `%252F`. */
  readonly slashesInNames?: boolean;
  readonly handle: Handler | RawHandler;
}
export interface Handler {
  readonly kind: 'answer';
  /** Parameters come from the URL and, for POST, an urlencoded body. Errors go through `errorAnswer`. */
  readonly answer: (call: Call) => Answer | Promise<Answer>;
}
/** Reads the request and writes the response itself. */
export interface RawHandler {
  readonly kind: 'raw';
  readonly respond: (request: IncomingMessage, response: ServerResponse, tenant: string) => Promise<void>;
}

export const answering = (answer: Handler['answer']): Handler => ({ kind: 'answer', answer });

/** All that HTTP needs of the rest of the program. */
export interface Gateway {
  readonly settings: HttpSettings;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly queries: QueryService;
  readonly ingest: IngestService;
  readonly tail: Pick<TailHub, 'subscribe'>;
  readonly deletes: StoreDeletes;
  readonly rules: RulesApi;
  readonly limitsOf: (tenant: string) => TenantQueryLimits;
  readonly operations: OperationsSource;
  readonly status: StatusSource;
  readonly build: { readonly version: string; readonly revision: string; readonly date: string };
  /** What `drilldown-limits` and `/config/tenant/v1/limits` show beside the query limits, by Loki's names. */
  readonly shownLimits: (tenant: string) => Readonly<Record<string, unknown>>;
}

export interface OperationsSource {
  /** Undefined when ready, else one sentence why not. */
  notReady(): string | undefined;
  /** The running configuration as YAML, secrets redacted: all of it, what differs from the defaults, or these. */
  configYaml(mode: 'all' | 'diff' | 'defaults'): Promise<string>;
  /** Limits of tenants that have some of their own, as they are now. */
  overridesYaml(): string;
  /** Name and state ("Running", …) of each part. */
  services(): readonly (readonly [name: string, state: string])[];
  /** Asks the store to write what it holds in memory into blocks; resolves when done. */
  flush(): Promise<void>;
  logLevel(): string;
  /** False when there is no such level. */
  setLogLevel(level: string): boolean;
}

export const jsonType = 'application/json; charset=UTF-8';
export const textType = 'text/plain; charset=utf-8';
