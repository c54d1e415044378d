// A receiver as a target of the outbox, where messages wait for it.
import type { StoredPost } from '../../store/rule-store.ts';
import { deliver, type Outcome } from '../http-delivery.ts';
import type { OutboxTarget } from '../outbox-sender.ts';
import { sendEmail } from './email.ts';
import { receiverRequest } from './http-receivers.ts';
import type { Message } from './message.ts';
import type { ReceiverSettings } from './receiver-settings.ts';

export const receiverTarget = (receiver: ReceiverSettings, timeoutMs: number): OutboxTarget => ({
  name: receiverTargetName(receiver.name),
  kind: 'alerts',
  itemsOf: ({ body }: StoredPost) => messageIn(body).alerts.length,
  send: ({ body }: StoredPost, signal) => tell(receiver, messageIn(body), { timeoutMs, signal }),
});

/** In the outbox and in metrics; no address is like it. */
export const receiverTargetName = (receiver: string): string => `receiver/${receiver}`;

const messageIn = (body: string | Uint8Array): Message => JSON.parse(String(body)) as Message;

/** Sends one message now. */
export function tell(
  receiver: ReceiverSettings,
  message: Message,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Outcome> {
  if (receiver.type === 'email') return sendEmail(receiver, message, { timeoutMs, signal });
  return deliver({ ...receiverRequest(receiver, message), timeoutMs }, signal);
}
