// Token buckets: bytes per second with a burst, for a tenant and for a stream.

/** Starts full. Time comes from the caller, in ms; a clock that goes back adds nothing. */
export class TokenBucket {
  #tokens: number;
  #atMs: number;
  readonly ratePerSecond: number;
  readonly burst: number;

  constructor(options: { readonly ratePerSecond: number; readonly burst: number; readonly nowMs: number }) {
    this.ratePerSecond = options.ratePerSecond;
    this.burst = options.burst;
    this.#tokens = options.burst;
    this.#atMs = options.nowMs;
  }

  /** Takes `amount` and answers true, or takes nothing. More than the burst never passes. */
  take(amount: number, nowMs: number): boolean {
    if (nowMs > this.#atMs) {
      const gained = ((nowMs - this.#atMs) / 1000) * this.ratePerSecond;
      this.#tokens = Math.min(this.burst, this.#tokens + gained);
      this.#atMs = nowMs;
    }
    if (amount > this.#tokens) return false;
    this.#tokens -= amount;
    return true;
  }

  /** Seconds until `amount` would pass; Infinity when it never will. */
  secondsUntil(amount: number): number {
    if (amount > this.burst) return Number.POSITIVE_INFINITY;
    return Math.max(0, (amount - this.#tokens) / this.ratePerSecond);
  }
}

/** A bucket per tenant; a changed limit makes a new one. Tenants are as many as the caller lets in. */
export class TenantRates {
  readonly #buckets = new Map<string, TokenBucket>();
  /** Beyond this the map starts over: tenants may be names a client invents. */
  static readonly tenantsMax = 10_000;

  /** The tenant's bucket; rate and burst in bytes. */
  bucket(tenant: string, ratePerSecond: number, burst: number, nowMs: number): TokenBucket {
    const known = this.#buckets.get(tenant);
    if (known !== undefined && known.ratePerSecond === ratePerSecond && known.burst === burst) return known;
    if (this.#buckets.size >= TenantRates.tenantsMax) this.#buckets.clear();
    const bucket = new TokenBucket({ ratePerSecond, burst, nowMs });
    this.#buckets.set(tenant, bucket);
    return bucket;
  }
}
