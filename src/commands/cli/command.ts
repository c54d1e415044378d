// What a command is: one file each, listed in registry.ts, run by run-command.ts.

import type { Config } from '../../config/config.ts';
import type { ClientEnvironment } from '../../config/sources/client-environment.ts';
import type { Environment } from '../../config/sources/expand-variables.ts';
import type { LoadedConfig } from '../../config/sources/load-config.ts';
import type { Clock } from '../../model/time.ts';
import type { Arguments } from './arguments.ts';
import type { Output } from './output.ts';

/** Exit codes of every command. */
export const exitCodes = {
  success: 0,
  failure: 1,
  usage: 2,
  /** A result, but not of everything that was given. */
  partial: 3,
} as const;

export interface Flag {
  /** Without dashes. Go's single dash is accepted as well. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** Placeholder of its value in the help; a flag without one is a switch. */
  readonly value?: string;
  /** The only values there are, for help and completion. */
  readonly choices?: readonly string[];
  /** May be given more than once. */
  readonly repeated?: boolean;
  readonly summary: string;
}

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What follows the name: `[flags] 'QUERY'`. */
  readonly usage: string;
  /** Further paragraphs of its help. */
  readonly description?: string;
  readonly flags: readonly Flag[];
  /** It takes `--config.file` and every setting as a flag, and may call `config()`. */
  readonly configured?: boolean;
  /** Number of words it takes. */
  readonly words: { readonly min: number; readonly max: number };
  /** For completion. */
  readonly wordChoices?: readonly string[];
  /** Resolves with the exit code. Throws UsageError (exit 2) or CommandError (exit 1). */
  readonly run: (context: CommandContext) => Promise<number>;
}

export interface CommandContext {
  readonly args: Arguments;
  readonly environment: ClientEnvironment;
  /** Result of the command: text for people or programs. */
  readonly out: Output;
  /** Everything else: notes, progress, errors. */
  readonly notes: Output;
  readonly input: NodeJS.ReadableStream;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** File, environment and the flags given. Throws ConfigError. */
  readonly config: () => Promise<Config>;
  /** As `config`, with what is odd about it. */
  readonly loadedConfig: () => Promise<LoadedConfig>;
  /** All variables of the environment, for files that name some. */
  readonly variables: Environment;
  /** PATH, in which programs are looked for. */
  readonly searchPath: string;
}

/** The command line is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command could not do its work; the message is for people. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}
