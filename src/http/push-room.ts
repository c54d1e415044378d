// Memory for pushes that are under way: a bound for all of them, and room left for tenants that have little of it.

export interface PushRoomOptions {
  readonly bytesMax: number;
  /** Bytes handed over to ingest and not yet answered. */
  readonly ingestBytes: () => number;
  /** True: several tenants share the room, and none may hold more of it than it leaves free. */
  readonly isShared: boolean;
}

export class PushRoom {
  readonly #options: PushRoomOptions;
  /** Bytes come of bodies still arriving. */
  #arriving = 0;
  /** From arrival to answer. */
  readonly #byTenant = new Map<string, number>();

  constructor(options: PushRoomOptions) {
    this.#options = options;
  }

  /** A push that begins. Call `arrived` when it has wholly come, `end` when it is answered. */
  enter(tenant: string): PushPlace {
    let taken = 0;
    let arriving = 0;
    return {
      admits: (bytes) => this.#admits(tenant, taken, bytes),
      take: (bytes) => {
        if (!this.#admits(tenant, taken, bytes)) return false;
        taken += bytes;
        arriving += bytes;
        this.#arriving += bytes;
        this.#byTenant.set(tenant, (this.#byTenant.get(tenant) ?? 0) + bytes);
        return true;
      },
      arrived: () => {
        this.#arriving -= arriving;
        arriving = 0;
      },
      end: () => {
        this.#arriving -= arriving;
        const left = (this.#byTenant.get(tenant) ?? 0) - taken;
        if (left > 0) this.#byTenant.set(tenant, left);
        else this.#byTenant.delete(tenant);
      },
    };
  }

  #admits(tenant: string, taken: number, bytes: number): boolean {
    const { bytesMax, ingestBytes, isShared } = this.#options;
    const total = ingestBytes() + this.#arriving;
    // One body always passes, however large: else a limit below the body limit would refuse it for ever.
    if (total - taken <= 0) return true;
    if (total + bytes > bytesMax) return false;
    const own = this.#byTenant.get(tenant) ?? 0;
    // With nothing else under way a tenant may fill the room; what it has besides may not exceed what is free.
    return !isShared || own - taken <= 0 || own + bytes <= bytesMax - total;
  }
}

export interface PushPlace {
  /** Whether so many bytes more would find room now. */
  admits(bytes: number): boolean;
  /** Takes room for bytes that came; false: there is none. */
  take(bytes: number): boolean;
  arrived(): void;
  end(): void;
}
