#!/usr/bin/env node
// The program: its command line says whether it is the gateway or one of the commands. Only what that needs is loaded:
// a command is often run again and again.
import { readFileSync } from 'node:fs';
import { ConfigError } from './config/config-error.ts';

const exitFailure = 1;
const exitUsage = 2;

const readJson = <T>(path: string): T =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T;
const { version } = readJson<{ version: string }>('../package.json');

async function main(): Promise<void> {
  const given = process.argv.slice(2);
  if (/^[a-z]/.test(given[0] ?? '')) return await runOneCommand(given);
  try {
    await runGateway(given);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    await complain(error.problems);
    process.exitCode = exitUsage;
  }
}

/** Problems may quote what stands in files and variables. */
async function complain(problems: readonly string[]): Promise<void> {
  const { visibleControls } = await import('./commands/cli/terminal.ts');
  for (const problem of problems) process.stderr.write(`skald: ${visibleControls(problem)}\n`);
}

const print = (text: string): void => {
  process.stdout.write(text);
};

/** The gateway, or what its flags want instead. Throws ConfigError. */
async function runGateway(given: readonly string[]): Promise<void> {
  const { helpText, parseCommandLine } = await import('./config/sources/command-line.ts');
  const commandLine = parseCommandLine(given);
  if (commandLine.command === 'help') {
    print(helpText);
    return await runOneCommand(['help']);
  }
  if (commandLine.command === 'version') return print(`skald ${version}\n`);
  if (commandLine.command === 'check-config')
    return await runOneCommand(['check-config', ...given.filter((word) => word !== 'check-config')]);
  const { readConfig } = await import('./config/sources/read-config.ts');
  const loaded = await readConfig(commandLine, process.env);
  if (commandLine.command === 'print-config') return print(loaded.config.yaml);
  const { startGateway } = await import('./gateway/start-gateway.ts');
  const built = readJson<{ revision: string; date: string }>('./build-info.json');
  startGateway(loaded, { version, ...built }).catch(async (error: unknown) => {
    const { systemErrorText } = await import('./config/sources/system-error-text.ts');
    await complain([systemErrorText(error)]);
    process.exit(exitFailure);
  });
}

/** `skald query …` and the like; the first word decides. */
async function runOneCommand(given: readonly string[]): Promise<void> {
  const { runCommand } = await import('./commands/cli/run-command.ts');
  const end = new AbortController();
  const onSignal = (): void => {
    if (end.signal.aborted) process.exit(exitFailure);
    end.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  const { env, stdin, stdout, stderr } = process;
  process.exit(await runCommand(given, { env, stdin, stdout, stderr, signal: end.signal }));
}

await main();
