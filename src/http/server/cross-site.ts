// Pages open in a browser that reaches the gateway. A page of any site may send requests here and open WebSockets; a
// gateway on 127.0.0.1 asks nobody who they are, and for one that does the browser adds the password it has kept. So
// this rule looks at every request and every upgrade before anything else does:
//
// - `Origin` names the page. It must be the host that is asked, or one of the configuration's. Browsers send it with
//   every WebSocket handshake, every method but GET and HEAD, and every GET whose answer a script of another site wants
//   to read. What is left are links, images and the like: they read nothing, and no GET of the route table does
//   anything. Those are refused too where the browser says who asks (`Sec-Fetch-Site`, over TLS and on loopback).
// - Requests that a browser does not send, of collectors and of Grafana, pass. Grafana asks from its server and takes
//   the `Origin` of its own pages off what it passes on, since 5.3.4 and thus in every version that can read Loki.
// - A page whose own name was pointed at this address (DNS rebinding) is its own origin, but asks for a host nobody
//   here has heard of. Over TLS the certificate stops it, with credentials the question for them. For the rest, what
//   arrives on loopback must ask for an address, for localhost, or for a name of the configuration.
import { isIP } from 'node:net';
import { quoteGo } from '../../go/quote.ts';
import { HttpError } from './http-error.ts';
import type { RequestHead } from './request-head.ts';

export interface CrossSiteSettings {
  /** `https://grafana.example.org`, with a port where it is not the scheme's own. */
  readonly allowedOrigins: readonly string[];
  /** Names without ports. Not empty: nobody may ask for others, wherever the connection arrives. */
  readonly allowedHosts: readonly string[];
  /** Undefined: plain HTTP. */
  readonly tls: object | undefined;
  readonly auth: { readonly credentials: readonly unknown[] };
}

/** Throws HttpError 403 for what a page of another site had a browser send. */
export type RefuseCrossSite = (request: RequestHead) => void;

export function crossSiteRule(settings: CrossSiteSettings): RefuseCrossSite {
  const { auth } = settings;
  const origins = new Set(settings.allowedOrigins.map((origin) => originKey(parseOrigin(origin))));
  const hosts = new Set(settings.allowedHosts.map((name) => name.toLowerCase()));
  const isTls = settings.tls !== undefined;
  const isOpenToAll = auth.credentials.length === 0 && !isTls;

  return (request) => {
    if (!couldBeBrowsers(request)) return;
    const { origin, host } = request.headers;
    const asked = parseHost(host);
    if (isOpenToAll && (hosts.size > 0 || arrivedOnLoopback(request)) && asked !== undefined)
      if (!isOwnName(asked.name) && !hosts.has(asked.name))
        throw new HttpError(
          403,
          `the host ${shown(asked.name)} is not known to be this gateway: ` +
            'ask for its address or localhost, or put the name into http.allowed_hosts',
        );
    if (origin === undefined) {
      if (isFromOtherSite(request) && !isLink(request))
        throw new HttpError(403, 'requests from pages of other sites are refused');
      return;
    }
    const page = parseOrigin(origin);
    if (page !== undefined && origins.has(originKey(page))) return;
    if (page === undefined || !isOrigin(page, asked, isTls) || isFromOtherSite(request))
      throw new HttpError(
        403,
        `requests from pages of other sites are refused: the origin ${shown(origin)} is ` +
          `neither the host asked (${shown(host ?? '')}) nor in http.allowed_origins`,
      );
  };
}

/** Scripts can neither leave these headers out nor set them, nor send `Upgrade` but by a WebSocket. */
function couldBeBrowsers({ method, headers }: RequestHead): boolean {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return true;
  return (method === 'GET' || method === 'HEAD') && headers.upgrade === undefined;
}

/** Another port of the same host is another site, too; `none` is what somebody typed. */
const isFromOtherSite = ({ headers }: RequestHead): boolean =>
  !['same-origin', 'none', undefined].includes(headers['sec-fetch-site'] as string | undefined);

/** A link to here may be followed, but not inside a frame of another page. */
const isLink = ({ method, headers }: RequestHead): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  headers['sec-fetch-mode'] === 'navigate' &&
  ['document', undefined].includes(headers['sec-fetch-dest'] as string | undefined);

interface Origin {
  readonly scheme: string;
  readonly name: string;
  readonly port: number | undefined;
}

const schemePorts: Readonly<Record<string, number>> = { http: 80, https: 443 };
const hostPattern = String.raw`(\[[\da-f:.]+\]|[^\s/:?#@,[\]]+)(?::(\d{1,5})?)?`;
const originPattern = new RegExp(String.raw`^([a-z][a-z\d+.-]*)://${hostPattern}$`);
const authorityPattern = new RegExp(`^${hostPattern}$`);

/** Undefined for `null`, the origin of frames in a sandbox and of files, and for what is no origin. */
export function parseOrigin(text: string): Origin | undefined {
  const [, scheme, name, port] = originPattern.exec(text.toLowerCase()) ?? [];
  if (scheme === undefined || name === undefined) return undefined;
  return { scheme, name, port: port === undefined ? schemePorts[scheme] : Number(port) };
}

const originKey = (origin: Origin | undefined): string =>
  origin === undefined ? '' : `${origin.scheme}://${origin.name}:${origin.port ?? ''}`;

interface Host {
  readonly name: string;
  readonly port: number | undefined;
}

/** Undefined for none: no browser leaves it out. */
function parseHost(text: string | undefined): Host | undefined {
  const [, name, port] = authorityPattern.exec((text ?? '').toLowerCase()) ?? [];
  if (name !== undefined) return { name, port: port === undefined ? undefined : Number(port) };
  return text === undefined || text === '' ? undefined : { name: text, port: undefined };
}

/**
 * Host and port decide. The scheme does not: a proxy that ends TLS speaks plain HTTP to us. So a host without a port
 * may have been asked on either scheme's own one, unless TLS ends here.
 */
function isOrigin(page: Origin, asked: Host | undefined, isTls: boolean): boolean {
  if (page.name !== asked?.name || page.port === undefined) return false;
  const ports = asked.port !== undefined ? [asked.port] : isTls ? [443] : [80, 443];
  return ports.includes(page.port);
}

/** Names that no site but this machine's can have. */
const isOwnName = (name: string): boolean =>
  isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || /^(.+\.)?localhost\.?$/.test(name);

const arrivedOnLoopback = ({ socket }: RequestHead): boolean =>
  /^(::ffff:)?127\.|^::1$/.test(socket.localAddress ?? '');

const shownCharactersMax = 200;
const shown = (text: string): string => quoteGo(text.slice(0, shownCharactersMax));
