// One ClickHouse engine (chdb) behind the part of ClickHouse's HTTP interface that Skald uses, for tests: a server with
// listening ports is not to be had as a package. Run as `node shim.mjs <folder> [port]`; prints its port.
//
// `POST /shim` with JSON sets how it misbehaves: { "fail": {"match", "times", "code", "message"}, … }, see `faults`.

import { mkdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const { Session } = require('chdb');
const [folder, port = '0'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const session = new Session(join(folder, 'data'));

/** Parameters of the address that are no settings of a query. */
const notSettings = new Set([
  'query',
  'database',
  'query_id',
  'session_id',
  'default_format',
  'enable_http_compression',
  'compress',
  'decompress',
  'wait_end_of_query',
  'buffer_size',
  'cancel_http_readonly_queries_on_client_close',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'role',
]);

/** What was sent, for tests that read all SQL. */
let statements = [];
/** In order: the first whose text occurs in a statement acts, `times` times. */
let faults = [];

function faultOf(sql) {
  const fault = faults.find(({ match, times }) => times > 0 && sql.includes(match));
  if (fault !== undefined) fault.times--;
  return fault;
}

class ShimError extends Error {
  constructor(code, message) {
    super(`Code: ${code}. DB::Exception: ${message}. (OF_THE_TEST) (version 26.7.2.1)`);
    this.clickhouseCode = code;
  }
}

function decoded(body, encoding) {
  if (encoding === 'gzip') return gunzipSync(body);
  if (encoding === 'zstd') return unzstd(body);
  return body;
}
const unzstd = (body) => Buffer.from(require('fzstd').decompress(body));

const settingText = ([name, value]) =>
  `${name}=${/^-?\d+(\.\d+)?$/.test(value) ? value : `'${value.replace(/[\\']/g, '\\$&')}'`}`;

const escapes = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', 0: '\0' };
/** A bound value comes escaped as in TSV, and chdb escapes what it is given. */
const boundText = (value) => value.replace(/\\(.)/gs, (_, letter) => escapes[letter] ?? letter);

async function run(url, body) {
  let sql = url.searchParams.get('query') ?? '';
  if (sql === '') {
    sql = body.toString('utf8');
    body = Buffer.alloc(0);
  }
  sql = sql.trim();
  const settings = [];
  const bound = {};
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) bound[name.slice(6)] = boundText(value);
    else if (!notSettings.has(name)) settings.push([name, value]);
  }
  statements.push({ sql, bound, settings: Object.fromEntries(settings), bodyBytes: body.length });
  const [, text, format] = /^(.*?)\s+FORMAT\s+(\w+)\s*;?\s*$/is.exec(sql) ?? [undefined, sql, 'TabSeparated'];
  const clause = settings.length === 0 ? '' : ` settings ${settings.map(settingText).join(', ')}`;
  const insert = /^insert\s+into\s+([\w.`]+)\s*(\([^)]*\))?/i.exec(text);
  if (insert !== null && !/\sselect\s|\svalues\s/i.test(text)) {
    const file = join(folder, 'body');
    writeFileSync(file, body);
    const [, table, columns = ''] = insert;
    session.query(`insert into ${table} ${columns} from infile '${file}'${clause} format ${format}`, 'TSV');
    return { format, bytes: Buffer.alloc(0) };
  }
  const reads = /^(select|with)/i.test(text);
  const query = reads && !/\bsettings\b/i.test(text) ? text + clause : text;
  const result =
    Object.keys(bound).length > 0
      ? await session.queryBindAsync(query, bound, { format })
      : await session.queryAsync(query, { format });
  return { format, bytes: Buffer.from(result.bytes()) };
}

/** One statement after the other: a session of chdb has one connection. */
let chain = Promise.resolve();

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('error', () => {});
  request.on('end', () => {
    if (url.pathname === '/ping') return response.end('Ok.\n');
    const sent = Buffer.concat(chunks);
    if (url.pathname === '/shim') {
      if (request.method === 'POST') {
        const change = JSON.parse(sent.toString('utf8'));
        faults = change.faults ?? faults;
        if (change.forget) statements = [];
      }
      return response.end(JSON.stringify({ statements, faults }));
    }
    chain = chain.then(() => answer(url, decoded(sent, request.headers['content-encoding']), response));
  });
});

async function answer(url, body, response) {
  const sql = url.searchParams.get('query') ?? body.toString('utf8', 0, 4096);
  const fault = faultOf(sql);
  response.setHeader('X-ClickHouse-Query-Id', url.searchParams.get('query_id') ?? 'shim');
  try {
    if (fault?.kind === 'refuse') throw new ShimError(fault.code, fault.message);
    if (fault?.kind === 'cut before') return response.destroy();
    const { format, bytes } = await run(url, body);
    if (fault?.kind === 'cut after') return response.destroy();
    if (fault?.kind === 'fail after') throw new ShimError(fault.code, fault.message);
    response.setHeader('X-ClickHouse-Format', format);
    response.setHeader('X-ClickHouse-Summary', '{}');
    response.end(bytes);
  } catch (error) {
    const code = error.clickhouseCode ?? /Code: (\d+)/.exec(error.message)?.[1] ?? 1002;
    response.statusCode = 500;
    response.setHeader('X-ClickHouse-Exception-Code', String(code));
    response.end(String(error.message).replace(/^Query failed: /, ''));
  }
}

// A thread of a test that is busy for long finds its sockets as it left them.
server.keepAliveTimeout = 600_000;
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => {
  session.close();
  process.exit(0);
});
// Ends with the test that started it.
process.stdin.on('end', () => process.exit(0)).resume();
