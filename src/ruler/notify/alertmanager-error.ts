// What cannot be, in the form in which clients of Alertmanager's API read it.
import type { RulerAnswer } from '../ruler-protocol.ts';

export const alertmanagerError = (message: string): RulerAnswer => ({
  status: 400,
  contentType: 'application/json',
  body: `${JSON.stringify(message)}\n`,
});
