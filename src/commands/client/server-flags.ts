// Which server to talk to, and as whom: flags as logcli has them, then the environment.
import { readFileSync } from 'node:fs';
import type { CommandContext, Flag } from '../cli/command.ts';
import { CommandError, UsageError } from '../cli/command.ts';
import { parseDuration } from '../cli/time-flags.ts';
import type { ServerSettings } from './loki-client.ts';

const addrDefault = 'http://localhost:3100';
const timeoutDefault = '2m';
const retriesMax = 100;

export const serverFlags: readonly Flag[] = [
  {
    name: 'addr',
    value: 'URL',
    summary: `server (also SKALD_ADDR, LOKI_ADDR); ${addrDefault} when left out`,
  },
  { name: 'org-id', value: 'TENANT', summary: 'X-Scope-OrgID to send (also SKALD_ORG_ID, LOKI_ORG_ID)' },
  { name: 'username', value: 'NAME', summary: 'basic authentication (also …_USERNAME)' },
  { name: 'password', value: 'TEXT', summary: 'basic authentication (also …_PASSWORD)' },
  { name: 'bearer-token', value: 'TOKEN', summary: 'bearer authentication (also …_BEARER_TOKEN)' },
  { name: 'bearer-token-file', value: 'FILE', summary: 'the token, in a file (also …_BEARER_TOKEN_FILE)' },
  { name: 'header', value: 'NAME: VALUE', repeated: true, summary: 'another header to send' },
  { name: 'query-tags', value: 'TAGS', summary: 'X-Query-Tags to send (also …_QUERY_TAGS)' },
  { name: 'ca-cert', value: 'FILE', summary: "certificate of the server's authority (also …_CA_CERT_PATH)" },
  { name: 'cert', value: 'FILE', summary: 'client certificate (also …_CLIENT_CERT_PATH)' },
  { name: 'key', value: 'FILE', summary: 'its key (also …_CLIENT_KEY_PATH)' },
  {
    name: 'tls-skip-verify',
    summary: "do not check the server's certificate (also …_TLS_SKIP_VERIFY)",
  },
  { name: 'timeout', value: 'DURATION', summary: `wait so long for an answer; ${timeoutDefault}` },
  { name: 'retries', value: 'N', summary: 'try again after a connection error, 429 or 5xx; 3' },
];

const defaultRetries = 3;

/** Throws UsageError; CommandError for a file that cannot be read. */
export function serverSettings({ args, environment }: CommandContext): ServerSettings {
  const choose = (flag: string, variable: string | undefined): string | undefined =>
    args.text(flag) ?? variable;
  const addr = choose('addr', environment.addr) ?? addrDefault;
  const headers: Record<string, string> = {};
  const orgId = choose('org-id', environment.orgId);
  if (orgId !== undefined) headers['x-scope-orgid'] = orgId;
  const tags = choose('query-tags', environment.queryTags);
  if (tags !== undefined) headers['x-query-tags'] = tags;
  const url = baseUrl(addr);
  const username = choose('username', environment.username) ?? decodeURIComponent(url.username);
  const password = choose('password', environment.password) ?? decodeURIComponent(url.password);
  const tokenFile = choose('bearer-token-file', environment.bearerTokenFile);
  const token =
    choose('bearer-token', environment.bearerToken) ??
    (tokenFile === undefined ? undefined : read(tokenFile).toString('utf8').trim());
  // What is said on the command line wins over the environment, whichever of the two it is.
  const basicAsked = args.text('username') !== undefined;
  if (token !== undefined && !basicAsked) headers.authorization = `Bearer ${token}`;
  else if (username !== '')
    headers.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  for (const text of args.list('header')) {
    const parts = /^([\w-]+):\s*(.*)$/.exec(text);
    if (parts === null)
      throw new UsageError(`flag --header: expected a name, a colon and a value, got "${text}"`);
    headers[(parts[1] ?? '').toLowerCase()] = parts[2] ?? '';
  }
  const file = (name: string | undefined): Buffer | undefined =>
    name === undefined ? undefined : read(name);
  return {
    url: stripped(url),
    headers,
    tls: {
      ca: file(choose('ca-cert', environment.caCert)),
      cert: file(choose('cert', environment.cert)),
      key: file(choose('key', environment.key)),
      rejectUnauthorized: !(args.on('tls-skip-verify') || environment.tlsSkipVerify),
    },
    timeoutMs: Number(parseDuration('timeout', args.text('timeout') ?? timeoutDefault) / 1_000_000n),
    retries: wholeNumber('retries', args.text('retries'), defaultRetries, retriesMax),
  };
}

/** A whole number from 0 to `max`. Throws UsageError. */
export function wholeNumber(flag: string, text: string | undefined, fallback: number, max: number): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max))
    throw new UsageError(`flag --${flag}: expected a whole number from 0 to ${max}, got "${text}"`);
  return value;
}

/** The URL of a server; a scheme may be left out. Throws UsageError. */
export function baseUrl(addr: string): URL {
  try {
    const url = new URL(addr.includes('://') ? addr : `http://${addr}`);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  } catch {
    // Said below.
  }
  throw new UsageError(`expected the URL of a server such as ${addrDefault}, got "${addr}"`);
}

function stripped(url: URL): URL {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  plain.pathname = plain.pathname.replace(/\/+$/, '');
  return plain;
}

function read(name: string): Buffer {
  try {
    return readFileSync(name);
  } catch (error) {
    throw new CommandError(`${name}: ${(error as Error).message}`, { cause: error });
  }
}
