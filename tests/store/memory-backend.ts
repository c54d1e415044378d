// A whole store in plain arrays, simple enough to be obviously right: writer, reader, deletions, changes and commits.
import { compileMatchers, matchesLabels } from '../../src/logql/matchers.ts';
import { printExpr } from '../../src/logql/print.ts';
import { type Labels, labelsKey } from '../../src/model/labels.ts';
import { decodeMetadata, encodeMetadata } from '../../src/model/structured-metadata.ts';
import { int64Max, joinNs, minNs } from '../../src/model/time.ts';
import { compileLogPipeline } from '../../src/pipeline/log-pipeline.ts';
import type { CommitReader, StreamEntries } from '../../src/store/commits.ts';
import type { DeleteRequest, NewDeleteRequest, StoreDeletes } from '../../src/store/delete-requests.ts';
import {
  type ChangeTimes,
  type Checkpoint,
  type EntryColumns,
  type StoreReader,
  type StoreWriter,
  type StreamId,
  type StreamOwner,
  UnitGoneError,
} from '../../src/store/store.ts';
import { type MemoryEntry, MemoryStore } from '../engine/memory-store.ts';
import type { StoreUnderTest } from './contract.ts';

interface Arrived {
  readonly stream: StreamId;
  readonly entry: MemoryEntry;
}

/** How many entries had arrived. */
interface Head {
  readonly entries: number;
}

/** Entries of one append, by their places among all. */
interface Commit {
  readonly from: number;
  readonly to: number;
}

interface Deletion {
  readonly request: NewDeleteRequest;
  readonly shown: DeleteRequest;
}

/** The units of a plan: gone when the store has settled since. */
interface Planned {
  readonly store: MemoryStore;
  readonly settled: number;
  readonly address: unknown;
}

export function openMemoryBackend(): StoreUnderTest {
  const owners: StreamOwner[] = [];
  const ids = new Map<string, StreamId>();
  const arrived: Arrived[] = [];
  const checkpoints = new Map<string, Checkpoint>();
  const keys = new Set<string>();
  const batches: Commit[] = [];
  let deletions: readonly Deletion[] = [];
  /** Deletions made and taken back. */
  let removals = 0;
  let settled = 0;
  let told = 0;

  const keyOf = (tenant: string, labels: Labels): string => `${tenant.length}:${tenant}${labelsKey(labels)}`;
  const ownerOf = (id: StreamId): StreamOwner => {
    const owner = owners[id - 1];
    if (owner === undefined) throw new RangeError(`no stream has id ${id}`);
    return owner;
  };

  const writer: StoreWriter = {
    stream(tenant, labels) {
      const key = keyOf(tenant, labels);
      const id = ids.get(key) ?? owners.push({ tenant, labels });
      ids.set(key, id);
      return id;
    },
    streamOwner: (id) => owners[id - 1],
    isActive: (tenant, labels) => ids.has(keyOf(tenant, labels)),
    activeStreams: (tenant) => owners.filter((owner) => owner.tenant === tenant).length,
    streamChanges() {
      const fresh = owners.slice(told);
      told = owners.length;
      const tenants = [...new Set(fresh.map(({ tenant }) => tenant))];
      return tenants.map((tenant) => ({
        tenant,
        created: fresh.filter((owner) => owner.tenant === tenant).length,
        removed: 0,
      }));
    },
    labelChanges: () => [],
    async append(columns, { checkpoints: positions = [], key } = {}) {
      if (key !== undefined && keys.has(key)) return;
      const entries = entriesOf(columns);
      for (const { stream } of entries) ownerOf(stream);
      if (key !== undefined) keys.add(key);
      const from = arrived.length;
      arrived.push(...entries);
      for (const position of positions) {
        const key = `${position.source}\n${position.key}`;
        if (position.state === '') checkpoints.delete(key);
        else checkpoints.set(key, position);
      }
      if (entries.length > 0) batches.push({ from, to: arrived.length });
    },
    pendingBytes: () => 0,
    checkpoints: (source) => [...checkpoints.values()].filter((one) => one.source === source),
    close: async () => {},
  };

  /** What a tenant's plans read: each entry once, without those of deletions. */
  const storeOf = ({ entries }: Head, tenant: string): MemoryStore => {
    const hiding = deletions.filter(({ request }) => request.tenant === tenant).map(hides);
    const streams = owners.flatMap((owner, i) => {
      if (owner.tenant !== tenant) return [];
      const seen = new Map<string, MemoryEntry>();
      for (const { stream, entry } of arrived.slice(0, entries)) {
        if (stream !== i + 1 || hiding.some((isHidden) => isHidden(owner.labels, entry))) continue;
        const key = `${entry.timestampNs} ${entry.level} ${labelsKey(entry.structuredMetadata)} ${entry.line.toString('hex')}`;
        if (!seen.has(key)) seen.set(key, entry);
      }
      return seen.size === 0 ? [] : [{ labels: owner.labels, entries: [...seen.values()] }];
    });
    return new MemoryStore(streams, { unitEntries: 7, batchEntries: 3 });
  };

  const reader: StoreReader = {
    streams: (head, tenant, ...rest) => storeOf(head as Head, tenant).streams(head, tenant, ...rest),
    labelNames: (head, tenant, ...rest) => storeOf(head as Head, tenant).labelNames(head, tenant, ...rest),
    labelValues: (head, tenant, ...rest) => storeOf(head as Head, tenant).labelValues(head, tenant, ...rest),
    plan(head, request, token) {
      if (token !== undefined && token !== settled) throw new UnitGoneError('the store has settled');
      const store = storeOf(head as Head, request.tenant);
      const plan = store.plan(head, request);
      const units = [...plan.units].map((unit) => ({
        ...unit,
        address: { store, settled, address: unit.address } satisfies Planned,
      }));
      return { units, token: settled, view: { ...plan.view, removals: String(removals) } };
    },
    scan(head, unit, request, visit, counters) {
      const planned = unit.address as Planned;
      if (planned.settled !== settled) throw new UnitGoneError('the store has settled');
      planned.store.scan(head, { ...unit, address: planned.address }, request, visit, counters);
    },
    close: () => {},
  };

  const deletes: StoreDeletes = {
    async create(request) {
      const shown: DeleteRequest = {
        tenant: request.tenant,
        startNs: request.startNs,
        endNs: request.endNs,
        requestId: (deletions.length + removals).toString(16).padStart(8, '0'),
        query: printExpr(request.query),
        createdMs: Date.now(),
        status: 'received',
        progress: 0,
        deletedEntries: 0,
      };
      deletions = [...deletions, { request, shown }];
      removals++;
      return shown;
    },
    list: async (tenant) =>
      deletions.filter(({ request }) => request.tenant === tenant).map(({ shown }) => shown),
    async cancel(tenant, requestId) {
      const left = deletions.filter(
        ({ request, shown }) => request.tenant !== tenant || shown.requestId !== requestId,
      );
      if (left.length === deletions.length) return 'unknown';
      deletions = left;
      removals++;
      return 'cancelled';
    },
  };

  const changes: ChangeTimes = {
    get additions() {
      return BigInt(arrived.length);
    },
    mark: () => BigInt(arrived.length),
    earliestSince: (mark) => earliest(arrived.slice(Number(mark))),
    get latelyFromNs() {
      return earliest(arrived);
    },
  };

  const commits: CommitReader = {
    streams(batch) {
      const counts = new Map<StreamId, number>();
      for (const { stream } of entriesIn(batch as Commit)) counts.set(stream, (counts.get(stream) ?? 0) + 1);
      return counts;
    },
    read(batch, visit) {
      for (const { stream, entry } of entriesIn(batch as Commit)) if (!visit(stream, columnsOf(entry))) break;
      return true;
    },
  };
  const entriesIn = ({ from, to }: Commit): readonly Arrived[] => arrived.slice(from, to);

  return {
    writer,
    reader,
    deletes,
    changes,
    commits,
    batches,
    snapshot: (): Head => ({ entries: arrived.length }),
    settle: async () => {
      settled++;
    },
    close: async () => {},
  };
}

