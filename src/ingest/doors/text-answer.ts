// Answers as Loki gives them: a status and a text.
import type { PushRequest, PushResponse } from '../client/ingest-service.ts';
import { badRequest, PushError } from '../limits/push-error.ts';
import type { PushDoor, PushOutcome } from './door.ts';

/** `success` when all is stored, else the reasons: 429 where some may be sent again, 400 otherwise. */
export const answerInText =
  (success: PushResponse): PushDoor['answer'] =>
  (request, outcome) => {
    const error = outcomeError(outcome);
    return error === undefined ? success : refuseInText(request, error);
  };

/** Undefined: all of it is stored. */
export function outcomeError({ delayedText, refused, refusedText }: PushOutcome): PushError | undefined {
  if (delayedText !== '') return new PushError(429, delayedText);
  return refused === 0 ? undefined : badRequest(refusedText);
}

export const refuseInText = (
  _request: PushRequest,
  { status, message, retryAfterSeconds }: PushError,
): PushResponse => ({ status, message, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) });
