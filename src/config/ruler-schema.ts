// Rules and where their alerts go: `ruler`, by Loki's names where it has them.
import { z } from 'zod';
import { labelsFromPairs } from '../model/labels.ts';
import {
  type AlertmanagerTarget,
  intervalMsMin,
  type RulerSettings,
  rulerDefaults,
  type TenantRuleLimits,
} from '../ruler/settings.ts';
import { basicAuthorization } from './authorization-schema.ts';
import { clientTls } from './client-tls-schema.ts';
import { ConfigError } from './config-error.ts';
import { receiverSettings, receivers } from './receivers-schema.ts';
import { remoteWriteSection, remoteWrites } from './remote-write-schema.ts';
import { ownSecretOrFile, secret } from './secret.ts';
import { type Nested, section, setting, type Values } from './section.ts';
import { count, duration, flag, labelMap, type SettingType, text, textList } from './setting-types.ts';
import { loadedRegex } from './stages-schema.ts';
import { webAddress, webAddresses } from './web-address.ts';

/** Below a second a group would do nothing but be evaluated. */
const evaluationInterval: SettingType<number> = {
  ...duration,
  expected: 'a duration such as 1m, at least 1s',
  parse: (value) => {
    const ms = duration.parse(value);
    return ms !== undefined && ms >= intervalMsMin ? ms : undefined;
  },
};

/** A list in the file: patterns may hold commas. */
const redactPatterns: Nested<readonly string[]> = {
  kind: 'nested',
  zod: z.array(loadedRegex).default([]) as unknown as z.ZodType<readonly string[]>,
  print: (patterns) => patterns,
};

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
    tls_ca_path: setting(text, ''),
    tls_cert_path: setting(text, ''),
    tls_key_path: setting(text, ''),
    tls_server_name: setting(text, ''),
    tls_insecure_skip_verify: setting(flag, false),
  }),
  resend_delay: setting(duration, rulerDefaults.resendDelayMs),
  notification_queue_capacity: setting(count, rulerDefaults.queueCapacity),
  notification_timeout: setting(duration, rulerDefaults.notificationTimeoutMs),
  remote_write: remoteWriteSection,
  receivers,
  notify: section({
    /** Of receivers that name none. */
    group_by: setting(textList, ['alertname']),
    group_wait: setting(duration, rulerDefaults.notify.groupWaitMs),
    group_interval: setting(duration, rulerDefaults.notify.groupIntervalMs),
    repeat_interval: setting(duration, rulerDefaults.notify.repeatIntervalMs),
  }),
  heartbeat: section({
    url: setting(webAddress, rulerDefaults.heartbeat.url),
    interval: setting(duration, rulerDefaults.heartbeat.intervalMs),
  }),
  redact: redactPatterns,
  history_period: setting(duration, rulerDefaults.historyPeriodMs),
  keep_series: setting(duration, rulerDefaults.keepSeriesMs),
});

type RulerValues = Values<(typeof rulerSection)['members']>;

const pollIntervalMsMin = 1000;
const heartbeatMsMin = 1000;

/** Reads the files of secrets. Throws ConfigError. */
export function rulerSettings(values: RulerValues, limits: TenantRuleLimits): RulerSettings {
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
    receivers: receiverSettings(values.receivers, values.notify.group_by),
    notify: {
      groupWaitMs: values.notify.group_wait,
      groupIntervalMs: values.notify.group_interval,
      repeatIntervalMs: values.notify.repeat_interval,
    },
    heartbeat: {
      url: values.heartbeat.url,
      intervalMs: Math.max(heartbeatMsMin, values.heartbeat.interval),
    },
    redact: values.redact,
    historyPeriodMs: values.history_period,
    keepSeriesMs: values.keep_series,
  };
}

/** Credentials of the address itself come before those for all. */
function targetOf(address: string, client: RulerValues['alertmanager_client']): AlertmanagerTarget {
  const url = new URL(address);
  const { username, password } = url;
  url.username = '';
  url.password = '';
  const own =
    username === ''
      ? undefined
      : basicAuthorization(decodeURIComponent(username), decodeURIComponent(password));
  const tls = clientTls('ruler.alertmanager_client', {
    ca_file: client.tls_ca_path,
    cert_file: client.tls_cert_path,
    key_file: client.tls_key_path,
    server_name: client.tls_server_name,
    insecure_skip_verify: client.tls_insecure_skip_verify,
  });
  return { url: url.href, authorization: own ?? clientAuthorization(client), tls };
}

function clientAuthorization(client: RulerValues['alertmanager_client']): string {
  const at = 'ruler.alertmanager_client';
  const credentials = ownSecretOrFile(client.credentials, `${at}.credentials_file`, client.credentials_file);
  const { basic_auth_username: user, basic_auth_password: own, basic_auth_password_file: file } = client;
  if (user !== '' && credentials !== '')
    throw new ConfigError([`${at}: basic_auth_username and credentials exclude each other`]);
  if (credentials !== '') return `${client.type} ${credentials}`;
  if (user === '') return '';
  return basicAuthorization(user, ownSecretOrFile(own, `${at}.basic_auth_password_file`, file));
}
