// A proxy between a collector and its source that can break in the ways networks do.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export class TcpProxy {
  readonly #open = new Set<Socket>();
  readonly #server = createServer((client) => this.#serve(client));
  readonly #target: { readonly path: string } | { readonly port: number; readonly host: string };
  #silent = false;
  #refuses = false;

  constructor(target: { readonly path: string } | { readonly port: number; readonly host: string }) {
    this.#target = target;
  }

  /** Listens on 127.0.0.1; gives the port. */
  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Ends every connection, and those that come. */
  refuse(): void {
    this.#refuses = true;
    this.cut();
  }

  /** Forwards nothing more, and closes nothing; takes new connections, as a host whose process hangs. */
  silence(): void {
    this.#silent = true;
    for (const socket of this.#open) socket.pause();
  }

  /** All is well for new connections; those that were silent stay so. */
  mend(): void {
    this.#silent = false;
    this.#refuses = false;
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(client: Socket): void {
    this.#keep(client);
    if (this.#refuses) client.destroy();
    if (this.#refuses || this.#silent) return;
    const upstream = connect(this.#target);
    this.#keep(upstream);
    client.pipe(upstream);
    upstream.pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => {
      if (!this.#silent) client.destroy();
    });
  }

  #keep(socket: Socket): void {
    this.#open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#open.delete(socket));
  }
}
