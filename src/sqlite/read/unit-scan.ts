// Scanning one unit: skip by filter, search whole blocks, verify only lines that hold a required literal.
import { gramFilterMayContain } from '../../kernels/gram-filter.ts';
import { LineSearcher } from '../../kernels/line-searcher.ts';
import type { Needle } from '../../kernels/needle.ts';
import type { LineFilterStage } from '../../logql/stages/line-filter.ts';
import type { Labels } from '../../model/labels.ts';
import { type HiddenSpan, HiddenTest } from '../../store/hidden-entries.ts';
import type { EntryBatch, ScanCounters, ScanRequest, ScanUnit } from '../../store/store.ts';
import { blockFlags, CorruptBlockError } from '../format/block.ts';
import { BlockDecoder } from '../format/decode.ts';
import { type DamageReports, withoutDamage } from '../threads/damage.ts';
import { zeros } from '../threads/segment.ts';
import type { BlockFilters } from './block-filters.ts';
import type { BlockQuery } from './block-query.ts';
import { LineTails } from './line-tails.ts';
import { MergedSource } from './merged-source.ts';
import { ScanBatch } from './scan-batch.ts';
import { compileScanFilter, type ScanFilter } from './scan-filter.ts';
import type { IndexedSegment } from './segment-index.ts';
import type { BlockAddress, UnitAddress } from './unit-address.ts';

export interface ScanContext {
  readonly unit: ScanUnit;
  readonly request: ScanRequest;
  /** The request's start, or the retention's if later. */
  readonly startNs: bigint;
  readonly segment: (number: number) => IndexedSegment | undefined;
  readonly visit: (batch: EntryBatch) => boolean;
  readonly counters: ScanCounters;
}

/** Reading a gram filter costs more than scanning a block below this. */
const filteredRawBytesMin = 8 * 1024;

export class UnitScanner {
  readonly #query: BlockQuery;
  readonly #gramFilters: BlockFilters;
  readonly #damage: DamageReports;
  readonly #hidden = new HiddenTest();
  readonly #decoder = new BlockDecoder();
  readonly #tails = new LineTails();
  readonly #merged = new MergedSource();
  readonly #batch = new ScanBatch();
  /** By the array of a request's line filters: a scan narrows its request as it goes on. */
  readonly #filters = new WeakMap<readonly LineFilterStage[], ScanFilter>();
  #searcher: LineSearcher | undefined;
  #marks = new Uint8Array(0);

  constructor(query: BlockQuery, filters: BlockFilters, damage: DamageReports) {
    this.#query = query;
    this.#gramFilters = filters;
    this.#damage = damage;
  }

  scan(context: ScanContext): void {
    const address = context.unit.address as UnitAddress;
    const filter = this.filterOf(context.request);
    const [block] = address.blocks;
    const { blocks, slices, hidden } = address;
    if (block === undefined || blocks.length > 1 || slices.length > 0 || hidden !== undefined)
      this.#scanMerged(context, address, filter);
    else
      withoutDamage(block.id, { damage: this.#damage, counters: context.counters }, () => {
        if (this.#fillFromBlock(context, block, filter)) this.#hand(context);
      });
  }

  /** The request's line filters, compiled; undefined when there are none. */
  filterOf({ lineFilters }: ScanRequest): ScanFilter | undefined {
    if (lineFilters.length === 0) return undefined;
    let filter = this.#filters.get(lineFilters);
    if (filter === undefined) {
      filter = compileScanFilter(lineFilters);
      this.#filters.set(lineFilters, filter);
    }
    return filter;
  }

  /** False: nothing of the block passes. Throws UnitGoneError, CorruptBlockError. */
  #fillFromBlock(context: ScanContext, block: BlockAddress, filter: ScanFilter | undefined): boolean {
    const { counters } = context;
    if (filter?.usesGrams && block.raw >= filteredRawBytesMin && !this.#mayContain(block, filter)) {
      counters.blocksSkipped++;
      return false;
    }
    counters.blocksRead++;
    counters.lines += block.n;
    return filter === undefined
      ? this.#fillInRange(context, block)
      : this.#fillMatching(context, block, filter);
  }

