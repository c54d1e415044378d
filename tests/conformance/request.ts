// Sends recorded requests.
import type { Parameters, RecordedRequest } from './cases.ts';

export interface HttpAnswer {
  /** 0 when there was no answer. */
  readonly status: number;
  readonly text: string;
  /** Why there was no answer: "timeout", "ECONNREFUSED", … */
  readonly failure?: string;
}

function encode(parameters: Parameters): string {
  const encoded = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) encoded.append(name, String(one));
  }
  return encoded.toString();
}

function bodyOf(req: RecordedRequest): { body?: string | Uint8Array<ArrayBuffer>; contentType?: string } {
  if (req.form) return { body: encode(req.form), contentType: 'application/x-www-form-urlencoded' };
  // Bytes, not a string: fetch must not add a content type of its own.
  if (req.b64 !== undefined) return { body: new Uint8Array(Buffer.from(req.b64, 'base64')) };
  if (req.body !== undefined) return { body: new TextEncoder().encode(req.body) };
  return {};
}

export async function send(baseUrl: string, req: RecordedRequest, timeoutMs = 10_000): Promise<HttpAnswer> {
  const query = req.params ? `?${encode(req.params)}` : '';
  const { body, contentType } = bodyOf(req);
  const headers = new Headers(req.headers);
  if (contentType !== undefined && !headers.has('content-type')) headers.set('content-type', contentType);
  try {
    const response = await fetch(baseUrl.replace(/\/+$/, '') + req.path + query, {
      method: req.method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: body as string }),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 0, text: '', failure: reason(error) };
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'timeout';
  const cause = error.cause as { code?: string; message?: string } | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}
