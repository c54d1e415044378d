// The connections of a server by peer and by what they do. When places run short, those that do nothing make room: a
// new connection always finds a place unless all the others are at work.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Peer, Peers } from './peers.ts';

export interface ConnectionLimits {
  readonly connectionsMax: number;
  /** Of one peer that is no trusted proxy; 0: no bound of its own. */
  readonly connectionsPerPeerMax: number;
}

/**
 * `new`: nothing has been asked, or nothing that was let in. `idle`: between two requests. `busy`: a request is under
 * way, or a tail.
 */
type State = 'new' | 'idle' | 'busy';

export interface Connection {
  /** That requests belong to: with TLS the one inside. */
  socket: Socket;
  readonly peer: Peer;
  state: State;
  /** Under way: more than one when they were sent one after the other. */
  requests: number;
  /** Read of the socket up to the end of its last request: what comes above is a head that is not whole yet. */
  readBytes: number;
  wasLetIn: boolean;
}

/** Requests of one connection under way. Clients send a few one after the other; whoever sends more fills memory. */
const pipelinedMax = 100;

/** Each of a peer's connections is in the set of its state; the one that has been in it for longest comes first. */
type ConnectionsOfPeer = Readonly<Record<State, Set<Connection>>> & { readonly isTrustedProxy: boolean };

const sizeOf = ({ new: fresh, idle, busy }: ConnectionsOfPeer): number => fresh.size + idle.size + busy.size;

export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #peers: Peers;
  readonly #bySocket = new Map<Socket, Connection>();
  readonly #byPeer = new Map<Peer, ConnectionsOfPeer>();
  #open = 0;
  #draining = false;

  /**
   * Follows the connections of a server from now on.
   *
   * @param onClosedForRoom a connection was closed to make room, or did not find any
   */
  constructor(server: Server, limits: ConnectionLimits, peers: Peers, onClosedForRoom: () => void) {
    this.#limits = limits;
    this.#peers = peers;
    const inTls = new Map<string, Connection>();
    server.on('connection', (socket: Socket) => {
      if (this.#bySocket.has(socket)) return;
      if (!this.#makeRoom(peers.ofSocket(socket), onClosedForRoom)) {
        onClosedForRoom();
        socket.destroy();
        return;
      }
      const connection = this.#add(socket);
      const key = endsOf(socket);
      inTls.set(key, connection);
      socket.once('close', () => {
        inTls.delete(key);
        this.#remove(connection);
      });
    });
    server.on('secureConnection', (inner: Socket) => {
      const connection = inTls.get(endsOf(inner));
      if (connection === undefined) return;
      this.#bySocket.delete(connection.socket);
      this.#bySocket.set(inner, connection);
      connection.socket = inner;
      inner.once('close', () => this.#remove(connection));
    });
    server.on('request', (request, response) => this.#onRequest(request, response));
  }

  get openCount(): number {
    return this.#open;
  }

  /** Those whose next head is on its way, or may be. */
  *waiting(): Iterable<Connection> {
    for (const { new: fresh, idle } of this.#byPeer.values()) {
      yield* fresh;
      yield* idle;
    }
  }

  /** The connection has become something that lasts (a WebSocket): nothing more is asked on it. */
  keepBusy(socket: Socket): void {
    const connection = this.#bySocket.get(socket);
    if (connection !== undefined) this.#move(connection, 'busy');
  }

  /** From now on each connection is closed when its requests are answered; those without any are closed now. */
  drain(): void {
    this.#draining = true;
    for (const { socket, requests } of this.#bySocket.values()) if (requests === 0) socket.destroy();
  }

  cut(): void {
    for (const socket of this.#bySocket.keys()) socket.destroy();
  }

  #add(socket: Socket): Connection {
    const peer = this.#peers.ofSocket(socket);
    const connection: Connection = {
      ...{ socket, peer, state: 'new', requests: 0, readBytes: 0, wasLetIn: false },
    };
    this.#bySocket.set(socket, connection);
    const known = this.#byPeer.get(peer) ?? {
      ...{ new: new Set<Connection>(), idle: new Set<Connection>(), busy: new Set<Connection>() },
      isTrustedProxy: this.#peers.isTrustedProxy(socket.remoteAddress),
    };
    this.#byPeer.set(peer, known);
    known.new.add(connection);
    this.#open++;
    return connection;
  }

  #remove(connection: Connection): void {
    const { socket, peer, state } = connection;
    this.#bySocket.delete(socket);
    const known = this.#byPeer.get(peer);
    if (known === undefined || !known[state].delete(connection)) return;
    this.#open--;
    if (sizeOf(known) === 0) this.#byPeer.delete(peer);
  }

  /** Puts it last among those of its state. */
  #move(connection: Connection, state: State): void {
    const known = this.#byPeer.get(connection.peer);
    if (known === undefined || !known[connection.state].delete(connection)) return;
    known[state].add(connection);
    connection.state = state;
  }

  #onRequest({ socket }: IncomingMessage, response: ServerResponse): void {
    if (this.#draining && !response.headersSent) response.setHeader('Connection', 'close');
    const connection = this.#bySocket.get(socket);
    if (connection === undefined) return;
    connection.requests++;
    if (connection.requests > pipelinedMax) {
      socket.destroy();
      return;
    }
    this.#move(connection, 'busy');
    response.once('close', () => {
      connection.requests--;
      connection.wasLetIn ||= response.statusCode !== 401;
      if (connection.requests > 0) return;
      connection.readBytes = socket.bytesRead;
      this.#move(connection, connection.wasLetIn ? 'idle' : 'new');
      if (this.#draining) socket.destroySoon();
    });
  }

  /** Closes what must make room for one more of this peer; false: there is none. */
  #makeRoom(peer: Peer, onClosed: () => void): boolean {
    const { connectionsMax, connectionsPerPeerMax } = this.#limits;
    const own = this.#byPeer.get(peer);
    const isBounded = connectionsPerPeerMax > 0 && own?.isTrustedProxy === false;
    const close = (found: Connection | undefined): boolean => {
      if (found === undefined) return false;
      // The count goes down at once, the socket's event comes later.
      this.#remove(found);
      found.socket.destroy();
      onClosed();
      return true;
    };
    if (isBounded && sizeOf(own) >= connectionsPerPeerMax && !close(idlest(own))) return false;
    return this.#open < connectionsMax || close(this.#idlestOfAll());
  }

  /** Of the peer that holds most places and has one that does nothing; of a trusted proxy, which is many, at last. */
  #idlestOfAll(): Connection | undefined {
    let most: ConnectionsOfPeer | undefined;
    for (const one of this.#byPeer.values()) {
      if (one.new.size + one.idle.size === 0) continue;
      if (most === undefined || isBefore(one, most)) most = one;
    }
    return most && idlest(most);
  }
}

const isBefore = (one: ConnectionsOfPeer, other: ConnectionsOfPeer): boolean =>
  one.isTrustedProxy === other.isTrustedProxy ? sizeOf(one) > sizeOf(other) : other.isTrustedProxy;

/** First those that have asked nothing, which is also what is in the middle of its first head. */
function idlest({ new: fresh, idle }: ConnectionsOfPeer): Connection | undefined {
  const [first] = fresh.size > 0 ? fresh : idle;
  return first;
}

/** The same for a connection and for the TLS inside of it. */
const endsOf = (socket: Socket): string =>
  [socket.localAddress, socket.localPort, socket.remoteAddress, socket.remotePort].join(' ');
