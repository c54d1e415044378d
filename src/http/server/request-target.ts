// The target of a request in the forms that HTTP allows: what follows knows a clean path only.
import type { IncomingMessage } from 'node:http';

const absoluteForm = /^https?:\/\/([^/?#]*)([^#]*)/i;

/**
 * Brings the target into the form `/path?query`, in place. `http://host/path`, as clients send it that take us for a
 * proxy, says the host asked in the place of `Host`. Double slashes, of senders whose base URL ends in one, and dot
 * segments are taken away: a redirect would lose the body. Reads have none, and are redirected later, as by Go's routers.
 */
export function cleanTarget(request: IncomingMessage): void {
  let target = request.url ?? '/';
  const [, host, rest = ''] = absoluteForm.exec(target) ?? [];
  if (host !== undefined) {
    request.headers.host = host;
    target = rest.startsWith('/') ? rest : `/${rest}`;
  }
  request.url = isRedirected(request) ? target : cleaned(target);
}

/** Where a read is redirected to; undefined: its target is clean. */
export function redirectOf(request: IncomingMessage): string | undefined {
  const target = request.url ?? '/';
  if (!isRedirected(request)) return undefined;
  const clean = cleaned(target);
  return clean === target ? undefined : clean;
}

const isRedirected = ({ method, headers }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') && headers.upgrade === undefined;

function cleaned(target: string): string {
  const queryAt = target.indexOf('?');
  const path = queryAt === -1 ? target : target.slice(0, queryAt);
  return /\/\/|\/\.{1,2}(\/|$)/.test(path) ? cleanPath(path) + target.slice(path.length) : target;
}

function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`;
}
