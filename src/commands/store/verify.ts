// `skald verify`: reads the whole store and says what is damaged.

import { humanizeBytes } from '../../go/bytes.ts';
import { storePath } from '../../sqlite/main/settings.ts';
import { type VerifyReport, verifyStore } from '../../sqlite/main/verify.ts';
import { type Command, exitCodes } from '../cli/command.ts';
import { formatTimestamp } from '../cli/entry-format.ts';
import { createProgress } from '../cli/progress.ts';

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'read the whole store, check every checksum, and say what is damaged',
  usage: '[flags] [FILE]',
  description: `
Of the store in the data directory, or of FILE, such as a backup. Works beside a running gateway. Exit code 1 when
something is damaged.`,
  flags: [{ name: 'json', summary: 'the report as JSON' }],
  configured: true,
  words: { min: 0, max: 1 },
  run: async ({ args, config, notes, out }) => {
    const path = args.words[0] ?? storePath((await config()).dataDir);
    const progress = createProgress(notes, { label: 'checking', unit: 'blocks' });
    const report = await verifyStore(path, ({ blocks, blocksTotal }) => {
      void progress.update(blocks, blocksTotal);
    });
    await progress.end();
    await out.write(args.on('json') ? `${asJson(path, report)}\n` : asText(path, report));
    return report.problemCount === 0 ? exitCodes.success : exitCodes.failure;
  },
};

function asText(path: string, report: VerifyReport): string {
  const { blocks, entries, rawBytes, commits, quarantined, problems, problemCount } = report;
  const lines = [
    `${path}: ${entries} entries in ${blocks} blocks (${humanizeBytes(rawBytes)} of lines), ` +
      `${commits} commits not in blocks yet`,
  ];
  if (quarantined > 0)
    lines.push(`${quarantined} blocks were already put aside as damaged; queries go on without them`);
  for (const { block, stream, firstNs, lastNs, entries: lost, problem } of problems) {
    const where = block === undefined ? '' : `block ${block} of stream ${stream}`;
    const time = (ns: bigint): string => formatTimestamp(ns, 'rfc3339milli', true);
    const span =
      firstNs === undefined || lastNs === undefined
        ? ''
        : ` (${lost} entries, ${time(firstNs)} to ${time(lastNs)})`;
    lines.push(`damaged: ${where}${span}${where === '' ? '' : ': '}${problem}`);
  }
  if (problemCount > problems.length) lines.push(`… and ${problemCount - problems.length} more`);
  lines.push(problemCount === 0 ? 'no damage found' : `${problemCount} problems`);
  return `${lines.join('\n')}\n`;
}

const asJson = (path: string, report: VerifyReport): string =>
  JSON.stringify({ path, ...report }, (_, value) => (typeof value === 'bigint' ? String(value) : value));
