// Rules and where their alerts go: `ruler`, by Loki's names where it has them.
import { z } from 'zod';
import { labelsFromPairs } from '../model/labels.ts';
import {
  type AlertmanagerTarget,
  intervalMsMin,
  type RemoteWriteSettings,
  type RulerSettings,
  rulerDefaults,
} from '../ruler/settings.ts';
import { ConfigError } from './config-error.ts';
import { readSecretFile, secret } from './secret.ts';
import { type Nested, section, setting, type Values } from './section.ts';
import {
  count,
  duration,
  flag,
  labelMap,
  type SettingType,
  text,
  textList,
  zodType,
} from './setting-types.ts';

/** Below a second a group would do nothing but be evaluated. */
const evaluationInterval: SettingType<number> = {
  ...duration,
  expected: 'a duration such as 1m, at least 1s',
  parse: (value) => {
    const ms = duration.parse(value);
    return ms !== undefined && ms >= intervalMsMin ? ms : undefined;
  },
};

const isWebAddress = (text: string): boolean =>
  URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);

const webAddress: SettingType<string> = {
  expected: 'an address such as http://grafana:3000, or nothing',
  parse: (value) => {
    const address = text.parse(value);
    return address !== undefined && (address === '' || isWebAddress(address)) ? address : undefined;
  },
  print: withoutPassword,
};

const webAddresses: SettingType<readonly string[]> = {
  expected: 'a list of addresses such as http://alertmanager:9093, or text separated by commas',
  parse: (value) => {
    const list = textList.parse(value);
    return list?.every(isWebAddress) === true ? list : undefined;
  },
  print: (list) => list.map(withoutPassword),
};

function withoutPassword(address: string): string {
  if (address === '') return '';
  const url = new URL(address);
  if (url.password === '') return address;
  url.password = 'secret';
  return url.href;
}

/** Of a receiver that names none. */
const remoteTimeoutMs = 30_000;

const clientShape = z.strictObject({
  url: zodType(webAddress),
  headers: z.record(z.string(), z.string()).default({}),
  remote_timeout: zodType(duration).default(remoteTimeoutMs),
  basic_auth: z
    .strictObject({
      username: z.string(),
      password: zodType(secret).default(''),
      password_file: z.string().default(''),
    })
    .optional(),
  authorization: z
    .strictObject({
      type: z.string().default('Bearer'),
      credentials: zodType(secret).default(''),
      credentials_file: z.string().default(''),
    })
    .optional(),
});
type RemoteWriteClient = z.infer<typeof clientShape>;

/** By name, as Prometheus' `remote_write` blocks. */
const remoteWriteClients: Nested<Readonly<Record<string, RemoteWriteClient>>> = {
  kind: 'nested',
  zod: z.record(z.string(), clientShape).default({}) as unknown as z.ZodType<
    Readonly<Record<string, RemoteWriteClient>>
  >,
  print: (clients) => Object.fromEntries(Object.entries(clients).map(([name, one]) => [name, shown(one)])),
};

/** Headers may hold keys, too. */
const shown = ({ url, headers, remote_timeout, basic_auth, authorization }: RemoteWriteClient): object => ({
  url: withoutPassword(url),
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secret.print(value)])),
  remote_timeout: duration.print(remote_timeout),
  ...(basic_auth && { basic_auth: { ...basic_auth, password: secret.print(basic_auth.password) } }),
  ...(authorization && {
    authorization: { ...authorization, credentials: secret.print(authorization.credentials) },
  }),
});

export const rulerSection = section({
  enabled: setting(flag, true),
  /** Holds a folder for each tenant ("fake" while multi-tenancy is off) with files of groups. */
  rules_dir: setting(text, rulerDefaults.rulesDir),
  poll_interval: setting(duration, rulerDefaults.pollIntervalMs),
  evaluation_interval: setting(evaluationInterval, rulerDefaults.evaluationIntervalMs),
  /** Rules look at the logs as they were so long before: for logs that come late. */
  query_offset: setting(duration, rulerDefaults.queryOffsetMs),
  /** Evaluations missed while the gateway did not run are made up for, as far back as this. */
  for_outage_tolerance: setting(duration, rulerDefaults.outageToleranceMs),
  external_url: setting(webAddress, rulerDefaults.externalUrl),
  datasource_uid: setting(text, rulerDefaults.datasourceUid),
  external_labels: setting(labelMap, {}),
  alertmanager_url: setting(webAddresses, []),
  alertmanager_client: section({
    basic_auth_username: setting(text, ''),
    basic_auth_password: setting(secret, ''),
    basic_auth_password_file: setting(text, ''),
    type: setting(text, 'Bearer'),
    credentials: setting(secret, ''),
    credentials_file: setting(text, ''),
  }),
  resend_delay: setting(duration, rulerDefaults.resendDelayMs),
  notification_queue_capacity: setting(count, rulerDefaults.queueCapacity),
  notification_timeout: setting(duration, rulerDefaults.notificationTimeoutMs),
  remote_write: section({
    enabled: setting(flag, true),
    /** One receiver, without more: what the environment can give. */
    url: setting(webAddress, ''),
    clients: remoteWriteClients,
    add_org_id_header: setting(flag, true),
  }),
});

