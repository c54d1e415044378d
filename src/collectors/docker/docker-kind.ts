// Containers of a Docker engine as a source.
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { type CollectorKind, type Detection, decided, isOff } from '../collector-kind.ts';
import type { DockerSettings } from '../settings.ts';

export const dockerKind: CollectorKind<DockerSettings> = {
  detect,
  create: async (settings, host) => {
    const { DockerCollector } = await import('./docker-collector.ts');
    return new DockerCollector(settings, host);
  },
  ownLabel: { name: 'container' },
};

async function detect({ enabled, host }: DockerSettings): Promise<Detection> {
  if (enabled === false) return isOff('docker', ' by configuration');
  const socket = host.startsWith('unix://') ? host.slice('unix://'.length) : undefined;
  let trouble = '';
  if (socket !== undefined) {
    try {
      const { isSocket } = await stat(socket).then((found) => ({ isSocket: found.isSocket() }));
      if (!isSocket) trouble = `${socket} is no socket.`;
      else await access(socket, constants.R_OK | constants.W_OK);
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      const { engineHint } = await import('./engine-hint.ts');
      trouble = engineHint({ code, message }, host);
    }
  }
  return decided('docker', enabled, trouble, `containers of the engine at ${host}`);
}
