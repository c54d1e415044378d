// Requests to the gateway that served this page. Paths are relative, so that a path prefix or a proxy does not matter.

/** Why a request brought nothing. */
export class GatewayError extends Error {
  /** The status of the answer; 0: nobody answered. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GatewayError';
    this.status = status;
  }
}

/** The gateway's answer where a tenant must be named. */
const noTenant = 'no org id';

/** The gateway does not know who asks, or no longer does. */
export const isStranger = (error: unknown): boolean =>
  error instanceof GatewayError && error.status === 401 && error.message !== noTenant;

/** Sent with every request when the gateway separates tenants. */
let tenant = '';
export const useTenant = (name: string): void => {
  tenant = name;
};

/** Labels come apart by where they are from: of the stream, structured metadata, parsed. */
const encodingFlags = 'categorize-labels';

/** Where the page's own server is, with its path prefix: `http://host:3100/`. */
export const baseUrl = (): string => new URL('.', document.baseURI).href;

interface SendOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The answer, its body not yet read; the parameters are in the address. Rejects with a GatewayError that has the text of
 * the answer when the gateway refuses, with the signal's reason when that fires.
 */
export async function send(
  path: string,
  parameters: Readonly<Record<string, string>>,
  { method = 'GET', headers = {}, body, signal }: SendOptions = {},
): Promise<Response> {
  const text = new URLSearchParams(parameters).toString();
  let response: Response;
  try {
    response = await fetch(text === '' ? path : `${path}?${text}`, {
      method,
      headers: {
        // The page signs in by a form of its own, without the browser's window.
        'X-Requested-With': 'XMLHttpRequest',
        ...(tenant !== '' && { 'X-Scope-OrgID': tenant }),
        ...headers,
      },
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw new GatewayError(0, `The gateway at ${baseUrl()} does not answer`, { cause: error });
  }
  if (response.ok) return response;
  const { status } = response;
  const reason = (await response.text().catch(() => '')).trim();
  throw new GatewayError(status, reason === '' ? `the gateway answered ${status}` : reason);
}

/** A GET of lines, series or what is known of them; as `send`. */
export function request(
  path: string,
  parameters: Readonly<Record<string, string>>,
  { signal, accept }: { readonly signal?: AbortSignal | undefined; readonly accept?: string } = {},
): Promise<Response> {
  const headers = {
    'X-Loki-Response-Encoding-Flags': encodingFlags,
    ...(accept !== undefined && { Accept: accept }),
  };
  return send(path, parameters, { headers, signal });
}

export async function requestJson(
  path: string,
  parameters: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<unknown> {
  const response = await request(path, parameters, { signal });
  try {
    return (await response.json()) as unknown;
  } catch (error) {
    signal?.throwIfAborted();
    throw new GatewayError(0, `The gateway at ${baseUrl()} ended its answer half-way`, { cause: error });
  }
}
