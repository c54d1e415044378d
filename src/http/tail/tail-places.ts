// How many tails are open: of all, of one peer, of one tenant. Each may hold `tail.buffered_bytes_max` for its client.
import { HttpError, retrySoon } from '../server/http-error.ts';
import type { Peer } from '../server/peers.ts';
import type { TailSettings } from '../server/settings.ts';

export class TailPlaces {
  readonly #limits: Pick<TailSettings, 'tailsMax' | 'tailsPerPeerMax'>;
  readonly #byTenant = new Map<string, number>();
  readonly #byPeer = new Map<Peer, number>();
  #open = 0;

  constructor(limits: Pick<TailSettings, 'tailsMax' | 'tailsPerPeerMax'>) {
    this.#limits = limits;
  }

  /** Throws HttpError 429 when there is no place for one more of this peer. */
  check(peer: Peer): void {
    const { tailsMax, tailsPerPeerMax } = this.#limits;
    if (this.#open >= tailsMax) throw new HttpError(429, `too many tails (limit: ${tailsMax})`, retrySoon);
    if (tailsPerPeerMax > 0 && (this.#byPeer.get(peer) ?? 0) >= tailsPerPeerMax)
      throw new HttpError(429, `too many tails of one address (limit: ${tailsPerPeerMax})`, retrySoon);
  }

  openOf(tenant: string): number {
    return this.#byTenant.get(tenant) ?? 0;
  }

  /** Gives what is to be called, once, when the tail has ended. */
  enter(tenant: string, peer: Peer): () => void {
    const count = (by: number): void => {
      this.#open += by;
      for (const [counts, name] of [[this.#byTenant, tenant] as const, [this.#byPeer, peer] as const]) {
        const open = (counts.get(name) ?? 0) + by;
        if (open > 0) counts.set(name, open);
        else counts.delete(name);
      }
    };
    count(1);
    return () => count(-1);
  }
}
