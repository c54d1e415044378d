// A private Docker engine for tests: start, containers, stop.

import { mkdtempSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { runProgram } from './require-component.ts';

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export type LogDriver = 'json-file' | 'local' | 'journald' | 'syslog' | 'gelf' | 'none' | 'k8s-file';

export interface RunOptions {
  readonly name?: string;
  readonly tty?: boolean;
  readonly driver?: LogDriver;
  readonly logOptions?: Record<string, string>;
  readonly labels?: Record<string, string>;
  readonly restart?: string;
  readonly autoRemove?: boolean;
}

/** Of a container that runs a shell command, without a network. */
export const containerOptions = (
  image: string,
  command: string,
  options: RunOptions,
): Docker.ContainerCreateOptions => ({
  Image: image,
  Cmd: ['sh', '-c', command],
  Tty: options.tty ?? false,
  StopTimeout: 1,
  ...(options.name && { name: options.name }),
  Labels: options.labels ?? {},
  HostConfig: {
    NetworkMode: 'none',
    LogConfig: { Type: options.driver ?? 'json-file', Config: options.logOptions ?? {} },
    AutoRemove: options.autoRemove ?? false,
    ...(options.restart && { RestartPolicy: { Name: options.restart } }),
  },
});

export class DockerEngine {
  readonly directory = mkdtempSync('/tmp/skald.');
  readonly socket = `${this.directory}/docker.sock`;
  readonly host = `unix://${this.socket}`;
  readonly api = new Docker({ socketPath: this.socket });

  /** Starts the engine, or starts it again on the same data. `options`: more of dockerd's. */
  up(...options: string[]): void {
    runProgram(script('docker-up.sh'), [this.directory, ...options]);
  }

  /** Stops the engine and its containers; the data stays. */
  stop(): void {
    this.#signal('SIGTERM');
  }

  /** As a crash: containers may live on. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  down(): void {
    runProgram(script('docker-down.sh'), [this.directory]);
  }

  /** Creates and starts a container that runs a shell command. */
  async run(command: string, options: RunOptions = {}): Promise<Docker.Container> {
    const container = await this.api.createContainer(containerOptions('skaldtest/busybox', command, options));
    await container.start();
    return container;
  }

  /** Also those that remove themselves just now: afterwards there are none. */
  async removeAll(): Promise<void> {
    for (;;) {
      const list = await this.api.listContainers({ all: true });
      if (list.length === 0) return;
      await Promise.all(
        list.map(({ Id }) =>
          this.api
            .getContainer(Id)
            .remove({ force: true })
            .catch((error: { readonly statusCode?: number }) => {
              // Gone, or about to be.
              if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
            }),
        ),
      );
    }
  }

  #signal(signal: NodeJS.Signals): void {
    const pid = readFileSync(`${this.directory}/dockerd.pid`, 'utf8').trim();
    const kill = '. "$0"; kill -s "$1" "$2"; gone "$2"';
    runProgram('sh', ['-c', kill, script('processes.sh'), signal.slice(3), pid]);
  }
}
