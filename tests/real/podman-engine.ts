// Podman's service for tests, which speaks Docker's API.

import { mkdtempSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { containerOptions, type RunOptions } from './docker-engine.ts';
import { runProgram } from './require-component.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export class PodmanEngine {
  readonly directory = mkdtempSync('/tmp/skald.');
  readonly #socket = `${this.directory}/podman.sock`;
  readonly host = `unix://${this.#socket}`;
  readonly api = new Docker({ socketPath: this.#socket });

  up(): void {
    runProgram(script('podman-up.sh'), [this.directory]);
  }

  down(): void {
    runProgram(script('podman-down.sh'), [this.directory]);
  }

  /** Creates and starts a container that runs a shell command. */
  async run(command: string, options: RunOptions = {}): Promise<Docker.Container> {
    const create = containerOptions('localhost/skaldtest/busybox', command, {
      driver: 'k8s-file',
      ...options,
    });
    const container = await this.api.createContainer(create);
    await container.start();
    return container;
  }
}
