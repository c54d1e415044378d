// One POST to a receiver, and what its answer means for what was sent.

export type Outcome =
  | { readonly kind: 'taken' }
  /** It will never be taken. */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string; readonly afterMs?: number };

export interface Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly timeoutMs: number;
}

const answerCharactersShown = 200;
const retryAfterMsMax = 3_600_000;

/** Never rejects: what fails on the way may succeed later. */
export async function deliver(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
  const { url, headers, body, timeoutMs } = delivery;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'User-Agent': 'Skald', ...headers },
      body: body as string | Uint8Array<ArrayBuffer>,
      // It goes where the configuration says, nowhere else.
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), signal]),
    });
    return outcomeOf(response, await shownAnswer(response));
  } catch (error) {
    const { cause, message } = error as Error;
    return { kind: 'later', reason: cause instanceof Error ? cause.message || message : message };
  }
}

/** The beginning of an answer; the rest is not waited for. */
async function shownAnswer({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (reader !== undefined && text.length < answerCharactersShown) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
  await reader?.cancel();
  return text.slice(0, answerCharactersShown);
}

function outcomeOf({ status, headers }: Response, text: string): Outcome {
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const reason = `${status} ${text.trim()}`.trim();
  if (status === 429 || status >= 500) {
    const seconds = Number(headers.get('retry-after') ?? '');
    if (!(seconds > 0)) return { kind: 'later', reason };
    return { kind: 'later', reason, afterMs: Math.min(retryAfterMsMax, seconds * 1000) };
  }
  // Credentials and addresses get mended; what is sent is right.
  if (status === 401 || status === 403 || status === 404 || status < 400) return { kind: 'later', reason };
  return { kind: 'refused', reason };
}