function entriesOf(columns: EntryColumns): readonly Arrived[] {
  const { bytes, metadataBytes } = columns;
  return Array.from({ length: columns.count }, (_, i): Arrived => {
    const at = (column: ArrayLike<number>): number => column[i] as number;
    return {
      stream: columns.streams[at(columns.stream)] as StreamId,
      entry: {
        timestampNs: joinNs(at(columns.seconds), at(columns.nanos)),
        line: Buffer.from(bytes.slice(at(columns.lineStart), at(columns.lineEnd))),
        structuredMetadata: decodeMetadata(metadataBytes, at(columns.metadataStart), at(columns.metadataEnd)),
        level: at(columns.level),
      },
    };
  });
}

function columnsOf({ timestampNs, line, structuredMetadata, level }: MemoryEntry): StreamEntries {
  const metadata = encodeMetadata(structuredMetadata);
  return {
    count: 1,
    baseNs: timestampNs,
    offsetsNs: Float64Array.of(0),
    bytes: line,
    lineStarts: Uint32Array.of(0),
    lineEnds: Uint32Array.of(line.length),
    level: Uint8Array.of(level),
    metadataBytes: metadata,
    metadataStarts: Uint32Array.of(0),
    metadataEnds: Uint32Array.of(metadata.length),
  };
}

/** Whether a deletion takes an entry of a stream with these labels. */
function hides({ request: { query, startNs, endNs } }: Deletion) {
  const matchers = compileMatchers(query.matchers);
  const pipeline = compileLogPipeline(query.stages);
  return (labels: Labels, entry: MemoryEntry): boolean =>
    entry.timestampNs >= startNs &&
    entry.timestampNs < endNs &&
    matchesLabels(matchers, labels) &&
    pipeline.forStream(labels).process({
      timestampNs: entry.timestampNs,
      bytes: entry.line,
      lineStart: 0,
      lineEnd: entry.line.length,
      structuredMetadata: entry.structuredMetadata,
      level: entry.level,
    }) !== undefined;
}

const earliest = (entries: readonly Arrived[]): bigint =>
  entries.reduce((least, { entry }) => minNs(least, entry.timestampNs), int64Max);
