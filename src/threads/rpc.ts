// Typed requests over a MessagePort or Worker. Both ends may call, notify and answer. Messages keep their order,
// so a notification sent before an answer arrives before it.

import type { MessagePort, Transferable, Worker } from 'node:worker_threads';

/** Either end of a channel: a `Worker` (main side), a `parentPort` or a `MessagePort`. */
export type RpcPort = MessagePort | Worker;

/** A result together with the memory that moves with it. */
export class WithTransfer<T> {
  readonly value: T;
  readonly transfer: readonly Transferable[];
  constructor(value: T, transfer: readonly Transferable[]) {
    this.value = value;
    this.transfer = transfer;
  }
}

export interface RpcCallContext {
  /** Fires when the caller aborts or goes away. Notifications get one that never fires. */
  readonly signal: AbortSignal;
}

type Answer<R> = R | WithTransfer<R> | Promise<R | WithTransfer<R>>;

/**
 * A service is an interface of methods with one structured-cloneable parameter:
 * `interface Calculator { add(params: { a: number; b: number }): number }`.
 */
export type RpcParams<S, K extends keyof S> = S[K] extends (params: infer P) => unknown ? P : never;
export type RpcResult<S, K extends keyof S> = S[K] extends (params: never) => infer R ? Awaited<R> : never;
export type RpcHandlers<S> = {
  readonly [K in keyof S]: (params: RpcParams<S, K>, context: RpcCallContext) => Answer<RpcResult<S, K>>;
};

export interface RpcCallOptions {
  /** Rejects the call with the signal's reason at once and tells the other end. */
  readonly signal?: AbortSignal;
  readonly transfer?: readonly Transferable[];
}

type ErrorClass = new (message: string) => Error;

export interface RpcOptions {
  /** Errors that keep their class over the wire, known by their `name`. Others arrive as RpcRemoteError. */
  readonly errors?: readonly ErrorClass[];
}

/** The other end threw an error whose class is not shared; `remoteName` tells which. */
export class RpcRemoteError extends Error {
  override readonly name = 'RpcRemoteError';
  readonly remoteName: string;
  constructor(message: string, remoteName: string) {
    super(message);
    this.remoteName = remoteName;
  }
}

/** The other end closed, exited or crashed: calls in flight and later ones reject with this. */
export class RpcClosedError extends Error {
  override readonly name = 'RpcClosedError';
}

interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}
type Message =
  | { readonly rpc: 'call'; readonly id: number; readonly method: string; readonly params: unknown }
  | { readonly rpc: 'notify'; readonly method: string; readonly params: unknown }
  | { readonly rpc: 'abort'; readonly id: number }
  | { readonly rpc: 'ping' | 'pong' | 'alive' }
  | { readonly rpc: 'result'; readonly id: number; readonly value: unknown }
  | { readonly rpc: 'error'; readonly id: number; readonly error: WireError };

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly release: () => void;
}

type AnyHandler = (params: unknown, context: RpcCallContext) => unknown;
const never = new AbortController().signal;

/**
 * One end of a channel. `Remote` is the service of the other end, `Local` the one offered here (`object` when
 * none). Listens from construction on. Close it, or the port keeps the event loop alive.
 */
export class RpcPeer<Remote extends object, Local extends object = object> {
  readonly #port: RpcPort;
  readonly #handlers: ReadonlyMap<string, AnyHandler>;
  readonly #errors: ReadonlyMap<string, ErrorClass>;
  readonly #pending = new Map<number, Pending>();
  readonly #running = new Map<number, AbortController>();
  /** Answers to pings awaited, in order. */
  readonly #pings: (() => void)[] = [];
  readonly #closed: Promise<Error>;
  #closedWith: Error | undefined;
  #suspendedWith: Error | undefined;
  #settleClosed: (reason: Error) => void = () => {};
  #nextId = 1;

  constructor(port: RpcPort, handlers: RpcHandlers<Local>, options: RpcOptions = {}) {
    this.#port = port;
    this.#handlers = new Map(Object.entries(handlers) as [string, AnyHandler][]);
    this.#errors = new Map((options.errors ?? []).map((type) => [new type('').name, type]));
    this.#closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    port.on('message', (message: Message) => this.#receive(message));
    port.on('messageerror', (error: Error) =>
      this.#end(new RpcClosedError('message lost', { cause: error })),
    );
    // A Worker tells its death by 'error' and 'exit', a MessagePort by 'close'.
    port.on('error', (error: { readonly message?: string; readonly code?: string }) =>
      // Errors of native modules lose their message on the way.
      this.#end(new RpcClosedError(`worker failed: ${error.message ?? error.code}`, { cause: error })),
    );
    port.on('exit', (code: number) => this.#end(new RpcClosedError(`worker exited with code ${code}`)));
    port.on('close', () => this.#end(new RpcClosedError('port closed')));
  }

  /** Calls in flight, for queue metrics and admission. */
  get inFlight(): number {
    return this.#pending.size;
  }

  /** Resolves with the reason once the channel is gone; never rejects. */
  get closed(): Promise<Error> {
    return this.#closed;
  }

  call<K extends keyof Remote & string>(
    method: K,
    params: RpcParams<Remote, K>,
    options: RpcCallOptions = {},
  ): Promise<RpcResult<Remote, K>> {
    const { signal, transfer } = options;
    const refused = this.#closedWith ?? this.#suspendedWith;
    if (refused) return Promise.reject(refused);
    if (signal?.aborted) return Promise.reject(signal.reason);
    const id = this.#nextId++;
    return new Promise<RpcResult<Remote, K>>((resolve, reject) => {
      const onAbort = (): void => {
        this.#pending.delete(id);
        this.#post({ rpc: 'abort', id });
        reject(signal?.reason);
      };
      this.#post({ rpc: 'call', id, method, params }, transfer);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(id, {
        resolve: resolve as (value: unknown) => void,
        reject,
        release: () => signal?.removeEventListener('abort', onAbort),
      });
    });
  }

