// Files as a source.
import { resolve } from 'node:path';
import { type CollectorKind, type Detection, decided, isOff } from '../collector-kind.ts';
import type { FilesSettings } from '../settings.ts';

export const filesKind: CollectorKind<FilesSettings> = {
  detect: async (settings) => detect(settings),
  create: async (settings, host) => {
    const { FilesCollector } = await import('./files-collector.ts');
    return new FilesCollector(settings, host);
  },
  ownLabel: { name: 'filename' },
};

function detect({ targets }: FilesSettings): Detection {
  const globs = targets.flatMap(({ include }) => include);
  if (globs.length === 0) return isOff('files', ', no files are configured');
  return decided('files', true, '', globs.map(inFull).join(', '));
}

/** One that begins with a brace has several beginnings. */
const inFull = (glob: string): string => (glob.startsWith('{') ? glob : resolve(glob));
