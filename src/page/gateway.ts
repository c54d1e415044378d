// Requests to the gateway that served this page. Paths are relative, so that a path prefix or a proxy does not matter.

export type Labels = Readonly<Record<string, string>>;

/** One line as the page shows it. */
export interface Entry {
  readonly timestampNs: string;
  readonly line: string;
  readonly stream: Labels;
  readonly metadata: Labels;
  readonly parsed: Labels;
  /** Labels of which it is not known where they come from: frames of a tail have all in one. */
  readonly merged: Labels;
}

export interface Series {
  readonly labels: Labels;
  /** Unix seconds and value. */
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

export type QueryAnswer =
  | { readonly kind: 'lines'; readonly entries: readonly Entry[] }
  | { readonly kind: 'series'; readonly series: readonly Series[] };

export interface RangeQuery {
  readonly query: string;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly limit: number;
  readonly stepSeconds: number;
}

/** The answer to `/api/status`. */
export interface Status {
  readonly version: string;
  readonly nowMs: number;
  readonly startedMs: number;
  readonly notReady: string | null;
  readonly authEnabled: boolean;
  readonly ingest: { readonly lines: number; readonly bytes: number; readonly discarded: number };
  /** null: it does not answer; `notReady` says so. */
  readonly store: {
    readonly fileBytes: number;
    readonly rawBytes: number;
    readonly entries: number;
    readonly streams: number;
    readonly unsealedBytes: number;
  } | null;
  readonly retention: {
    readonly periodMs: number;
    readonly lastRunMs: number | null;
    readonly nextRunMs: number | null;
  };
  readonly collectors: readonly {
    readonly name: string;
    readonly state: string;
    readonly hint: string;
    readonly targets: number;
    readonly entries: number;
  }[];
}

/** Sent with every request when the gateway separates tenants. */
let tenant = '';
export const useTenant = (name: string): void => {
  tenant = name;
};

/** Rejects with the text of the answer when the gateway refuses, with an AbortError when `signal` fires. */
async function get(path: string, parameters: Readonly<Record<string, string>>, signal?: AbortSignal) {
  const headers: Record<string, string> = { 'X-Loki-Response-Encoding-Flags': 'categorize-labels' };
  if (tenant !== '') headers['X-Scope-OrgID'] = tenant;
  const text = new URLSearchParams(parameters).toString();
  const response = await fetch(text === '' ? path : `${path}?${text}`, {
    headers,
    ...(signal !== undefined && { signal }),
  });
  if (!response.ok) throw new Error((await response.text()) || `the gateway answered ${response.status}`);
  return (await response.json()) as unknown;
}

export const readStatus = async (): Promise<Status> => (await get('api/status', {})) as Status;

interface Times {
  readonly startNs: bigint;
  readonly endNs: bigint;
}
const times = ({ startNs, endNs }: Times) => ({ start: String(startNs), end: String(endNs) });

export async function readLabelNames(range: Times): Promise<readonly string[]> {
  const answer = (await get('loki/api/v1/labels', times(range))) as { readonly data?: readonly string[] };
  return answer.data ?? [];
}

export async function readLabelValues(name: string, range: Times): Promise<readonly string[]> {
  const path = `loki/api/v1/label/${encodeURIComponent(name)}/values`;
  const answer = (await get(path, times(range))) as { readonly data?: readonly string[] };
  return answer.data ?? [];
}

interface Categorized {
  readonly structuredMetadata?: Labels;
  readonly parsed?: Labels;
}
interface RangeAnswer {
  readonly data:
    | {
        readonly resultType: 'streams';
        readonly result: readonly {
          readonly stream: Labels;
          readonly values: readonly (readonly [string, string, Categorized?])[];
        }[];
      }
    | {
        readonly resultType: 'matrix';
        readonly result: readonly {
          readonly metric: Labels;
          readonly values: readonly (readonly [number, string])[];
        }[];
      };
}

/** Lines newest first, or series, as the query has it. */
export async function queryRange(request: RangeQuery, signal: AbortSignal): Promise<QueryAnswer> {
  const { data } = (await get(
    'loki/api/v1/query_range',
    {
      query: request.query,
      ...times(request),
      limit: String(request.limit),
      step: String(request.stepSeconds),
      direction: 'backward',
    },
    signal,
  )) as RangeAnswer;
  if (data.resultType === 'matrix')
    return {
      kind: 'series',
      series: data.result.map(({ metric, values }) => ({
        labels: metric,
        points: values.map(([seconds, value]) => [seconds, Number(value)] as const),
      })),
    };
  const entries = data.result.flatMap(({ stream, values }) =>
    values.map(([timestampNs, line, more]) => ({
      timestampNs,
      line,
      stream,
      metadata: more?.structuredMetadata ?? {},
      parsed: more?.parsed ?? {},
      merged: {},
    })),
  );
  return { kind: 'lines', entries: entries.sort(newestFirst) };
}

export const newestFirst = (a: Entry, b: Entry): number => {
  const [left, right] = [BigInt(a.timestampNs), BigInt(b.timestampNs)];
  return left === right ? 0 : left < right ? 1 : -1;
};

/** Where the page's own server is, with its path prefix: `http://host:3100/`. */
export const baseUrl = (): string => new URL('.', document.baseURI).href;
