// `ruler.receivers`: who is told of alerts without an Alertmanager, by name.
import { z } from 'zod';
import type { ReceiverSettings } from '../ruler/notify/receiver-settings.ts';
import {
  type Authorization,
  authorizationHeader,
  authorizationShape,
  shownAuthorization,
} from './authorization-schema.ts';
import { ConfigError } from './config-error.ts';
import { ownSecretOrFile, secret } from './secret.ts';
import type { Nested } from './section.ts';
import { port, zodType } from './setting-types.ts';
import { isWebAddress, webAddress } from './web-address.ts';

const selector = z.string().superRefine(async (value, context) => {
  if (value === '') return;
  const { parseSelector } = await import('../logql/parser.ts');
  try {
    parseSelector(value, { allowEmptyMatch: true });
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

const common = {
  tenants: z.array(z.string()).default([]),
  match: selector.default(''),
  /** Left out: that of `ruler.notify`. */
  group_by: z.array(z.string()).optional(),
  send_resolved: z.boolean().default(true),
};
/** The address itself is a secret, and so may come from a file. */
const secretAddress = { url: zodType(secret).default(''), url_file: z.string().default('') };
const token = { token: zodType(secret).default(''), token_file: z.string().default('') };
const address = z.string().refine(isWebAddress, 'expected an address such as https://ntfy.sh/my-alerts');

const receiverShape = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('webhook'),
    ...common,
    ...secretAddress,
    headers: z.record(z.string(), z.string()).default({}),
    ...authorizationShape,
  }),
  z.strictObject({ type: z.literal('slack'), ...common, ...secretAddress }),
  z.strictObject({ type: z.literal('discord'), ...common, ...secretAddress }),
  z.strictObject({ type: z.literal('ntfy'), ...common, url: address, ...token }),
  z.strictObject({ type: z.literal('gotify'), ...common, url: address, ...token }),
  z.strictObject({
    type: z.literal('telegram'),
    ...common,
    url: zodType(webAddress).default('https://api.telegram.org'),
    ...token,
    chat_id: z.coerce.string().min(1),
  }),
  z.strictObject({
    type: z.literal('email'),
    ...common,
    host: z.string().min(1),
    port: zodType(port).optional(),
    security: z.enum(['tls', 'starttls', 'none']).default('starttls'),
    username: z.string().default(''),
    password: zodType(secret).default(''),
    password_file: z.string().default(''),
    from: z.string().min(1),
    to: z.union([
      z
        .string()
        .min(1)
        .transform((one) => [one]),
      z.array(z.string().min(1)).min(1),
    ]),
  }),
]);
type ReceiverValues = z.infer<typeof receiverShape>;

export const receivers: Nested<Readonly<Record<string, ReceiverValues>>> = {
  kind: 'nested',
  zod: z.record(z.string().regex(/^[\w.-]{1,64}$/), receiverShape).default({}) as unknown as z.ZodType<
    Readonly<Record<string, ReceiverValues>>
  >,
  print: (all) => Object.fromEntries(Object.entries(all).map(([name, one]) => [name, shown(one)])),
};

function shown(receiver: ReceiverValues): object {
  switch (receiver.type) {
    case 'webhook': {
      const { url, headers, basic_auth, authorization, ...rest } = receiver;
      return {
        ...rest,
        url: secret.print(url),
        headers: Object.fromEntries(Object.keys(headers).map((name) => [name, secret.print(' ')])),
        ...shownAuthorization({ basic_auth, authorization }),
      };
    }
    case 'slack':
    case 'discord':
      return { ...receiver, url: secret.print(receiver.url) };
    case 'ntfy':
    case 'gotify':
    case 'telegram':
      return { ...receiver, token: secret.print(receiver.token) };
    case 'email':
      return { ...receiver, password: secret.print(receiver.password) };
  }
}

/** Reads the files of secrets. Throws ConfigError. */
export const receiverSettings = (
  all: Readonly<Record<string, ReceiverValues>>,
  groupBy: readonly string[],
): readonly ReceiverSettings[] =>
  Object.entries(all).map(([name, values]) => receiverOf(name, values, groupBy));

const ports = { tls: 465, starttls: 587, none: 25 } as const;

function receiverOf(name: string, values: ReceiverValues, groupBy: readonly string[]): ReceiverSettings {
  const at = `ruler.receivers.${name}`;
  const { tenants, match, send_resolved: sendResolved } = values;
  const base = { name, tenants, match, sendResolved, groupBy: values.group_by ?? groupBy };
  switch (values.type) {
    case 'webhook': {
      const authorization = authorizationHeader(at, values as Authorization);
      const headers = { ...values.headers, ...(authorization !== '' && { Authorization: authorization }) };
      return { ...base, type: 'webhook', url: addressOf(at, values), headers };
    }
    case 'slack':
    case 'discord':
      return { ...base, type: values.type, url: addressOf(at, values) };
    case 'ntfy':
      return { ...base, type: 'ntfy', url: values.url, token: tokenOf(at, values) };
    case 'gotify':
      return { ...base, type: 'gotify', url: values.url, token: needed(`${at}.token`, tokenOf(at, values)) };
    case 'telegram':
      return {
        ...base,
        type: 'telegram',
        url: values.url,
        token: needed(`${at}.token`, tokenOf(at, values)),
        chatId: values.chat_id,
      };
    case 'email': {
      const { host, security, username, password, password_file: file, from, to } = values;
      return {
        ...base,
        type: 'email',
        host,
        port: values.port ?? ports[security],
        security,
        username,
        password: ownSecretOrFile(password, `${at}.password_file`, file),
        from,
        to,
      };
    }
  }
}

function addressOf(at: string, { url, url_file: file }: { url: string; url_file: string }): string {
  const found = ownSecretOrFile(url, `${at}.url_file`, file);
  if (isWebAddress(found)) return found;
  throw new ConfigError([`${at}.url: expected an address such as https://hooks.example.org/abc`]);
}

const tokenOf = (
  at: string,
  { token: own, token_file: file }: { token: string; token_file: string },
): string => ownSecretOrFile(own, `${at}.token_file`, file);

function needed(at: string, value: string): string {
  if (value === '') throw new ConfigError([`${at}: is needed`]);
  return value;
}
