// Shippers of distributions that push by HTTP: rsyslog through a program of ten lines, syslog-ng by itself.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hashPassword } from '../../src/http/auth/password-hash.ts';
import { components, describeWith, findProgram, runProgram } from '../real/require-component.ts';
import { Rsyslog } from '../real/rsyslog.ts';
import { SyslogNg } from '../real/syslog-ng.ts';
import { type Server, startServer } from '../server.ts';

const user = 'shipper';
const password = 'pass-word';
const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

let server: Server;
beforeAll(async () => {
  server = await startServer({
    environment: { SKALD_AUTH_USER: user, SKALD_AUTH_PASSWORD_HASH: hashPassword(password) },
  });
});
afterAll(() => server.remove());

const log = (socket: string, tag: string, level: string, line: string): void => {
  runProgram(findProgram('logger') ?? '', ['-u', socket, '-t', tag, '-p', `local1.${level}`, line]);
};

interface Stored {
  readonly stream: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
}

/** Streams of a selector, oldest line first, once as many lines are there. */
async function stored(selector: string, lines: number): Promise<readonly Stored[]> {
  let found: readonly Stored[] = [];
  await expect
    .poll(async () => {
      const query = new URLSearchParams({ query: selector, direction: 'forward' });
      const response = await fetch(`${server.baseUrl}/loki/api/v1/query_range?${query}`, {
        headers: { authorization },
      });
      const { data } = (await response.json()) as {
        data: { result: { stream: Record<string, string>; values: [string, string][] }[] };
      };
      found = data.result.map(({ stream, values }) => ({ stream, lines: values.map(([, line]) => line) }));
      return found.flatMap((one) => one.lines).length;
    })
    .toBe(lines);
  return found;
}

/** A program for rsyslog's omprog: posts each line that is a push, says OK when it is stored. */
const pusher = (url: string): string => `#!${process.execPath}
const lines = require('node:readline').createInterface({ input: process.stdin });
console.log('OK');
(async () => {
  for await (const body of lines) {
    const response = await fetch(${JSON.stringify(url)}, {
      method: 'POST', body,
      headers: { 'content-type': 'application/json', authorization: ${JSON.stringify(authorization)} },
    }).catch(() => ({ status: 0 }));
    console.log(response.status === 204 ? 'OK' : 'status ' + response.status);
  }
})();
`;

describeWith([components.rsyslog, components.logger], 'rsyslog by omprog', () => {
  const rsyslog = new Rsyslog();
  const folder = mkdtempSync(join(tmpdir(), 'skald-'));
  afterAll(async () => {
    await rsyslog.remove();
    rmSync(folder, { recursive: true });
  });

  it('pushes each line once, with its level', async () => {
    const program = join(folder, 'push.cjs');
    writeFileSync(program, pusher(`${server.baseUrl}/loki/api/v1/push`), { mode: 0o755 });
    await rsyslog.start([
      'module(load="omprog")',
      'template(name="push" type="list" option.jsonf="off") {',
      '  constant(value="{\\"streams\\":[{\\"stream\\":{\\"job\\":\\"rsyslog\\",\\"program\\":\\"")',
      '  property(name="programname" format="json")',
      '  constant(value="\\",\\"level\\":\\"")',
      '  property(name="syslogseverity-text" format="json")',
      '  constant(value="\\"},\\"values\\":[[\\"")',
      '  property(name="timegenerated" dateFormat="unixtimestamp")',
      '  property(name="timegenerated" dateFormat="subseconds")',
      '  constant(value="000\\",\\"")',
      '  property(name="msg" format="json" position.from="2")',
      '  constant(value="\\"]]}]}\\n") }',
      `action(type="omprog" binary="${program}" template="push" confirmMessages="on" confirmTimeout="60000")`,
    ]);
    log(rsyslog.socket, 'demo', 'err', 'first "quoted" é');
    log(rsyslog.socket, 'demo', 'err', 'second');
    log(rsyslog.socket, 'demo', 'info', 'third');
    const streams = await stored('{job="rsyslog"}', 3);
    expect(new Map(streams.map(({ stream, lines }) => [stream.level, lines]))).toEqual(
      new Map([
        ['err', ['first "quoted" é', 'second']],
        ['info', ['third']],
      ]),
    );
    expect(streams[0]?.stream).toMatchObject({ program: 'demo', service_name: 'rsyslog' });
  });
});

describeWith([components.syslogNg, components.logger], 'syslog-ng by http()', () => {
  const syslogNg = new SyslogNg();
  afterAll(() => syslogNg.remove());

  it('pushes batches whose streams have the same labels', async () => {
    const stream = '{"job":"syslog-ng","program":"$PROGRAM","level":"$LEVEL"}';
    const body = `{"stream":${stream},"values":[["\${C_UNIXTIME}\${C_USEC}000","$MSG"]]}`;
    await syslogNg.start(`http(
      url("${server.baseUrl}/loki/api/v1/push") method("POST") headers("Content-Type: application/json")
      user("${user}") password("${password}")
      body-prefix('{"streams":[') delimiter(",") body-suffix(']}')
      batch-lines(3) batch-timeout(500) body('${body}'));`);
    for (const line of ['one', 'two', 'three', 'four']) log(syslogNg.socket, 'demo', 'warning', line);
    const streams = await stored('{job="syslog-ng"}', 4);
    expect(streams).toMatchObject([
      {
        stream: { program: 'demo', level: 'warning', detected_level: 'warn' },
        lines: ['one', 'two', 'three', 'four'],
      },
    ]);
  });
});
