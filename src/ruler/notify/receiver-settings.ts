// Who is told of alerts without an Alertmanager, and how. Structured-cloneable.

interface ReceiverBase {
  /** In the outbox, in metrics, and in a rule's `skald_notify`. */
  readonly name: string;
  /** Tenants whose alerts it gets; none: those of all. */
  readonly tenants: readonly string[];
  /** Only alerts that this selector takes; '' for all. */
  readonly match: string;
  /** Alerts with the same values of these labels are told of together; `...` means all labels. */
  readonly groupBy: readonly string[];
  readonly sendResolved: boolean;
}

export interface WebhookReceiver extends ReceiverBase {
  readonly type: 'webhook';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}
/** The address holds the secret. */
export interface SlackReceiver extends ReceiverBase {
  readonly type: 'slack';
  readonly url: string;
}
export interface DiscordReceiver extends ReceiverBase {
  readonly type: 'discord';
  readonly url: string;
}
export interface NtfyReceiver extends ReceiverBase {
  readonly type: 'ntfy';
  /** The topic is the last part of its path. */
  readonly url: string;
  /** '' for none. */
  readonly token: string;
}
export interface GotifyReceiver extends ReceiverBase {
  readonly type: 'gotify';
  readonly url: string;
  readonly token: string;
}
export interface TelegramReceiver extends ReceiverBase {
  readonly type: 'telegram';
  /** Of the bots' API. */
  readonly url: string;
  readonly token: string;
  readonly chatId: string;
}
export interface EmailReceiver extends ReceiverBase {
  readonly type: 'email';
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte, `starttls` before anything is said, or neither. */
  readonly security: 'tls' | 'starttls' | 'none';
  /** '' for none. */
  readonly username: string;
  readonly password: string;
  readonly from: string;
  readonly to: readonly string[];
}

export type HttpReceiver =
  | WebhookReceiver
  | SlackReceiver
  | DiscordReceiver
  | NtfyReceiver
  | GotifyReceiver
  | TelegramReceiver;
export type ReceiverSettings = HttpReceiver | EmailReceiver;

/** Whether the receiver is told of this tenant's alerts at all. */
export const serves = ({ tenants }: ReceiverSettings, tenant: string): boolean =>
  tenants.length === 0 || tenants.includes(tenant);