  /** Sends without waiting for an answer; errors of the handler are the other end's uncaught errors. */
  notify<K extends keyof Remote & string>(
    method: K,
    params: RpcParams<Remote, K>,
    transfer?: readonly Transferable[],
  ): void {
    if (!this.#closedWith) this.#post({ rpc: 'notify', method, params }, transfer);
  }

  /** Calls in flight and later ones reject with the reason until `resume`; what the other end does with them is open. */
  suspend(reason: Error): void {
    this.#suspendedWith = reason;
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(reason);
  }

  resume(): void {
    this.#suspendedWith = undefined;
  }

  /**
   * Calls `answered` as soon as the other end has turned its event loop, or has said that it is alive; never when the
   * channel is gone.
   */
  ping(answered: () => void): void {
    if (this.#closedWith) return;
    this.#pings.push(answered);
    this.#post({ rpc: 'ping' });
  }

  /** In the midst of work that does not turn the event loop: answers the pings that wait behind it. */
  alive(): void {
    if (!this.#closedWith) this.#post({ rpc: 'alive' });
  }

  /** Stops listening; calls in flight reject with the reason. A MessagePort is closed, a Worker is left to its owner. */
  close(reason = new RpcClosedError('closed here')): void {
    this.#end(reason);
    if ('close' in this.#port && typeof this.#port.close === 'function') this.#port.close();
  }

  #post(message: Message, transfer: readonly Transferable[] = []): void {
    this.#port.postMessage(message, transfer as Transferable[]);
  }

  #receive(message: Message): void {
    if (this.#closedWith) return;
    switch (message.rpc) {
      case 'call':
        void this.#answer(message.id, message.method, message.params);
        return;
      case 'notify': {
        const handler = this.#handlers.get(message.method);
        if (handler === undefined) throw new Error(`no handler for notification ${message.method}`);
        const result = handler(message.params, { signal: never });
        if (result instanceof Promise) result.catch((error: unknown) => queueMicrotask(() => rethrow(error)));
        return;
      }
      case 'abort':
        this.#running.get(message.id)?.abort();
        return;
      case 'ping':
        this.#post({ rpc: 'pong' });
        return;
      case 'pong':
        this.#pings.shift()?.();
        return;
      case 'alive':
        // Their own answers will find nobody, or a later ping, of an end that lived a moment ago.
        for (const answered of this.#pings.splice(0)) answered();
        return;
      case 'result':
        this.#settle(message.id)?.resolve(message.value);
        return;
      case 'error':
        this.#settle(message.id)?.reject(this.#revive(message.error));
        return;
    }
  }

  async #answer(id: number, method: string, params: unknown): Promise<void> {
    const abort = new AbortController();
    this.#running.set(id, abort);
    try {
      const handler = this.#handlers.get(method);
      if (handler === undefined) throw new Error(`no handler for call ${method}`);
      const result = await handler(params, { signal: abort.signal });
      if (this.#closedWith) return;
      if (result instanceof WithTransfer)
        this.#post({ rpc: 'result', id, value: result.value }, result.transfer);
      else this.#post({ rpc: 'result', id, value: result });
    } catch (error) {
      if (!this.#closedWith) this.#post({ rpc: 'error', id, error: wireError(error) });
    } finally {
      this.#running.delete(id);
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.release();
    return pending;
  }

  #revive(wire: WireError): Error {
    const type = this.#errors.get(wire.name);
    const error = type ? new type(wire.message) : new RpcRemoteError(wire.message, wire.name);
    error.stack = `${wire.stack}\n    over a worker port`;
    return error;
  }

  #end(reason: Error): void {
    if (this.#closedWith) return;
    this.#closedWith = reason;
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(reason);
    for (const abort of this.#running.values()) abort.abort();
    this.#settleClosed(reason);
  }
}

function rethrow(error: unknown): never {
  throw error;
}

function wireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: '' };
  return { name: error.name, message: error.message, stack: error.stack ?? '' };
}
