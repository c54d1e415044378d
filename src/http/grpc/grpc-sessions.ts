// Connections of gRPC's clients, bounded as those of HTTP: for one more the idlest of the address that has most is
// closed. A connection has many calls at a time, so there are fewer.
import type { ServerHttp2Session } from 'node:http2';
import type { Peer, Peers } from '../server/peers.ts';
import type { GrpcSettings } from '../server/settings.ts';

export interface SessionTimes {
  /** In which a connection makes its first call. */
  readonly firstCallTimeoutMs: number;
  /** How long one without calls stays open. */
  readonly idleTimeoutMs: number;
}

interface OpenSession {
  readonly session: ServerHttp2Session;
  readonly peer: Peer;
  readonly isTrustedProxy: boolean;
  calls: number;
}

export class GrpcSessions {
  readonly #limits: GrpcSettings;
  readonly #times: SessionTimes;
  readonly #peers: Peers;
  readonly #onClosedForRoom: () => void;
  /** In the order in which they last had nothing to do. */
  readonly #open = new Map<ServerHttp2Session, OpenSession>();
  #isDraining = false;

  constructor(limits: GrpcSettings, times: SessionTimes, peers: Peers, onClosedForRoom: () => void) {
    this.#limits = limits;
    this.#times = times;
    this.#peers = peers;
    this.#onClosedForRoom = onClosedForRoom;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** A new connection; one that finds no room is closed. */
  add(session: ServerHttp2Session): void {
    const { socket } = session;
    const peer = this.#peers.ofSocket(socket);
    const isTrustedProxy = this.#peers.isTrustedProxy(socket.remoteAddress);
    if (this.#isDraining || !this.#makeRoom(peer, isTrustedProxy)) {
      this.#onClosedForRoom();
      session.destroy();
      return;
    }
    const open: OpenSession = { session, peer, isTrustedProxy, calls: 0 };
    this.#open.set(session, open);
    session.once('close', () => this.#open.delete(session));
    session.setTimeout(this.#times.firstCallTimeoutMs, () => {
      if (open.calls === 0) session.destroy();
    });
  }

  /** A call begins. Call what it returns at its end. */
  enter(session: ServerHttp2Session): () => void {
    const open = this.#open.get(session);
    if (open === undefined) return () => {};
    open.calls++;
    return () => {
      open.calls--;
      if (open.calls > 0 || !this.#open.delete(session) || session.destroyed) return;
      this.#open.set(session, open);
      session.setTimeout(this.#times.idleTimeoutMs);
      if (this.#isDraining) session.close();
    };
  }

  /** From now on each connection ends with its calls; those without any end now. */
  drain(): void {
    this.#isDraining = true;
    for (const { session } of this.#open.values()) session.close();
  }

  cut(): void {
    for (const { session } of this.#open.values()) session.destroy();
  }

  /** False: all that could make room are at work. */
  #makeRoom(peer: Peer, isTrustedProxy: boolean): boolean {
    const { connectionsMax, connectionsPerPeerMax } = this.#limits;
    if (!isTrustedProxy && connectionsPerPeerMax > 0) {
      const own = [...this.#open.values()].filter((one) => one.peer === peer);
      if (own.length >= connectionsPerPeerMax && !this.#closeIdlest(own)) return false;
    }
    return this.#open.size < connectionsMax || this.#closeIdlest(this.#ofGreediest());
  }

  /** Connections of the address that has most among those with one that does nothing; of trusted proxies at last. */
  #ofGreediest(): readonly OpenSession[] {
    const byPeer = new Map<Peer, OpenSession[]>();
    for (const one of this.#open.values()) {
      const known = byPeer.get(one.peer);
      if (known === undefined) byPeer.set(one.peer, [one]);
      else known.push(one);
    }
    const [most = []] = [...byPeer.values()]
      .filter((sessions) => sessions.some(({ calls }) => calls === 0))
      .sort((a, b) => rank(b) - rank(a));
    return most;
  }

  #closeIdlest(sessions: readonly OpenSession[]): boolean {
    const idlest = sessions.find(({ calls }) => calls === 0);
    if (idlest === undefined) return false;
    this.#open.delete(idlest.session);
    idlest.session.destroy();
    this.#onClosedForRoom();
    return true;
  }
}

const rank = (sessions: readonly OpenSession[]): number =>
  sessions[0]?.isTrustedProxy === true ? 0 : sessions.length;
