// The memory for what clients send, of all connections together: heads and forms, and pushes until they are answered.
// Whoever finds no room is told to come again, nothing grows; and what arrives too slowly makes room for others.
import { setInterval as every } from 'node:timers';
import { ByteRoom } from './byte-room.ts';
import type { Connection, Connections } from './connections.ts';
import type { Peer } from './peers.ts';

export interface ByteBudgetOptions {
  /** Pushes, from their first byte to their answer. */
  readonly pushBytesMax: number;
  /** Bytes of pushes that ingest holds. */
  readonly ingestBytes: () => number;
  /** Heads and forms, until they are answered, and heads that are not whole. */
  readonly queryBytesMax: number;
  /** True: several tenants share the room. */
  readonly isShared: boolean;
}

/** How often unfinished heads are looked at, which Node keeps to itself: in between they are bounded by their number. */
const headCheckMs = 200;
/** Part of the room for queries that heads which are not whole may have. */
const headShare = 1 / 2;

export class ByteBudget {
  readonly pushes: ByteRoom;
  readonly queries: ByteRoom;
  /** Of heads that were not whole when they were last looked at. */
  #headBytes = 0;

  constructor({ pushBytesMax, ingestBytes, queryBytesMax, isShared }: ByteBudgetOptions) {
    this.pushes = new ByteRoom({ bytesMax: pushBytesMax, heldElsewhere: ingestBytes, isShared });
    this.queries = new ByteRoom({
      bytesMax: queryBytesMax,
      heldElsewhere: () => this.#headBytes,
      isShared: false,
    });
  }

  /** Looks at heads that are not whole from now on. Call what it returns at the end. */
  watchHeads(connections: Connections, onClosedForRoom: () => void): () => void {
    const timer = every(() => {
      this.#headBytes = closeLargestHeads(connections, this.queries.bytesMax * headShare, onClosedForRoom);
    }, headCheckMs);
    timer.unref();
    return () => clearInterval(timer);
  }
}

/** Until the others fit, closes the largest head of the peer that has most of them. Gives the bytes of what is left. */
function closeLargestHeads(connections: Connections, bytesMax: number, onClosed: () => void): number {
  let total = 0;
  const byPeer = new Map<Peer, { bytes: number; heads: Head[] }>();
  for (const connection of connections.waiting()) {
    const bytes = connection.socket.bytesRead - connection.readBytes;
    if (bytes <= 0) continue;
    total += bytes;
    const peer = byPeer.get(connection.peer) ?? { bytes: 0, heads: [] };
    byPeer.set(connection.peer, peer);
    peer.bytes += bytes;
    peer.heads.push({ connection, bytes });
  }
  if (total <= bytesMax) return total;
  for (const { heads } of byPeer.values()) heads.sort((a, b) => a.bytes - b.bytes);
  while (total > bytesMax) {
    const most = [...byPeer.values()].reduce((a, b) => (b.bytes > a.bytes ? b : a));
    const head = most.heads.pop();
    if (head === undefined) break;
    most.bytes -= head.bytes;
    total -= head.bytes;
    head.connection.socket.destroy();
    onClosed();
  }
  return total;
}

interface Head {
  readonly connection: Connection;
  readonly bytes: number;
}
