// Streams whose labels are guessed from what others write, bounded for each sender and for the source: one device that
// puts numbers where a name belongs must not fill the tenant's stream limit for everybody.

export interface GuessedStreamLimits {
  /** New streams that one sender may bring up within {@link windowMs}; 0: any number. */
  readonly perPeerMax: number;
  /** Of all senders together; 0: any number. Bounds the memory. */
  readonly totalMax: number;
}

/** A stream that was brought up longer ago, and was not asked for since, counts no more. */
const windowMs = 3_600_000;
/** How often what counts no more is looked for, once there is no room. */
const sweepEveryMs = 10_000;
/** Where the settings bound nothing: so much is remembered. */
const rememberedMax = 100_000;

interface Admitted {
  readonly peer: string;
  seenMs: number;
}

export class GuessedStreams {
  readonly #limits: GuessedStreamLimits;
  readonly #nowMs: () => number;
  readonly #admitted = new Map<string, Admitted>();
  readonly #byPeer = new Map<string, number>();
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(limits: GuessedStreamLimits, nowMs: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /**
   * True: `peer` may have a stream with these guessed label values. False: the values belong in structured metadata,
   * the labels stay at what is known for sure (the peer's address, the configured labels), and the caller says so with
   * `HealthTally.repaired('guessed_labels')`. `key`: the guessed values, in any text that tells them apart. To be asked
   * for each message, or once for each stream that the caller remembers.
   */
  admits(peer: string, key: string): boolean {
    const nowMs = this.#nowMs();
    const whole = `${peer.length}:${peer}${key}`;
    const known = this.#admitted.get(whole);
    if (known) {
      known.seenMs = nowMs;
      return true;
    }
    if (!this.#hasRoom(peer)) {
      this.#sweep(nowMs);
      if (!this.#hasRoom(peer)) return false;
    }
    this.#admitted.set(whole, { peer, seenMs: nowMs });
    this.#byPeer.set(peer, (this.#byPeer.get(peer) ?? 0) + 1);
    return true;
  }

  #hasRoom(peer: string): boolean {
    const { perPeerMax, totalMax } = this.#limits;
    if (this.#admitted.size >= (totalMax > 0 ? totalMax : rememberedMax)) return false;
    return perPeerMax === 0 || (this.#byPeer.get(peer) ?? 0) < perPeerMax;
  }

  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < sweepEveryMs) return;
    this.#sweptMs = nowMs;
    for (const [key, { peer, seenMs }] of this.#admitted) {
      if (nowMs - seenMs < windowMs) continue;
      this.#admitted.delete(key);
      const left = (this.#byPeer.get(peer) ?? 1) - 1;
      if (left === 0) this.#byPeer.delete(peer);
      else this.#byPeer.set(peer, left);
    }
  }
}