  /** Lines first: times and metadata are read only when they hold something. */
  #fillMatching(context: ScanContext, block: BlockAddress, filter: ScanFilter): boolean {
    const column = this.#query.columns(block.id, 'lines')[0] as Buffer;
    if (!context.request.needLines && this.#fillFound(context, block, filter, column)) return true;
    const lines = this.#unpack(context, block, column);
    if (filter.search.length > 0 && !filter.search.some((needle) => this.#decoder.linesContain(needle)))
      return false;
    const withMetadata = hasMetadata(context.request, block);
    const [ts, meta] = this.#query.columns(block.id, withMetadata ? 'ts, meta' : 'ts');
    this.#fillTimes(ts as Buffer);
    this.#batch.bytes = lines;
    this.#fillMetadata(meta, block.n);
    this.#selectMatching(context, filter, (needle) => this.#decoder.searchBlock(needle));
    return true;
  }

  /** Finds a literal without the lines, which nobody asks for. False: that is not possible. */
  #fillFound(context: ScanContext, block: BlockAddress, filter: ScanFilter, lines: Buffer): boolean {
    const [needle, other] = filter.search;
    if (needle === undefined || other !== undefined || filter.verify !== undefined) return false;
    const withMetadata = hasMetadata(context.request, block);
    const [ts, meta] = this.#query.columns(block.id, withMetadata ? 'ts, meta' : 'ts');
    this.#fillTimes(ts as Buffer);
    const found = this.#decoder.searchColumns(lines, needle);
    if (found === undefined) return false;
    context.counters.bytes += block.raw;
    // Lengths of the whole lines count.
    this.#fillTimes(ts as Buffer);
    this.#fillMetadata(meta, block.n);
    this.#selectMatching(context, filter, () => found);
    return true;
  }

  /** Times first when the range cuts the unit: they tell what else is wanted. */
  #fillInRange(context: ScanContext, block: BlockAddress): boolean {
    const { unit, request, startNs } = context;
    const withMetadata = hasMetadata(request, block);
    if (startNs > unit.firstNs || request.endNs <= unit.lastNs)
      return this.#fillSelected(context, block, withMetadata);
    const [ts, ...rest] = this.#query.columns(
      block.id,
      `ts${withMetadata ? ', meta' : ''}${request.needLines ? ', lines' : ''}`,
    );
    this.#fillTimes(ts as Buffer);
    this.#fillMetadata(withMetadata ? rest[0] : undefined, block.n);
    if (request.needLines) this.#batch.bytes = this.#unpackFields(context, block, rest.at(-1) as Buffer);
    this.#selectAll(context);
    return true;
  }

  #fillSelected(context: ScanContext, block: BlockAddress, withMetadata: boolean): boolean {
    const batch = this.#batch;
    this.#fillTimes(this.#query.columns(block.id, 'ts')[0] as Buffer);
    this.#selectAll(context);
    if (batch.selectedCount === 0) return false;
    this.#fillMetadata(withMetadata ? this.#query.columns(block.id, 'meta')[0] : undefined, block.n);
    if (!context.request.needLines) return true;
    if (context.request.lineFields !== undefined) {
      batch.bytes = this.#unpackFields(context, block, this.#query.columns(block.id, 'lines')[0] as Buffer);
      return true;
    }
    const at = batch.lineStarts[batch.selected[0] as number] as number;
    const tail = this.#tails.find(block.id, at);
    if (tail !== undefined) {
      context.counters.bytes += tail.bytes.length;
      batch.bytes = this.#decoder.placeLines(tail.bytes, tail.at);
    } else {
      batch.bytes = this.#unpack(context, block, this.#query.columns(block.id, 'lines')[0] as Buffer);
      this.#tails.keep(block.id, batch.bytes, at);
    }
    return true;
  }

  /** After the times, whose ranges it may change. */
  #unpackFields(context: ScanContext, block: BlockAddress, lines: Buffer): Buffer {
    const { counters, request } = context;
    const reduced = request.lineFields && this.#decoder.decodeLineFields(lines, request.lineFields);
    if (reduced === undefined) return this.#unpack(context, block, lines);
    counters.bytes += block.raw;
    return reduced;
  }

  #unpack({ counters }: ScanContext, block: BlockAddress, lines: Buffer): Buffer {
    counters.bytes += block.raw;
    return this.#decoder.decodeLines(lines);
  }

  /** Without its filter a block is no worse than one without a match: it is searched. */
  #mayContain(block: BlockAddress, filter: ScanFilter): boolean {
    try {
      return this.#gramFilters.ask(block.id, (bits) =>
        filter.mayContain((needles) => gramFilterMayContain(bits, needles)),
      );
    } catch (error) {
      if (error instanceof CorruptBlockError) return true;
      throw error;
    }
  }

  #fillTimes(ts: Buffer): void {
    const batch = this.#batch;
    const times = this.#decoder.decodeTimes(ts);
    batch.count = times.count;
    batch.baseNs = times.baseNs;
    batch.offsetsNs = times.offsetsNs as Float64Array<ArrayBuffer>;
    batch.lineStarts = times.lineStarts as Uint32Array<ArrayBuffer>;
    batch.lineEnds = times.lineEnds as Uint32Array<ArrayBuffer>;
    batch.level = times.level;
    batch.bytes = noBytes;
  }

  /** Without a column no entry of the block has metadata, or nobody asks. */
  #fillMetadata(meta: Buffer | undefined, count: number): void {
    const batch = this.#batch;
    if (meta === undefined) {
      batch.metadataBytes = noBytes;
      batch.metadataStarts = zeros(count);
      batch.metadataEnds = zeros(count);
    } else Object.assign(batch, this.#decoder.decodeMeta(meta, count));
  }

  #scanMerged(context: ScanContext, address: UnitAddress, filter: ScanFilter | undefined): void {
    const { unit, segment, counters } = context;
    const batch = this.#batch;
    const baseNs = address.window?.startNs ?? unit.firstNs;
    const sources = {
      query: this.#query,
      decoder: this.#decoder,
      damage: this.#damage,
      counters,
      segment,
      baseNs,
    };
    this.#merged.load(address, sources, batch);
    counters.blocksRead += address.blocks.length;
    counters.lines += batch.count;
    counters.bytes += unit.rawBytes;
    if (filter === undefined) this.#selectAll(context);
    else {
      this.#searcher ??= new LineSearcher();
      const searcher = this.#searcher;
      this.#selectMatching(context, filter, (needle) => searcher.search(batch, needle));
    }
    if (address.hidden !== undefined) this.#dropHidden(address.hidden, unit.stream.labels);
    this.#hand(context);
    this.#merged.giveBack(batch);
  }

  #dropHidden(spans: readonly HiddenSpan[], labels: Labels): void {
    const batch = this.#batch;
    const isHidden = this.#hidden.of(spans, labels, batch);
    let n = 0;
    for (let k = 0; k < batch.selectedCount; k++) {
      const i = batch.selected[k] as number;
      if (!isHidden(i)) batch.selected[n++] = i;
    }
    batch.selectedCount = n;
  }

  #hand({ unit, visit }: ScanContext): void {
    this.#batch.stream = unit.stream;
    if (this.#batch.selectedCount > 0) visit(this.#batch);
  }

  #selectAll({ startNs, request }: ScanContext): void {
    const batch = this.#batch;
    const { low, high } = batch.offsetBounds(startNs, request.endNs);
    const { count, offsetsNs } = batch;
    const selected = batch.reserveSelected(count);
    let n = 0;
    for (let i = 0; i < count; i++) {
      const offset = offsetsNs[i] as number;
      if (offset >= low && offset < high) selected[n++] = i;
    }
    batch.selectedCount = n;
  }

  #selectMatching(context: ScanContext, filter: ScanFilter, search: (needle: Needle) => Uint32Array): void {
    const batch = this.#batch;
    const { low, high } = batch.offsetBounds(context.startNs, context.request.endNs);
    const { offsetsNs, lineStarts, lineEnds, bytes } = batch;
    const { verify } = filter;
    const candidates = this.#candidates(filter, search);
    const count = candidates?.length ?? batch.count;
    const selected = batch.reserveSelected(count);
    let n = 0;
    for (let k = 0; k < count; k++) {
      const i = candidates === undefined ? k : (candidates[k] as number);
      const offset = offsetsNs[i] as number;
      if (offset < low || offset >= high) continue;
      if (verify === undefined || verify(bytes, lineStarts[i] as number, lineEnds[i] as number))
        selected[n++] = i;
    }
    batch.selectedCount = n;
  }

  /** Lines with one of the searched literals, ascending; undefined: all lines. */
  #candidates(filter: ScanFilter, search: (needle: Needle) => Uint32Array): Uint32Array | undefined {
    const [only] = filter.search;
    if (only === undefined) return undefined;
    if (filter.search.length === 1) return search(only);
    const { count } = this.#batch;
    if (this.#marks.length < count) this.#marks = new Uint8Array(Math.max(4096, count));
    this.#marks.fill(0, 0, count);
    let n = 0;
    for (const needle of filter.search)
      for (const i of search(needle)) {
        if (this.#marks[i] === 0) n++;
        this.#marks[i] = 1;
      }
    const found = new Uint32Array(n);
    for (let i = 0, at = 0; at < n; i++) if (this.#marks[i] === 1) found[at++] = i;
    return found;
  }
}

const noBytes = Buffer.alloc(0);

const hasMetadata = ({ needMetadata }: ScanRequest, { flags }: BlockAddress): boolean =>
  needMetadata && (flags & blockFlags.metadata) !== 0;
