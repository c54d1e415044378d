// Tells the tail worker of commits that hold entries of tenants with subscribers.
import type { MessagePort } from 'node:worker_threads';
import type { CommitReader, CommittedBatch } from '../../store/commits.ts';
import type { StreamId, StreamOwner } from '../../store/store.ts';
import { RpcPeer } from '../../threads/rpc.ts';
import type { IngestForTail, TailForIngest, TailStream } from '../client/ingest-protocol.ts';

/** Named streams from which on it is looked for some that the store has forgotten. */
const namedMin = 1000;

type OwnerOf = (id: StreamId) => StreamOwner | undefined;

export class CommitFeed {
  readonly #commits: CommitReader;
  readonly #ownerOf: OwnerOf;
  #tail: RpcPeer<TailForIngest, IngestForTail> | undefined;
  #tenants: ReadonlySet<string> = new Set();
  /** Streams already described on this port. */
  #named = new Set<StreamId>();
  #lookAtSize = namedMin;

  constructor(commits: CommitReader, ownerOf: OwnerOf) {
    this.#commits = commits;
    this.#ownerOf = ownerOf;
  }

  /** A port to a (new) tail worker; an earlier one is let go. */
  connect(port: MessagePort): void {
    this.#tail?.close();
    this.#tenants = new Set();
    this.#named = new Set();
    const tail = new RpcPeer<TailForIngest, IngestForTail>(port, {
      watch: ({ tenants }) => {
        this.#tenants = new Set(tenants);
        // Nobody listens: the tail worker forgets the streams as well.
        if (tenants.length === 0) this.#named.clear();
      },
    });
    this.#tail = tail;
    void tail.closed.then(() => {
      if (this.#tail === tail) this.#tail = undefined;
    });
  }

  committed(batch: CommittedBatch): void {
    if (this.#tail === undefined || this.#tenants.size === 0) return;
    const streams: TailStream[] = [];
    const entries = new Map<string, number>();
    for (const [id, count] of this.#commits.streams(batch)) {
      const owner = this.#ownerOf(id);
      if (owner === undefined || !this.#tenants.has(owner.tenant)) continue;
      entries.set(owner.tenant, (entries.get(owner.tenant) ?? 0) + count);
      if (this.#named.has(id)) continue;
      this.#named.add(id);
      streams.push({ id, tenant: owner.tenant, labels: owner.labels });
    }
    if (entries.size > 0)
      this.#tail.notify('committed', { batch, entries, streams, forgotten: this.#forget() });
  }

  /** Each time that their number has doubled: ids are not given again, so those without an owner have gone for good. */
  #forget(): StreamId[] {
    if (this.#named.size < this.#lookAtSize) return [];
    const gone = [...this.#named].filter((id) => this.#ownerOf(id) === undefined);
    for (const id of gone) this.#named.delete(id);
    this.#lookAtSize = Math.max(namedMin, 2 * this.#named.size);
    return gone;
  }

  close(): void {
    this.#tail?.close();
  }
}
