// What each kind of receiver that speaks HTTP is sent.
import type { Message } from './message.ts';
import {
  cut,
  cutBytes,
  messageLink,
  messageParagraphs,
  messageTitle,
  messageUrgency,
} from './message-text.ts';
import type {
  DiscordReceiver,
  GotifyReceiver,
  HttpReceiver,
  NtfyReceiver,
  SlackReceiver,
  TelegramReceiver,
  WebhookReceiver,
} from './receiver-settings.ts';

export interface ReceiverRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The longest text of each, as the services have it. */
const charactersMax = { slack: 35_000, discord: 4096, ntfy: 4096, gotify: 20_000, telegram: 4096 } as const;
/** Of what is longer ntfy makes a file. */
const ntfyBytesMax = 4096;

const textOf = (message: Message, max: number): string => cut(messageParagraphs(message).join('\n\n'), max);

const post = (
  url: string,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): ReceiverRequest => ({
  url,
  headers: { ...headers, 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
});

export function receiverRequest(receiver: HttpReceiver, message: Message): ReceiverRequest {
  switch (receiver.type) {
    case 'webhook':
      return webhook(receiver, message);
    case 'slack':
      return slack(receiver, message);
    case 'discord':
      return discord(receiver, message);
    case 'ntfy':
      return ntfy(receiver, message);
    case 'gotify':
      return gotify(receiver, message);
    case 'telegram':
      return telegram(receiver, message);
  }
}

const webhook = ({ url, headers }: WebhookReceiver, message: Message): ReceiverRequest =>
  post(url, message, headers);

/** Also taken by Mattermost, Rocket.Chat and Zulip. */
function slack({ url }: SlackReceiver, message: Message): ReceiverRequest {
  const escaped = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const title = escaped(messageTitle(message));
  const link = messageLink(message);
  return post(url, {
    attachments: [
      {
        color: message.status === 'firing' ? 'danger' : 'good',
        fallback: title,
        title,
        ...(link !== '' && { title_link: link }),
        text: escaped(textOf(message, charactersMax.slack)),
        // Lines are shown as they are.
        mrkdwn_in: [],
      },
    ],
  });
}

const red = 0xd92626;
const green = 0x2e8540;

function discord({ url }: DiscordReceiver, message: Message): ReceiverRequest {
  const link = messageLink(message);
  return post(url, {
    embeds: [
      {
        title: messageTitle(message),
        description: cut(
          textOf(message, charactersMax.discord).replace(/[\\`*_~|>#[\]]/g, '\\$&'),
          charactersMax.discord,
        ),
        color: message.status === 'firing' ? red : green,
        ...(link !== '' && { url: link }),
      },
    ],
    // A line that holds @everyone calls nobody.
    allowed_mentions: { parse: [] },
  });
}

/** By JSON, whose texts may hold any characters, to the server's root. */
function ntfy({ url, token }: NtfyReceiver, message: Message): ReceiverRequest {
  const at = new URL(url);
  const parts = at.pathname.split('/').filter((part) => part !== '');
  const topic = decodeURIComponent(parts.pop() ?? '');
  at.pathname = `/${parts.join('/')}`;
  const link = messageLink(message);
  return post(
    at.href,
    {
      topic,
      title: messageTitle(message),
      message: cutBytes(textOf(message, charactersMax.ntfy), ntfyBytesMax),
      priority: messageUrgency(message),
      tags: [message.status === 'firing' ? 'rotating_light' : 'white_check_mark'],
      ...(link !== '' && { click: link }),
    },
    token === '' ? {} : { Authorization: `Bearer ${token}` },
  );
}

function gotify({ url, token }: GotifyReceiver, message: Message): ReceiverRequest {
  const link = messageLink(message);
  return post(
    `${url.replace(/\/$/, '')}/message`,
    {
      title: messageTitle(message),
      message: textOf(message, charactersMax.gotify),
      // Its own go from 0 to 10.
      priority: messageUrgency(message) * 2,
      ...(link !== '' && { extras: { 'client::notification': { click: { url: link } } } }),
    },
    { 'X-Gotify-Key': token },
  );
}

/** Without a parse mode: text is text. */
function telegram({ url, token, chatId }: TelegramReceiver, message: Message): ReceiverRequest {
  const link = messageLink(message);
  const text = cut(
    `${messageTitle(message)}\n\n${messageParagraphs(message).join('\n\n')}`,
    charactersMax.telegram,
  );
  return post(`${url.replace(/\/$/, '')}/bot${token}/sendMessage`, {
    chat_id: chatId,
    text,
    link_preview_options: { is_disabled: true },
    ...(link !== '' && { reply_markup: { inline_keyboard: [[{ text: 'Logs', url: link }]] } }),
  });
}
