// What the main thread and the tail worker say to each other.
import type { MessagePort } from 'node:worker_threads';
import type { LogQuery } from '../logql/ast.ts';

export interface TailSubscriptionRequest {
  readonly id: number;
  readonly tenant: string;
  readonly query: LogQuery;
  /** Triples with categorised labels instead of pairs with merged ones. */
  readonly categorizeLabels: boolean;
  /** How long lines are held back so that late ones sort in. */
  readonly delayMs: number;
}

export interface TailFrame {
  readonly id: number;
  readonly frame: Uint8Array;
}

/** The tail worker as the main thread calls it. */
export interface TailForMain {
  /** Once, before any subscription: the port of the ingest worker. */
  connectIngest(params: { readonly port: MessagePort }): void;
  /** Answered once every entry committed from now on is looked at. Throws ParseError. */
  subscribe(params: TailSubscriptionRequest): void;
  unsubscribe(params: { readonly id: number }): void;
  /** One frame of each of these was taken: another one may come. */
  taken(params: { readonly ids: readonly number[] }): void;
}

/** The main thread as the tail worker calls it. */
export interface MainForTail {
  /** Frames (JSON text) of one turn of the worker, in order: a message for each would cost more than its contents. */
  frames(params: { readonly frames: readonly TailFrame[] }): void;
  /** A subscription that cannot go on; it is forgotten. The reason is for the client. */
  ended(params: { readonly id: number; readonly reason: string }): void;
  /** Entries that no frame will carry. */
  dropped(params: { readonly tenant: string; readonly entries: number }): void;
}

/** Frames under way to the main thread and not yet taken, per subscription; then entries wait in the worker. */
export const framesUnderWayMax = 4;