type RulerValues = Values<(typeof rulerSection)['members']>;

const pollIntervalMsMin = 1000;

/** Reads the files of secrets. Throws ConfigError. */
export function rulerSettings(
  values: RulerValues,
  limits: Pick<RulerSettings, 'limits' | 'limitsOverrides'>,
): RulerSettings {
  return {
    ...limits,
    rulesDir: values.rules_dir,
    pollIntervalMs: Math.max(pollIntervalMsMin, values.poll_interval),
    evaluationIntervalMs: values.evaluation_interval,
    queryOffsetMs: values.query_offset,
    resendDelayMs: values.resend_delay,
    outageToleranceMs: values.for_outage_tolerance,
    externalUrl: values.external_url,
    datasourceUid: values.datasource_uid,
    externalLabels: labelsFromPairs(Object.entries(values.external_labels)),
    alertmanagers: values.alertmanager_url.map((address) => targetOf(address, values.alertmanager_client)),
    queueCapacity: values.notification_queue_capacity,
    notificationTimeoutMs: values.notification_timeout,
    remoteWrites: remoteWrites(values.remote_write),
  };
}

/** Credentials of the address itself come before those for all. */
function targetOf(address: string, client: RulerValues['alertmanager_client']): AlertmanagerTarget {
  const url = new URL(address);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const own = username === '' ? undefined : basic(decodeURIComponent(username), decodeURIComponent(password));
  return { url: url.href, authorization: own ?? clientAuthorization(client) };
}

function clientAuthorization(client: RulerValues['alertmanager_client']): string {
  const at = 'ruler.alertmanager_client';
  const credentials =
    client.credentials_file === ''
      ? client.credentials
      : readSecretFile(`${at}.credentials_file`, client.credentials_file);
  const { basic_auth_username: user, basic_auth_password_file: file } = client;
  if (user !== '' && credentials !== '')
    throw new ConfigError([`${at}: basic_auth_username and credentials exclude each other`]);
  if (credentials !== '') return `${client.type} ${credentials}`;
  if (user === '') return '';
  const password =
    file === '' ? client.basic_auth_password : readSecretFile(`${at}.basic_auth_password_file`, file);
  return basic(user, password);
}

/** Reads the files of secrets. Throws ConfigError. */
function remoteWrites(values: RulerValues['remote_write']): readonly RemoteWriteSettings[] {
  if (!values.enabled) return [];
  const { url, clients, add_org_id_header: withTenant } = values;
  const all = Object.entries(clients).map(([name, client]): RemoteWriteSettings => {
    const authorization = authorizationOf(`ruler.remote_write.clients.${name}`, client);
    const headers = { ...client.headers, ...(authorization !== '' && { Authorization: authorization }) };
    return { name, url: client.url, headers, timeoutMs: client.remote_timeout, withTenant };
  });
  if (url === '') return all;
  return [...all, { name: 'url', url, headers: {}, timeoutMs: remoteTimeoutMs, withTenant }];
}

function authorizationOf(at: string, { basic_auth, authorization }: RemoteWriteClient): string {
  const of = (key: string, value: string, file: string): string =>
    file === '' ? value : readSecretFile(`${at}.${key}`, file);
  if (authorization !== undefined) {
    const { type, credentials, credentials_file: file } = authorization;
    return `${type} ${of('authorization.credentials_file', credentials, file)}`;
  }
  if (basic_auth === undefined) return '';
  const { username, password, password_file: file } = basic_auth;
  return basic(username, of('basic_auth.password_file', password, file));
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
