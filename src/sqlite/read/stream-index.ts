// Streams of all tenants in a reader's memory: labels, an inverted index by name and value, bounds of time.
import type { Database, Statement } from 'better-sqlite3';
import type { Matcher } from '../../logql/ast.ts';
import { compileMatcher, type ValuePredicate } from '../../logql/matchers.ts';
import { labelValue } from '../../model/labels.ts';
import type { RetentionPolicy } from '../../store/retention-policy.ts';
import type { StreamInfo } from '../../store/store.ts';
import { decodeLabels } from '../write/stream-registry.ts';

export interface IndexedStream extends StreamInfo {
  /** Bounds of its entries in blocks, inclusive; undefined while all of them are unsealed. */
  t0Ns: bigint | undefined;
  t1Ns: bigint | undefined;
  /** How long it is kept; 0n: for ever. */
  readonly retentionNs: bigint;
}

interface TenantIndex {
  /** Here and below in the order in which they became durable. */
  readonly streams: IndexedStream[];
  /** name → value → streams. */
  readonly values: Map<string, Map<string, IndexedStream[]>>;
  /** Values of a name, sorted: kept until one is added. */
  readonly sorted: Map<string, readonly string[]>;
}

interface StreamRow {
  readonly row: number;
  readonly id: number;
  readonly tenant: string;
  readonly labels: string;
}

const emptyIndex: TenantIndex = { streams: [], values: new Map(), sorted: new Map() };

export class StreamIndex {
  readonly #retention: RetentionPolicy;
  readonly #rows: Statement<[number], StreamRow>;
  readonly #removals: Statement<[], number>;
  readonly #timesChanges: Statement<[], number>;
  readonly #times: Statement<[], readonly [bigint, bigint, bigint]>;
  #tenants = new Map<string, TenantIndex>();
  #byId = new Map<number, IndexedStream>();
  #lastRow = 0;
  #seenRemovals = -1;
  #seenTimes = -1;

  constructor(database: Database, retention: RetentionPolicy) {
    this.#retention = retention;
    this.#rows = database.prepare('SELECT row, id, tenant, labels FROM stream WHERE row > ? ORDER BY row');
    this.#removals = database
      .prepare<[], number>("SELECT value FROM meta WHERE key = 'stream_removals'")
      .pluck();
    this.#timesChanges = database
      .prepare<[], number>("SELECT value FROM meta WHERE key = 'times_changes'")
      .pluck();
    this.#times = database.prepare('SELECT stream, t0, t1 FROM stream_time');
    this.#times.raw().safeIntegers();
  }

  get streamCount(): number {
    return this.#byId.size;
  }

  /** Inside a read transaction: takes in what is new. */
  refresh(): void {
    const removals = this.#removals.get() ?? 0;
    if (removals !== this.#seenRemovals) {
      this.#tenants = new Map();
      this.#byId = new Map();
      this.#lastRow = 0;
      this.#seenTimes = -1;
      this.#seenRemovals = removals;
    }
    for (const row of this.#rows.all(this.#lastRow)) {
      this.#add(row);
      this.#lastRow = row.row;
    }
    const times = this.#timesChanges.get() ?? 0;
    if (times === this.#seenTimes) return;
    this.#seenTimes = times;
    for (const [id, t0, t1] of this.#times.all()) {
      const stream = this.#byId.get(Number(id));
      if (stream === undefined) continue;
      stream.t0Ns = t0;
      stream.t1Ns = t1;
    }
  }

  stream(id: number): IndexedStream | undefined {
    return this.#byId.get(id);
  }

  /** Label names of a tenant's streams that pass, sorted. */
  names(tenant: string, test: (stream: IndexedStream) => boolean): readonly string[] {
    const { values } = this.#tenants.get(tenant) ?? emptyIndex;
    const names: string[] = [];
    for (const [name, byValue] of values)
      for (const streams of byValue.values())
        if (streams.some(test)) {
          names.push(name);
          break;
        }
    return names.sort();
  }

  /** Values of a label of a tenant's streams that pass, sorted. */
  values(tenant: string, name: string, test: (stream: IndexedStream) => boolean): readonly string[] {
    const { values, sorted } = this.#tenants.get(tenant) ?? emptyIndex;
    const byValue = values.get(name);
    if (byValue === undefined) return [];
    let known = sorted.get(name);
    if (known?.length !== byValue.size) {
      known = [...byValue.keys()].sort();
      sorted.set(name, known);
    }
    return known.filter((value) => byValue.get(value)?.some(test));
  }

  /** Streams that all matchers take. Throws RegexError. */
  select(tenant: string, matchers: readonly Matcher[]): readonly IndexedStream[] {
    const index = this.#tenants.get(tenant) ?? emptyIndex;
    const tests = matchers.map((matcher) => ({
      name: matcher.name,
      test: remembering(compileMatcher(matcher)),
    }));
    // A matcher that the empty text fails needs the label: its streams can be looked up. Take the fewest.
    let narrowest: readonly IndexedStream[] = index.streams;
    let looked: (typeof tests)[number] | undefined;
    for (const matcher of tests) {
      if (matcher.test('')) continue;
      const streams = streamsWith(index, matcher.name, matcher.test, narrowest.length);
      if (streams === undefined) continue;
      narrowest = streams;
      looked = matcher;
    }
    const rest = tests.filter((matcher) => matcher !== looked);
    return narrowest.filter(({ labels }) =>
      rest.every(({ name, test }) => test(labelValue(labels, name) ?? '')),
    );
  }

  #add({ id, tenant, labels: text }: StreamRow): void {
    const labels = decodeLabels(text);
    const retentionNs = this.#retention.periodNs(tenant, labels);
    const stream: IndexedStream = { id, labels, t0Ns: undefined, t1Ns: undefined, retentionNs };
    this.#byId.set(id, stream);
    let index = this.#tenants.get(tenant);
    if (index === undefined) {
      index = { streams: [], values: new Map(), sorted: new Map() };
      this.#tenants.set(tenant, index);
    }
    index.streams.push(stream);
    for (const [name, value] of labels) {
      const values = index.values.get(name);
      if (values === undefined) index.values.set(name, new Map([[value, [stream]]]));
      else {
        const streams = values.get(value);
        if (streams === undefined) values.set(value, [stream]);
        else streams.push(stream);
      }
    }
  }
}

/** Streams whose label passes; undefined when they are not fewer than `below`. */
function streamsWith(
  index: TenantIndex,
  name: string,
  test: ValuePredicate,
  below: number,
): IndexedStream[] | undefined {
  const lists: IndexedStream[][] = [];
  let count = 0;
  for (const [value, streams] of index.values.get(name) ?? []) {
    if (!test(value)) continue;
    lists.push(streams);
    count += streams.length;
    if (count >= below && below > 0) return undefined;
  }
  const [only] = lists;
  if (only !== undefined && lists.length === 1) return only;
  return lists.flat();
}

/** A regex runs over distinct values, not over streams. */
function remembering(test: ValuePredicate): ValuePredicate {
  const verdicts = new Map<string, boolean>();
  return (value) => {
    const known = verdicts.get(value);
    if (known !== undefined) return known;
    const verdict = test(value);
    verdicts.set(value, verdict);
    return verdict;
  };
}
