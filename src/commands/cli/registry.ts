// Every command, in the order of the help; each is loaded when it is asked for.
import type { Command } from './command.ts';

const loaders: Readonly<Record<string, () => Promise<Command>>> = {
  query: async () => (await import('../client/query.ts')).queryCommand,
  'instant-query': async () => (await import('../client/instant-query.ts')).instantQueryCommand,
  tail: async () => (await import('../client/tail.ts')).tailCommand,
  labels: async () => (await import('../client/labels.ts')).labelsCommand,
  series: async () => (await import('../client/series.ts')).seriesCommand,
  stats: async () => (await import('../client/stats.ts')).statsCommand,
  volume: async () => (await import('../client/volume.ts')).volumeCommand,
  volume_range: async () => (await import('../client/volume.ts')).volumeRangeCommand,
  'detected-fields': async () => (await import('../client/detected-fields.ts')).detectedFieldsCommand,
  rules: async () => (await import('../rules/rules.ts')).rulesCommand,
  backup: async () => (await import('../store/backup.ts')).backupCommand,
  verify: async () => (await import('../store/verify.ts')).verifyCommand,
  export: async () => (await import('../store/export.ts')).exportCommand,
  import: async () => (await import('../store/import.ts')).importCommand,
  'check-config': async () => (await import('../setup/check-config.ts')).checkConfigCommand,
  'import-config': async () => (await import('../promtail/import-config.ts')).importConfigCommand,
  schema: async () => (await import('../setup/schema.ts')).schemaCommand,
  collect: async () => (await import('../setup/collect.ts')).collectCommand,
  doctor: async () => (await import('../doctor/doctor.ts')).doctorCommand,
  'hash-password': async () => (await import('../setup/hash-password.ts')).hashPasswordCommand,
  completion: async () => (await import('./completion.ts')).completionCommand(loadCommands),
};

export const commandNames: readonly string[] = Object.keys(loaders);

/** Undefined: there is no command of this name. */
export const loadCommand = async (name: string): Promise<Command | undefined> =>
  Object.hasOwn(loaders, name) ? loaders[name]?.() : undefined;

/** All of them. */
export const loadCommands = (): Promise<readonly Command[]> =>
  Promise.all(Object.values(loaders).map((load) => load()));
