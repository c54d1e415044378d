// Answers in JSON, in the shape that one kind of clients reads.
import type { PushResponse } from '../client/ingest-service.ts';
import type { PushDoor } from './door.ts';
import { outcomeError } from './text-answer.ts';

interface JsonAnswers {
  readonly success: { readonly status: number; readonly body: string };
  /** The body of a refusal. */
  readonly fault: (status: number, message: string) => object;
}

export function jsonAnswers({ success, fault }: JsonAnswers): Pick<PushDoor, 'answer' | 'refuse'> {
  const refuse: PushDoor['refuse'] = (_request, { status, message, retryAfterSeconds }) => ({
    ...jsonResponse(status, JSON.stringify(fault(status, message)), message),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
  return {
    refuse,
    answer(request, outcome) {
      const error = outcomeError(outcome);
      return error === undefined ? jsonResponse(success.status, success.body, '') : refuse(request, error);
    },
  };
}

export const jsonResponse = (status: number, body: string, message: string): PushResponse => ({
  status,
  message,
  body: Buffer.from(body),
  contentType: 'application/json',
});
