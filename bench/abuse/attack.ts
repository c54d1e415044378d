// What an attack is: a hostile client that runs for a while in a process of its own and keeps to the loopback.

export interface Target {
  /** Address the attack comes from; the honest client has another. */
  readonly fromAddress: string;
  readonly port: number;
  /** For attacks whose gateway is given another listener. */
  readonly sidePort: number;
}

export interface Attack {
  readonly name: string;
  /** Settings that the gateway needs for it. */
  readonly environment?: (sidePort: number) => Readonly<Record<string, string>>;
  /** Resolves soon after the signal, with everything that it opened closed. */
  readonly run: (target: Target, signal: AbortSignal) => Promise<void>;
}
