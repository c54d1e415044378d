// The network: the gateway's own port, and Grafana.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../../config/config.ts';
import { type Clock, nsPerMs } from '../../model/time.ts';
import { CommandError } from '../cli/command.ts';
import { LokiClient, type ServerSettings } from '../client/loki-client.ts';
import { baseUrl } from '../client/server-flags.ts';
import type { Finding } from './doctor-finding.ts';

const answerTimeoutMs = 5000;
const clockApartMs = 30_000;

const askSettings = (url: URL, headers: Readonly<Record<string, string>>): ServerSettings => ({
  url,
  headers,
  // Whether it answers is the question here, not who it is.
  tls: { ca: undefined, cert: undefined, key: undefined, rejectUnauthorized: false },
  timeoutMs: answerTimeoutMs,
  retries: 0,
});

/** The port is free, or a gateway of ours answers there. */
export async function checkGateway({ http }: Config, signal: AbortSignal): Promise<Finding> {
  const { listenAddress, listenPort } = http;
  const subject = 'port';
  const where = `${listenAddress}:${listenPort}`;
  const trouble = await cannotListen(listenAddress, listenPort);
  if (trouble === undefined) return { state: 'ok', subject, text: `${where} is free` };
  if (trouble.code === 'EACCES')
    return {
      state: 'wrong',
      subject,
      text: `${where} may not be listened on by this user`,
      advice: 'choose http.listen_port above 1023',
    };
  if (trouble.code !== 'EADDRINUSE')
    return {
      state: 'wrong',
      subject,
      text: `${where} cannot be listened on: ${trouble.message}`,
      advice: 'http.listen_address must be an address of this machine',
    };
  const foreign: Finding = {
    state: 'wrong',
    subject,
    text: `${where} is used by another program`,
    advice: 'stop it, or choose another http.listen_port',
  };
  try {
    const client = new LokiClient(askSettings(gatewayUrl(http), {}), signal);
    const { status, text } = await client.send('/ready', {});
    if (status === 503)
      return {
        state: 'warning',
        subject,
        text: `a gateway on ${where} is not ready: ${text.trim()}`,
        advice: 'wait, or see its log',
      };
    if (status !== 200) return foreign;
    const build = await client.send('/loki/api/v1/status/buildinfo', {});
    // After a password it does not say who it is.
    if (build.status === 401 || build.status === 403)
      return { state: 'ok', subject, text: `a gateway with access control answers on ${where}` };
    const { application, applicationVersion } = JSON.parse(build.text) as Record<string, unknown>;
    return application === 'Skald'
      ? { state: 'ok', subject, text: `Skald ${applicationVersion} answers on ${where}` }
      : foreign;
  } catch (error) {
    if (error instanceof CommandError || error instanceof SyntaxError) return foreign;
    throw error;
  }
}

function gatewayUrl({ listenAddress, listenPort, pathPrefix, tls }: Config['http']): URL {
  const any = listenAddress === '0.0.0.0' || listenAddress === '::' || listenAddress === '';
  const host = any ? '127.0.0.1' : listenAddress.includes(':') ? `[${listenAddress}]` : listenAddress;
  return new URL(`${tls === undefined ? 'http' : 'https'}://${host}:${listenPort}${pathPrefix}`);
}

interface Collected {
  readonly name: string;
  readonly hint: string;
  readonly repaired: Readonly<Record<string, number>>;
}

/** One finding for each source of the running gateway whose entries had to be repaired to be stored. */
export async function checkRepairs({ http }: Config, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const client = new LokiClient(askSettings(gatewayUrl(http), {}), signal);
    const { status, text } = await client.send('/api/status', {});
    if (status !== 200) return [];
    const { collectors } = JSON.parse(text) as { readonly collectors: readonly Collected[] };
    return collectors
      .filter(({ repaired }) => Object.keys(repaired).length > 0)
      .map(({ name, hint }) => ({
        state: 'warning',
        subject: name,
        text: hint,
        advice: 'docs/collectors.md says what is repaired and which settings bear on it',
      }));
  } catch (error) {
    // No gateway, another program, or one that asks for a password: there is nothing to say of it here.
    if (error instanceof CommandError || error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Undefined when it can be listened on. */
async function cannotListen(address: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer();
  try {
    server.listen(port, address === '' ? undefined : address);
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  } finally {
    server.close();
  }
}

interface DataSource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly url?: string;
}

/** Whether Grafana answers, agrees about the time and, with a token, reaches its Loki data sources. */
export async function checkGrafana(
  { addr, token }: { readonly addr: string; readonly token: string | undefined },
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const subject = 'Grafana';
  const url = baseUrl(addr);
  url.pathname = url.pathname.replace(/\/+$/, '');
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const client = new LokiClient(askSettings(url, headers), signal);
  try {
    const answer = await client.send('/api/health', {});
    const health = parsedHealth(answer.text);
    if (answer.status !== 200 || health === undefined)
      return [
        {
          state: 'wrong',
          subject,
          text: `${url.href} answered ${answer.status} to /api/health`,
          advice: 'is this the URL of Grafana, with its path?',
        },
      ];
    const found: Finding[] = [
      { state: 'ok', subject, text: `${health.version ?? 'unknown version'} answers at ${url.href}` },
    ];
    const apartMs = Math.abs(Date.parse(answer.headers.date ?? '') - Number(clock.nowNs() / nsPerMs));
    if (apartMs > clockApartMs)
      found.push({
        state: 'warning',
        subject: 'clock',
        text: `Grafana's clock is ${Math.round(apartMs / 1000)} s away from this one`,
        advice: 'set both by NTP: "last 5 minutes" is reckoned by the other clock',
      });
    if (token !== undefined) found.push(...(await checkDataSources(client)));
    return found;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [
      {
        state: 'wrong',
        subject,
        text: error.message,
        advice: 'is it running, and may this machine reach it?',
      },
    ];
  }
}

function parsedHealth(text: string): { readonly version?: string } | undefined {
  try {
    const value = JSON.parse(text) as { readonly database?: unknown; readonly version?: string };
    return value.database === undefined ? undefined : value;
  } catch {
    return undefined;
  }
}

async function checkDataSources(client: LokiClient): Promise<readonly Finding[]> {
  const all = (await client.get('/api/datasources')) as readonly DataSource[];
  const ours = all.filter(({ type }) => type === 'loki');
  if (ours.length === 0)
    return [
      {
        state: 'warning',
        subject: 'Grafana',
        text: 'it has no data source of type Loki',
        advice: "add one with the gateway's URL, or mount grafana/provisioning",
      },
    ];
  const findings: Finding[] = [];
  for (const { uid, name, url } of ours) {
    const subject = `data source "${name}"`;
    const { status, text } = await client.send(`/api/datasources/uid/${encodeURIComponent(uid)}/health`, {});
    findings.push(
      status === 200
        ? { state: 'ok', subject, text: `Grafana reaches ${url ?? 'it'}` }
        : {
            state: 'wrong',
            subject,
            text: `Grafana does not reach ${url ?? 'it'}: ${text.trim().slice(0, 300)}`,
            advice: "the URL is seen from Grafana's side: inside a container, localhost is the container",
          },
    );
  }
  return findings;
}
