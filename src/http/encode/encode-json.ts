// JSON answers other than query results.
import { type Answer, jsonType } from '../server/api.ts';

/** Metadata answers end with a newline. */
export const jsonLine = (value: unknown): Answer => ({
  contentType: jsonType,
  body: `${JSON.stringify(value)}\n`,
});
