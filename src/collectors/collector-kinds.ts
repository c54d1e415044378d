// The collectors by name. One is added by its settings (settings.ts, and their section in src/config), a folder with its
// kind, and its line here.
import type { Collector } from './collector.ts';
import type { CollectorKind, Detection } from './collector-kind.ts';
import { dockerKind } from './docker/docker-kind.ts';
import { filesKind } from './files/files-kind.ts';
import { HealthTally } from './health.ts';
import { journalKind } from './journal/journal-kind.ts';
import type { CollectorsSettings } from './settings.ts';
import { syslogKind } from './syslog/syslog-kind.ts';

export type CollectorName = Exclude<keyof CollectorsSettings, 'host'>;

export const collectorKinds: { readonly [Name in CollectorName]: CollectorKind<CollectorsSettings[Name]> } = {
  docker: dockerKind,
  journal: journalKind,
  files: filesKind,
  syslog: syslogKind,
};
export const collectorNames = Object.keys(collectorKinds) as [CollectorName, ...CollectorName[]];

export interface NamedDetection extends Detection {
  readonly name: CollectorName;
}

/** Looks at each source: one clear sentence, for the start line and for people who wonder. Never rejects. */
export async function detectSources(
  settings: CollectorsSettings,
  searchPath: string,
): Promise<NamedDetection[]> {
  const detect = async <Name extends CollectorName>(name: Name): Promise<NamedDetection> => ({
    name,
    ...(await collectorKinds[name].detect(settings[name], searchPath)),
  });
  const found: NamedDetection[] = [];
  for (const name of collectorNames) found.push(await detect(name));
  return found;
}

/** The collectors of these names. One whose settings cannot be used stands in as failed, and says why. */
export function makeCollectors(
  settings: CollectorsSettings,
  host: string,
  names: readonly CollectorName[],
): Promise<Collector[]> {
  const make = <Name extends CollectorName>(name: Name): Promise<Collector> =>
    collectorKinds[name]
      .create(settings[name], host)
      .catch((error: Error) => failedCollector(name, error.message));
  return Promise.all(names.map((name) => make(name)));
}

function failedCollector(name: string, reason: string): Collector {
  const tally = new HealthTally(name);
  tally.errorsTotal = 1;
  tally.failed(`The settings cannot be used: ${reason}`);
  return { name, run: async () => {}, health: () => tally.snapshot() };
}
