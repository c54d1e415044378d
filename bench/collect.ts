// Collectors end to end into the built gateway: files of several kinds and a journal, each written beforehand, read as
// fast as it goes until all is stored. Usage: tsx bench/collect.ts [megabytes of each file] [part of a source's name].
// The journal is made by systemd-journal-remote and left out where there is none.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../tests/real/require-component.ts';
import { type CollectedSource, measureCollecting } from './collected.ts';

const megabytes = Number(process.argv[2] ?? 200);
const wanted = process.argv[3] ?? '';
const journalEntries = 100_000;

const folder = mkdtempSync(join(tmpdir(), 'skald-collect-'));

/** Files by kind: how a line looks, and how the source is configured beside its path. */
const files: Readonly<Record<string, { readonly line: (i: number) => string; readonly target: string }>> = {
  'file, plain lines': {
    line: (i) =>
      `2026-11-24 12:${two(i / 60e3)}:${two(i / 1e3)},${String(i % 1000).padStart(3, '0')} INFO [http-${i % 16}] ` +
      `org.example.shop.OrderController - order ${i} accepted after ${i % 97} ms`,
    target: '',
  },
  'file, CRI': {
    line: (i) =>
      `2026-11-24T12:${two(i / 60e6)}:${two(i / 1e6)}.${String(i % 1e6).padStart(6, '0')}000Z stdout F ` +
      `order ${i} accepted after ${i % 97} ms for customer ${i % 1013}`,
    target: '      format: cri\n',
  },
  'file, pino': { line: pinoLine, target: '' },
  'file, pino with stages': {
    line: pinoLine,
    target:
      '      stages:\n' +
      '        - json: { expressions: { path: path, ms: ms } }\n' +
      '        - structured_metadata: { path: path }\n' +
      "        - drop: { source: ms, expression: '^96$' }\n",
  },
  'file, pino with a redaction': {
    line: pinoLine,
    target: "      stages:\n        - replace: { expression: 'items/(\\d+)', replace: '*' }\n",
  },
};

const two = (n: number): string => String(Math.floor(n) % 60).padStart(2, '0');

function pinoLine(i: number): string {
  return `{"level":30,"time":${1_795_000_000_000 + i},"pid":1,"msg":"request completed","path":"/items/${i}","ms":${i % 97}}`;
}

function writeFileSource(name: string): CollectedSource {
  const { line, target } = files[name] as (typeof files)[string];
  const directory = mkdtempSync(join(folder, 'file-'));
  const path = join(directory, 'written.tmp');
  let entries = 0;
  let bytes = 0;
  writeFileSync(path, '');
  while (bytes < megabytes * 1e6) {
    let block = '';
    for (let i = 0; i < 10_000; i++) block += `${line(entries++)}\n`;
    appendFileSync(path, block);
    bytes += block.length;
  }
  return {
    name,
    collector: 'files',
    config: `files:\n  scan_interval: 50ms\n  targets:\n    - include: [${directory}/*.log]\n${target}`,
    lines: entries,
    bytes,
    begin: () => renameSync(path, join(directory, 'app.log')),
  };
}

function writeJournalSource(): CollectedSource | undefined {
  const program = findProgram('systemd-journal-remote');
  if (program === undefined) return undefined;
  const directory = join(folder, 'journal');
  mkdirSync(directory);
  const startUs = Date.now() * 1000 - 3_600_000_000;
  const id = '0123456789abcdef0123456789abcdef';
  let text = '';
  let bytes = 0;
  for (let i = 0; i < journalEntries; i++) {
    const message = `request ${i} completed in ${i % 97} ms`;
    text += `__REALTIME_TIMESTAMP=${startUs + i}\n__MONOTONIC_TIMESTAMP=${i + 1}\n_BOOT_ID=${id}\nPRIORITY=6\nSYSLOG_IDENTIFIER=app\nMESSAGE=${message}\n\n`;
    bytes += message.length;
  }
  const { status, stderr } = spawnSync(program, ['-o', join(directory, 'x.journal'), '-'], { input: text });
  if (status !== 0) throw new Error(stderr.toString());
  return {
    name: 'journal',
    collector: 'journal',
    config: `journal:\n  directory: ${directory}\n`,
    lines: journalEntries,
    bytes,
  };
}

try {
  for (const name of [...Object.keys(files), 'journal']) {
    if (!name.includes(wanted)) continue;
    const source = name === 'journal' ? writeJournalSource() : writeFileSource(name);
    if (source) await measureCollecting(source, folder);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
