// Whatever others have put into labels, lines and names, no command lets it act on a terminal.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commandNames } from '../../src/commands/cli/registry.ts';
import { runCommand } from '../../src/commands/cli/run-command.ts';
import { push } from '../gateway/client.ts';
import { jsonBody, jsonHeaders, nowNs } from '../push-body.ts';
import { type Server, startServer } from '../server.ts';

/** A title, a cleared screen, a question that the terminal answers as if typed; one of the codes in one character. */
const hostile = '\u001b]0;title\u0007 \u001b[2J \u001b[6n \u009b2J \u007f \r';
const selector = '{app="hostile"}';

let server: Server;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skald-'));
  server = await startServer();
  const json = JSON.stringify({ [`k ${hostile}`]: hostile, n: 1 });
  const entries = [`n=1 ${hostile}`, json].map((line) => ({
    timestampNs: nowNs(),
    line,
    structuredMetadata: { trace: hostile },
  }));
  const pushed = await push(server.baseUrl, jsonBody({ app: 'hostile', v: hostile }, entries), jsonHeaders);
  expect(pushed.status).toBe(204);
  writeFileSync(join(folder, 'app.log'), `n=1 ${hostile}\n`);
  writeFileSync(join(folder, 'promtail.yaml'), JSON.stringify({ scrape_configs: [{ [hostile]: hostile }] }));
});
afterAll(async () => {
  await server?.remove();
  rmSync(folder, { recursive: true });
});

class Terminal extends Writable {
  readonly isTTY = true;
  readonly columns = 80;
  readonly #end: AbortController;
  text = '';

  constructor(end: AbortController) {
    super();
    this.#end = end;
  }

  override _write(chunk: Buffer, _: unknown, done: () => void): void {
    this.text += chunk.toString();
    // For those that end when they are told to.
    if (this.text.includes('n=1')) this.#end.abort();
    done();
  }
}

async function onTerminal(given: readonly string[], input = ''): Promise<string> {
  const end = new AbortController();
  const out = new Terminal(end);
  const notes = new Terminal(end);
  const env = {
    SKALD_ADDR: server.baseUrl,
    SKALD_DATA_DIR: server.dataDir,
    SKALD_COLLECTORS: 'files',
    SKALD_FILES_PATHS: join(folder, 'app.log'),
  };
  const stdin = Readable.from([Buffer.from(input)]);
  await runCommand(given, { env, stdin, stdout: out, stderr: notes, signal: end.signal });
  return out.text + notes.text;
}

/** What may be there: text, tabs, ends of lines, colours, and the drawing of a progress bar over itself. */
const acting = (text: string): RegExpMatchArray | null =>
  text.replaceAll(/\u001b\[[\d;]*m|\r\u001b\[K/g, '').match(/[^\P{Cc}\t\n]/u);

const metric = `sum by (v) (count_over_time(${selector}[1h]))`;
const commands: Readonly<Record<string, readonly (readonly string[])[]>> = {
  query: [
    [selector],
    [`${selector} | json`],
    [selector, '-o', 'raw'],
    [selector, '-o', 'jsonl'],
    [metric],
    [`{app="${hostile}"`],
  ],
  'instant-query': [[metric], [`{"${hostile}`]],
  tail: [[selector]],
  labels: [[], ['v']],
  series: [[selector]],
  stats: [[selector]],
  volume: [[selector]],
  volume_range: [[selector]],
  'detected-fields': [[selector]],
  rules: [
    ['list'],
    ['check', `/no such file ${hostile}`],
    ['test', `/no such file ${hostile}`],
    ['backfill', `/no such file ${hostile}`],
    [hostile],
  ],
  backup: [[`/no such folder ${hostile}/copy.db`]],
  verify: [[`/no such file ${hostile}`]],
  export: [[selector], [selector, '--format', 'push']],
  import: [[`/no such file ${hostile}`]],
  'check-config': [
    ['--data_dir', `/no such folder ${hostile}/data`],
    ['--config.file', `/no such file ${hostile}`],
  ],
  'import-config': [['promtail.yaml'].map((name) => join('FOLDER', name)), [`/no such file ${hostile}`]],
  collect: [['--limit', '1']],
  doctor: [[]],
  'hash-password': [[hostile]],
  schema: [[], [hostile]],
  completion: [['bash'], [hostile]],
};

it.each(commandNames)('skald %s', async (name) => {
  for (const words of commands[name] ?? expect.fail('a command that is not tried')) {
    const given = [name, ...words.map((word) => word.replace('FOLDER', folder))];
    const text = await onTerminal(given, `${hostile}\n`);
    expect(acting(text), JSON.stringify(text)).toBeNull();
    expect(text, `${words} printed nothing`).not.toBe('');
  }
});

it('an unknown command, an unknown flag', async () => {
  for (const given of [[hostile], ['query', `--${hostile}`]])
    expect(acting(await onTerminal(given))).toBeNull();
});

it('sees it where it is not made visible', async () => {
  expect(acting(hostile)).not.toBeNull();
  expect(await onTerminal(['query', selector])).toContain('\\x1b[2J');
});
