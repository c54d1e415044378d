// E-mail, by nodemailer; loaded with the first one.
import type { Outcome } from '../http-delivery.ts';
import type { Message } from './message.ts';
import { messageLink, messageParagraphs, messageTitle } from './message-text.ts';
import type { EmailReceiver } from './receiver-settings.ts';

export interface EmailTimes {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Never rejects: what fails on the way may succeed later. */
export async function sendEmail(
  receiver: EmailReceiver,
  message: Message,
  { timeoutMs, signal }: EmailTimes,
): Promise<Outcome> {
  const { createTransport } = await import('nodemailer');
  const { host, port, security, username, password, from, to } = receiver;
  const transport = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(username !== '' && { auth: { user: username, pass: password } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const link = messageLink(message);
  try {
    const sent = transport.sendMail({
      from,
      to: [...to],
      subject: messageTitle(message),
      text: [...messageParagraphs(message), link].filter((text) => text !== '').join('\n\n'),
      // No vacation answers to a gateway.
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
    await Promise.race([sent, whenAborted(ended, timeoutMs)]);
    return { kind: 'taken' };
  } catch (error) {
    return outcomeOf(error as Error & { readonly responseCode?: number });
  } finally {
    transport.close();
  }
}

function whenAborted(signal: AbortSignal, timeoutMs: number): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer in ${timeoutMs} ms`)), { once: true });
  });
}

/** Addresses and messages that the server will never take; credentials get mended. */
function outcomeOf({ message, responseCode = 0 }: Error & { readonly responseCode?: number }): Outcome {
  const isRefused = responseCode >= 550 && responseCode < 560;
  return { kind: isRefused ? 'refused' : 'later', reason: message };
}
