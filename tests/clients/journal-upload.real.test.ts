// systemd-journal-upload: a journal goes over once, whatever its size, and from where it was left off.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hashPassword } from '../../src/http/auth/password-hash.ts';
import { JournalFile, type JournalFixture } from '../real/journal-file.ts';
import { components, describeWith, findProgram, runProgram } from '../real/require-component.ts';
import { type Server, startServer } from '../server.ts';

const user = 'box';
const password = 'secret';
const bootId = '0123456789abcdef0123456789abcdef';

describeWith(components.journalRemote, 'systemd-journal-upload', () => {
  let server: Server;
  const folder = mkdtempSync(join(tmpdir(), 'skald-'));
  const file = join(folder, 'box.journal');
  const state = join(folder, 'state');
  const firstUs = BigInt(Date.now() - 60_000) * 1000n;
  let journal: JournalFile;
  let written = 0;
  beforeAll(async () => {
    server = await startServer({
      environment: { SKALD_AUTH_USER: user, SKALD_AUTH_PASSWORD_HASH: hashPassword(password) },
    });
    journal = new JournalFile(file);
  });
  afterAll(async () => {
    await journal.close();
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  const write = (
    count: number,
    message: (i: number) => string,
    fields: JournalFixture['fields'] = {},
  ): void => {
    journal.write(
      Array.from({ length: count }, (_, i) => {
        const offsetUs = BigInt(written++);
        return {
          ...{
            message: message(i),
            realtimeUs: firstUs + offsetUs,
            monotonicUs: 1_000_000n + offsetUs,
            bootId,
          },
          fields: { _HOSTNAME: 'box', _SYSTEMD_UNIT: 'web.service', PRIORITY: '4', ...fields },
        };
      }),
    );
  };
  /** One run of the uploader, to the end of the journal. */
  const upload = (): void => {
    const url = server.baseUrl.replace('//', `//${user}:${password}@`);
    const options = [`--url=${url}`, `--file=${file}`, `--save-state=${state}`, '--follow=no'];
    runProgram(findProgram('systemd-journal-upload') ?? '', options);
  };
  const ask = async <T>(path: string, query: string): Promise<T[]> => {
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const parameters = new URLSearchParams({ query });
    const response = await fetch(`${server.baseUrl}/loki/api/v1/${path}?${parameters}`, {
      headers: { authorization },
    });
    return ((await response.json()) as { data: { result: T[] } }).data.result;
  };
  const stored = async (): Promise<number> => {
    const [sum] = await ask<{ value: [number, string] }>(
      'query',
      'sum(count_over_time({unit="web.service"}[1h]))',
    );
    return Number(sum?.value[1] ?? 0);
  };
  /** The file is written by a program of its own. */
  const isWritten = (count: number) =>
    expect
      .poll(() => runProgram('journalctl', [`--file=${file}`, '-o', 'cat', '-q']).split('\n').length - 1)
      .toBe(count);

  it('sends all of a journal larger than a piece, with its fields', async () => {
    write(4000, (i) => `request ${i} ${'x'.repeat(300)}`, { _PID: '12' });
    await isWritten(4000);
    upload();
    expect(await stored()).toBe(4000);
    const found = await ask<{ stream: Record<string, string> }>(
      'query_range',
      '{unit="web.service"} |= "request 17 "',
    );
    expect(found[0]?.stream).toMatchObject({
      ...{ host: 'box', job: 'systemd-journal', service_name: 'web', unit: 'web.service' },
      ...{ detected_level: 'warn', priority: 'warning', pid: '12' },
    });
  });

  it('goes on where it was left off, and repeats nothing when it begins again', async () => {
    write(10, (i) => `later ${i}`);
    await isWritten(4010);
    upload();
    expect(await stored()).toBe(4010);
    expect(readFileSync(state, 'utf8')).toContain('LAST_CURSOR=');
    rmSync(state);
    upload();
    expect(await stored()).toBe(4010);
  });
});
