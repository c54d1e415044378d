// Room for bytes of requests that are under way: a bound for all of them, fair to tenants and to peers.
import type { Peer } from './peers.ts';

export interface ByteRoomOptions {
  readonly bytesMax: number;
  /** Bytes that count, and are no longer, or never were, in places of this room. */
  readonly heldElsewhere: () => number;
  /** True: several tenants share the room, and none may hold more of it than it leaves free. */
  readonly isShared: boolean;
}

/** What one request holds. */
export interface BytePlace {
  /** Whether this many bytes more would find room now. */
  admits(bytes: number): boolean;
  /** Takes room for bytes that came; false: there is none. */
  take(bytes: number): boolean;
  /** From now on it is to come; `refuse` is called, at most once, when it does so too slowly while others wait. */
  onTooSlow(refuse: () => void): void;
  /** It has wholly come. */
  arrived(): void;
  /** As `arrived`; its bytes are counted elsewhere from now on. */
  handOver(): void;
  end(): void;
}

/** Parts of the room: a request that is this small is refused only when there is no room at all, */
const smallShare = 1 / 1024;
/** and this is kept free of larger ones, so that there is some. */
const sharedBySmall = 1 / 16;

/** What stands still for this long gives way when there is no room for others, and what comes slower than this. */
const stalledAfterMs = 1000;
const slowBytesPerSecond = 64 * 1024;

interface Arrival {
  readonly peer: Peer;
  sinceMs: number;
  /** When something of it came last. */
  lastMs: number;
  bytes: number;
  refuse: (() => void) | undefined;
  end(): void;
}

export class ByteRoom {
  readonly #options: ByteRoomOptions;
  /** Bytes in places. */
  #bytes = 0;
  /** From the first byte to `end`. */
  readonly #byTenant = new Sums();
  /** Of what has not wholly come: what a peer can draw out as long as it likes. */
  readonly #arrivingByPeer = new Sums();
  readonly #arriving = new Set<Arrival>();

  constructor(options: ByteRoomOptions) {
    this.#options = options;
  }

  get bytesMax(): number {
    return this.#options.bytesMax;
  }

  /** A request that begins. Call `end` when it is answered. */
  enter(tenant: string, peer: Peer): BytePlace {
    let taken = 0;
    let counted = 0;
    const end = (): void => {
      handOver();
      this.#byTenant.add(tenant, -taken);
      taken = 0;
    };
    const nowMs = performance.now();
    const arrival: Arrival = { peer, sinceMs: nowMs, lastMs: nowMs, bytes: 0, refuse: undefined, end };
    this.#arriving.add(arrival);
    const arrived = (): void => {
      if (this.#arriving.delete(arrival)) this.#arrivingByPeer.add(peer, -arrival.bytes);
    };
    const handOver = (): void => {
      arrived();
      this.#bytes -= counted;
      counted = 0;
    };
    return {
      admits: (bytes) => this.#admits(tenant, arrival, taken, bytes),
      take: (bytes) => {
        while (!this.#admits(tenant, arrival, taken, bytes)) if (!this.#refuseSlowest(arrival)) return false;
        taken += bytes;
        counted += bytes;
        this.#bytes += bytes;
        this.#byTenant.add(tenant, bytes);
        arrival.bytes += bytes;
        arrival.lastMs = performance.now();
        this.#arrivingByPeer.add(peer, bytes);
        return true;
      },
      onTooSlow: (refuse) => {
        arrival.sinceMs = performance.now();
        arrival.refuse = refuse;
      },
      arrived,
      handOver,
      end,
    };
  }

  #admits(tenant: string, arrival: Arrival, taken: number, bytes: number): boolean {
    const { bytesMax, heldElsewhere, isShared } = this.#options;
    const total = heldElsewhere() + this.#bytes;
    // One body always passes, however large: else a limit below the body limit would refuse it for ever.
    if (total - taken <= 0) return true;
    if (total + bytes > bytesMax) return false;
    if (taken + bytes <= bytesMax * smallShare) return true;
    if (total + bytes > bytesMax * (1 - sharedBySmall)) return false;
    const free = bytesMax - total;
    const fits = (held: number, own: number): boolean => held - own <= 0 || held + bytes <= free;
    // With nothing else under way a tenant may fill the room; what it has besides may not exceed what is free. The
    // same for what arrives from one peer.
    return (
      (!isShared || fits(this.#byTenant.get(tenant), taken)) &&
      fits(this.#arrivingByPeer.get(arrival.peer), arrival.bytes)
    );
  }

  /** False: nothing else arrives too slowly. */
  #refuseSlowest(except: Arrival): boolean {
    const nowMs = performance.now();
    let slowest: Arrival | undefined;
    let slowestRate = slowBytesPerSecond;
    for (const arrival of this.#arriving) {
      const ageMs = nowMs - arrival.sinceMs;
      const isCandidate = arrival !== except && arrival.refuse !== undefined && arrival.bytes > 0;
      if (!isCandidate || ageMs < stalledAfterMs) continue;
      const stands = nowMs - arrival.lastMs >= stalledAfterMs;
      const rate = stands ? 0 : (arrival.bytes / ageMs) * 1000;
      if (rate < slowestRate) {
        slowest = arrival;
        slowestRate = rate;
      }
    }
    const refuse = slowest?.refuse;
    if (slowest === undefined || refuse === undefined) return false;
    // Its room is free at once; its client hears of it in a moment.
    slowest.end();
    slowest.refuse = undefined;
    refuse();
    return true;
  }
}

/** Sums by name; what is nothing is not kept. */
class Sums {
  readonly #sums = new Map<string, number>();

  get(name: string): number {
    return this.#sums.get(name) ?? 0;
  }

  add(name: string, amount: number): void {
    const sum = this.get(name) + amount;
    if (sum > 0) this.#sums.set(name, sum);
    else this.#sums.delete(name);
  }
}
