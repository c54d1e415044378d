// Runs one command: finds it, reads its flags, gives it its surroundings, turns its errors into exit codes.

import { ConfigError, suggestion } from '../../config/config-error.ts';
import { readClientEnvironment } from '../../config/sources/client-environment.ts';
import type { LoadedConfig } from '../../config/sources/load-config.ts';
import { systemErrorText } from '../../config/sources/system-error-text.ts';
import { systemClock } from '../../model/time.ts';
import { StoreFileError } from '../../store/store.ts';
import { parseArguments } from './arguments.ts';
import { type Command, CommandError, exitCodes, type Flag, UsageError } from './command.ts';
import { commandHelp, commandList } from './help-text.ts';
import { createOutput, type Output, OutputClosedError } from './output.ts';
import { commandNames, loadCommand, loadCommands } from './registry.ts';

export interface CommandProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Parameters<typeof createOutput>[0];
  readonly stderr: Parameters<typeof createOutput>[0];
  readonly signal: AbortSignal;
}

/** `given`: the command's name and what follows it. Resolves with the exit code; rejects for faults of ours only. */
export async function runCommand(given: readonly string[], process: CommandProcess): Promise<number> {
  const out = createOutput(process.stdout, { buffered: true });
  const notes = createOutput(process.stderr, { buffered: false });
  try {
    const code = await run(given, process, out, notes);
    await out.end();
    return code;
  } catch (error) {
    return await failed(error, given[0] ?? '', out, notes);
  }
}

async function run(
  [name = '', ...rest]: readonly string[],
  process: CommandProcess,
  out: Output,
  notes: Output,
): Promise<number> {
  if (name === 'help') {
    const [topic] = rest;
    await out.write(
      topic === undefined ? commandList(await loadCommands()) : commandHelp(await findCommand(topic)),
    );
    return exitCodes.success;
  }
  const command = await findCommand(name);
  const configuration = command.configured === true ? await loadConfiguration() : undefined;
  const args = parseArguments(
    [...command.flags, helpFlag, ...configurationFlags(command, configuration)],
    rest,
  );
  if (args.on('help')) {
    await out.write(commandHelp(command));
    return exitCodes.success;
  }
  const { min, max } = command.words;
  if (args.words.length < min) throw new UsageError(`expected ${command.usage}`);
  if (args.words.length > max)
    throw new UsageError(
      `unexpected "${args.words[max]}"; a word with spaces or special characters needs quotes`,
    );
  const loadedConfig = async (): Promise<LoadedConfig> => {
    if (configuration === undefined) throw new Error(`${command.name} has no configuration`);
    const settings = [...configuration.settingsByName.keys()].flatMap((key) => {
      const value = args.text(key);
      return value === undefined ? [] : [[key, value] as const];
    });
    return configuration.readConfig(
      { configFile: args.text('config.file'), flags: Object.fromEntries(settings) },
      process.env,
    );
  };
  return command.run({
    args,
    environment: readClientEnvironment(process.env),
    out,
    notes,
    input: process.stdin,
    signal: process.signal,
    clock: systemClock,
    config: async () => (await loadedConfig()).config,
    loadedConfig,
    variables: process.env,
    searchPath: process.env.PATH ?? '',
  });
}

const helpFlag: Flag = { name: 'help', short: 'h', summary: 'print this, and end' };

type Configuration = Awaited<ReturnType<typeof loadConfiguration>>;

/** Most commands go without: the schema of all settings takes long to load. */
async function loadConfiguration() {
  const [{ settingsByName }, { readConfig }] = await Promise.all([
    import('../../config/sources/load-config.ts'),
    import('../../config/sources/read-config.ts'),
  ]);
  return { settingsByName, readConfig };
}

function configurationFlags(command: Command, configuration: Configuration | undefined): readonly Flag[] {
  if (configuration === undefined) return [];
  const own = new Set(command.flags.map(({ name }) => name));
  return [...configuration.settingsByName.keys(), 'config.file']
    .filter((name) => !own.has(name))
    .map((name) => ({ name, value: 'VALUE', summary: '' }));
}

async function findCommand(name: string): Promise<Command> {
  const command = await loadCommand(name);
  if (command === undefined)
    throw new UsageError(`unknown command "${name}"${suggestion(name, commandNames)}`);
  return command;
}

/** The exit code for an error, told in one line or a few. */
async function failed(error: unknown, name: string, out: Output, notes: Output): Promise<number> {
  // The reader has what it wanted.
  if (error instanceof OutputClosedError) return exitCodes.success;
  const say = async (text: string): Promise<void> => {
    await out.end().catch(() => {});
    await notes.write(text).catch(() => {});
  };
  if (error instanceof UsageError) {
    const known = commandNames.includes(name);
    await say(`skald: ${error.message}\nSee: skald help${known ? ` ${name}` : ''}\n`);
    return exitCodes.usage;
  }
  if (error instanceof ConfigError) {
    await say(error.problems.map((problem) => `skald: ${problem}\n`).join(''));
    return exitCodes.usage;
  }
  // What the system refuses (no such file, connection refused) is said in words; anything else is a fault of ours.
  const expected = error instanceof CommandError || error instanceof StoreFileError;
  if (!expected && (error as NodeJS.ErrnoException | undefined)?.code === undefined) throw error;
  await say(`skald: ${systemErrorText(error)}\n`);
  return exitCodes.failure;
}
