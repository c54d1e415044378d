// A part of a collector's work that ends with the collector, or before it.

export interface LinkedAbort {
  readonly controller: AbortController;
  /** To be called when the work is done: the parent forgets it. */
  readonly release: () => void;
}

/**
 * A controller that also aborts when `parent` does. Not AbortSignal.any: as long as the parent lives, Node 20 keeps every
 * signal that was made of it and listened to, and a collector's signal lives as long as the gateway.
 */
export function linkedAbort(parent: AbortSignal): LinkedAbort {
  const controller = new AbortController();
  const end = (): void => controller.abort(parent.reason);
  if (parent.aborted) end();
  parent.addEventListener('abort', end, { once: true });
  return { controller, release: () => parent.removeEventListener('abort', end) };
}
