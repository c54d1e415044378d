// Help: of one command, and the list of all.
import type { Command, Flag } from './command.ts';

/** All commands, one line each. */
export function commandList(commands: readonly Command[]): string {
  const rows = commands.map(({ name, summary }): Row => [name, summary]);
  return `Commands (skald help COMMAND says more):\n${table(rows)}`;
}

export function commandHelp(command: Command): string {
  const parts = [
    `skald ${command.name}: ${command.summary}\n`,
    `Usage: skald ${command.name} ${command.usage}\n`,
  ];
  if (command.description !== undefined) parts.push(`${command.description.trim()}\n`);
  if (command.flags.length > 0) parts.push(`Flags:\n${table(command.flags.map(flagRow))}`);
  if (command.configured === true)
    parts.push(
      'The configuration is read as the gateway reads it: --config.file FILE (also SKALD_CONFIG_FILE), SKALD_…\n' +
        'variables, and any setting as a flag, as in --data_dir DIR.\n',
    );
  return parts.join('\n');
}

type Row = readonly [left: string, right: string];

function flagRow({ name, short, value, choices, summary }: Flag): Row {
  const left = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
  return [left, choices === undefined ? summary : `${summary}: ${choices.join(', ')}`];
}

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}
