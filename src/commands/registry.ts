// Every command, in the order of the help; each is loaded when it is asked for.
import type { Command } from './command.ts';

const loaders: Readonly<Record<string, () => Promise<Command>>> = {
  query: async () => (await import('./query.ts')).queryCommand,
  'instant-query': async () => (await import('./instant-query.ts')).instantQueryCommand,
  tail: async () => (await import('./tail.ts')).tailCommand,
  labels: async () => (await import('./labels.ts')).labelsCommand,
  series: async () => (await import('./series.ts')).seriesCommand,
  stats: async () => (await import('./stats.ts')).statsCommand,
  volume: async () => (await import('./volume.ts')).volumeCommand,
  volume_range: async () => (await import('./volume.ts')).volumeRangeCommand,
  'detected-fields': async () => (await import('./detected-fields.ts')).detectedFieldsCommand,
  backup: async () => (await import('./backup.ts')).backupCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  import: async () => (await import('./import.ts')).importCommand,
  'import-config': async () => (await import('./import-config.ts')).importConfigCommand,
  collect: async () => (await import('./collect.ts')).collectCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  'hash-password': async () => (await import('./hash-password.ts')).hashPasswordCommand,
  completion: async () => (await import('./completion.ts')).completionCommand(loadCommands),
};

export const commandNames: readonly string[] = Object.keys(loaders);

/** Undefined: there is no command of this name. */
export const loadCommand = async (name: string): Promise<Command | undefined> =>
  Object.hasOwn(loaders, name) ? loaders[name]?.() : undefined;

/** All of them. */
export const loadCommands = (): Promise<readonly Command[]> =>
  Promise.all(Object.values(loaders).map((load) => load()));
