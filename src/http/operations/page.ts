// The built-in page at / and its files, compiled from src/page to dist/page.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
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

interface PageFile {
  readonly contentType: string;
  readonly entityTag: string;
  readonly plain: Uint8Array;
  /** As the build has compressed it, better than there is time for while somebody waits. */
  readonly gzip: Uint8Array;
}

/** Open to all: they hold nothing but the program, and the form to sign in is among them. */
export function pageRoutes(): readonly Route[] {
  let files: ReadonlyMap<string, PageFile> | undefined;
  // Looked up among the names that are there, so that no name leads out of the folder.
  const answer = (name: string, { request }: Call): Answer => {
    files ??= readFiles();
    const file = files.get(name);
    if (file === undefined) throw new HttpError(404, '404 page not found\n');
    return fileAnswer(file, request.headers);
  };
  return [
    {
      path: '/',
      methods: { GET: 'open' },
      tenant: false,
      handle: answering((call: Call) => answer(indexName, call)),
    },
    {
      path: '/page/{file}',
      methods: { GET: 'open' },
      tenant: false,
      handle: answering((call: Call) => answer(call.path.file ?? '', call)),
    },
  ];
}

/** What the browser has already is not sent again. */
function fileAnswer(file: PageFile, asked: IncomingHttpHeaders): Answer {
  const { contentType, entityTag, plain, gzip } = file;
  const known = { ...headers, ETag: entityTag, Vary: 'Accept-Encoding' };
  if (asked['if-none-match']?.includes(entityTag)) return { status: 304, headers: known };
  if (!/\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(String(asked['accept-encoding'] ?? '')))
    return { contentType, headers: known, body: plain };
  return { contentType, headers: { ...known, 'Content-Encoding': 'gzip' }, body: gzip };
}

function readFiles(): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(folder)) {
    const contentType = types[extname(name)];
    if (contentType === undefined) continue;
    const plain = readFileSync(new URL(name, folder));
    const entityTag = `W/"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
    files.set(name, { contentType, entityTag, plain, gzip: readFileSync(new URL(`${name}.gz`, folder)) });
  }
  return files;
}
