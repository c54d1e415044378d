// The built-in page at / and its files, compiled from src/page to dist/page.
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { type Answer, answering, type Call, type Route } from '../server/api.ts';
import { HttpError } from '../server/http-error.ts';

const indexName = 'index.html';
/** Relative to this module, in src/ as in dist/; only dist/ has scripts that browsers run. */
const folder = new URL('../../page/', import.meta.url.replace(/\/src\/http\//, '/dist/http/'));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * Nothing but this server's own files runs or loads; scripts may not make HTML from text; no other site frames the
 * page.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const headers = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

export function pageRoutes(): readonly Route[] {
  let files: ReadonlyMap<string, Answer> | undefined;
  // Looked up among the names that are there, so that no name leads out of the folder.
  const file = (name: string): Answer => {
    files ??= readFiles();
    const answer = files.get(name);
    if (answer === undefined) throw new HttpError(404, '404 page not found\n');
    return answer;
  };
  return [
    { path: '/', methods: { GET: 'any' }, tenant: false, handle: answering(() => file(indexName)) },
    {
      path: '/page/{file}',
      methods: { GET: 'any' },
      tenant: false,
      handle: answering(({ path }: Call) => file(path.file ?? '')),
    },
  ];
}

function readFiles(): ReadonlyMap<string, Answer> {
  const files = new Map<string, Answer>();
  for (const name of readdirSync(folder)) {
    const contentType = types[extname(name)];
    if (contentType !== undefined)
      files.set(name, { contentType, headers, body: readFileSync(new URL(name, folder)) });
  }
  return files;
}
