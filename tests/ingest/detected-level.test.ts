// detected_level: the contract's table, and every line of the recorded data set whose level the reference told.
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { levelOfSeverityNumber } from '../../src/formats/level-words.ts';
import { levelOfLine } from '../../src/ingest/entries/detected-level.ts';
import { levelName } from '../../src/model/entry.ts';
import { harness } from './push-harness.ts';

/** The line in the middle of other bytes, so that reading past its ends shows. */
function level(line: string): string {
  const before = Buffer.from('x');
  const bytes = Buffer.concat([before, Buffer.from(line), Buffer.from('rror" level=fatal')]);
  return levelName(levelOfLine(bytes, before.length, before.length + Buffer.byteLength(line)));
}

describe('level of a line', () => {
  it.each([
    ['[ERROR] boom', 'error'],
    ['misc:error foo', 'unknown'],
    ['error: boom', 'error'],
    ['Errors were found', 'unknown'],
    ['INFO start then error', 'info'],
    ['severity=critical x=1', 'critical'],
    ['lvl=dbg x=1', 'debug'],
    ['log.level=trc', 'trace'],
    ['panic: fatal error', 'fatal'],
    ['TRACE|x', 'trace'],
    ['warn!', 'warn'],
    ['(warn)', 'warn'],
    ['WARN', 'warn'],
    ['{"log":{"level":"warn"},"msg":"x"}', 'warn'],
    ['{"level":"banana"}', 'unknown'],
    ['{"level":30,"msg":"pino"}', 'unknown'],
    ['{"Level":"ERR","level":"debug"}', 'error'],
    ['{"msg":"has level=debug"}', 'debug'],
    ['level=foo msg="an error"', 'error'],
    ['level=banana x=1', 'unknown'],
    ['a=b err happened', 'error'],
    ['-warn-', 'unknown'],
    ['notice: x', 'unknown'],
    ['level=notice', 'unknown'],
    ['plain text', 'unknown'],
    ['', 'unknown'],
    ['   ', 'unknown'],
    ['e', 'unknown'],
    ['er', 'unknown'],
    ['err', 'error'],
    ['warning', 'warn'],
    ['a warn', 'warn'],
    ['a\twarn', 'warn'],
    ['x=1 msg="info" level=error', 'error'],
    ['severity=debug level=error', 'error'],
    ['info before a=b level=warn', 'warn'],
    ['info before a=b', 'info'],
    ['{"a":{"level":"info"},"level":"error"}', 'info'],
    ['{"a":{"b":{"level":"info"}},"level":"error"}', 'error'],
    ['{"a":["level","info"],"level":"error"}', 'error'],
    ['{"a":"\\"level\\":\\"info\\"","level":"error"}', 'error'],
  ])('%j is %s', (line, expected) => {
    expect(level(line)).toBe(expected);
  });

  it.each([
    ['0', 'unknown'],
    ['1', 'trace'],
    ['4', 'trace'],
    ['5', 'debug'],
    ['9', 'info'],
    ['13', 'warn'],
    ['17', 'error'],
    ['24', 'fatal'],
    ['25', 'unknown'],
    ['x', 'info'],
  ])('severity number %s is %s', (text, expected) => {
    expect(levelName(levelOfSeverityNumber(text))).toBe(expected);
  });
});

interface Stream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [string, string])[];
}

it('agrees with the reference on the recorded data set', () => {
  const root = new URL('../conformance/', import.meta.url);
  const gateway = harness();
  for (const file of readdirSync(new URL('dataset/', root)).filter((name) => name.endsWith('.gz'))) {
    const bytes = gunzipSync(readFileSync(new URL(`dataset/${file}`, root)));
    expect(gateway.push({ bytes }).status).toBe(204);
  }
  const known = new Map(
    gateway.stored.map(({ timestampNs, line, labels, metadata }) => [
      `${timestampNs} ${line} ${labels.find(([name]) => name === 'job')?.[1]}`,
      metadata.detected_level,
    ]),
  );
  let compared = 0;
  const wrong: string[] = [];
  for (const file of readdirSync(new URL('cases/', root)).filter((name) => name !== 'push.json')) {
    const { cases } = JSON.parse(readFileSync(new URL(`cases/${file}`, root), 'utf8')) as {
      cases: { req?: { params?: { query?: string } }; want?: { result?: unknown } }[];
    };
    for (const { req, want } of cases) {
      // Stages may change the label or the line; a query without any shows what was stored.
      if (req?.params?.query?.includes('|') !== false || !Array.isArray(want?.result)) continue;
      for (const result of want.result as (Stream | null)[]) {
        const { stream, values } = result ?? {};
        if (stream?.detected_level === undefined || values === undefined) continue;
        for (const [time, line] of values) {
          const ours = known.get(`${time} ${line} ${stream.job}`);
          if (ours === undefined) continue;
          compared++;
          if (ours !== stream.detected_level) wrong.push(`${line}: ${ours}, not ${stream.detected_level}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(500);
});
