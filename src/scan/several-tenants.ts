// Reads several tenants as one: `a|b`. Their streams get the label `__tenant_id__`; matchers on it choose tenants.
import type { Matcher } from '../logql/ast.ts';
import { compileMatchers, matchesLabels } from '../logql/matchers.ts';
import { type Labels, labelsFromPairs } from '../model/labels.ts';
import { isSeveralTenants, splitTenants, tenantIdLabel } from '../model/tenants.ts';
import type { TimeRange } from '../model/time.ts';
import { scanOrder } from '../store/scan-order.ts';
import {
  type Awaitable,
  type EntryBatch,
  type FoldedUnit,
  type PlannedUnit,
  type ScanCounters,
  type ScanPlan,
  type ScanRequest,
  type ScanUnit,
  type Snapshot,
  type StoreReader,
  type StreamInfo,
  UnitGoneError,
} from '../store/store.ts';

/** A stream that has such a label of its own keeps it under this name. */
const originalLabel = `original_${tenantIdLabel}`;

interface Chosen {
  readonly tenants: readonly string[];
  readonly matchers: readonly Matcher[];
}

/** One tenant is passed through as it is. */
export class SeveralTenantsReader implements StoreReader {
  readonly #reader: StoreReader;
  /** Labels of a stream → the same with its tenant's. A stream has one tenant. */
  readonly #named = new WeakMap<Labels, Labels>();

  constructor(reader: StoreReader) {
    this.#reader = reader;
  }

  async streams(snapshot: Snapshot, tenant: string, matchers: readonly Matcher[], range: TimeRange) {
    if (!isSeveralTenants(tenant)) return this.#reader.streams(snapshot, tenant, matchers, range);
    const chosen = choose(tenant, matchers);
    const found: StreamInfo[] = [];
    for (const one of chosen.tenants)
      for (const stream of await this.#reader.streams(snapshot, one, chosen.matchers, range))
        found.push(this.#withTenant(stream, one));
    return found;
  }

  async labelNames(snapshot: Snapshot, tenant: string, matchers: readonly Matcher[], range: TimeRange) {
    if (!isSeveralTenants(tenant)) return this.#reader.labelNames(snapshot, tenant, matchers, range);
    const chosen = choose(tenant, matchers);
    const names = new Set<string>();
    for (const one of chosen.tenants)
      for (const name of await this.#reader.labelNames(snapshot, one, chosen.matchers, range))
        names.add(name);
    return names.size === 0 ? [] : [...names.add(tenantIdLabel)].sort();
  }

  async labelValues(
    snapshot: Snapshot,
    tenant: string,
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): Promise<readonly string[]> {
    if (!isSeveralTenants(tenant)) return this.#reader.labelValues(snapshot, tenant, name, matchers, range);
    const chosen = choose(tenant, matchers);
    const values = new Set<string>();
    for (const one of chosen.tenants) {
      if (name === tenantIdLabel) {
        const streams = await this.#reader.streams(snapshot, one, chosen.matchers, range);
        if (streams.length > 0) values.add(one);
      } else {
        const own = await this.#reader.labelValues(snapshot, one, name, chosen.matchers, range);
        for (const value of own) values.add(value);
      }
    }
    return [...values].sort();
  }

  plan(snapshot: Snapshot, request: ScanRequest, token?: unknown, signal?: AbortSignal): Awaitable<ScanPlan> {
    return isSeveralTenants(request.tenant)
      ? this.#planSeveral(snapshot, request, token, signal)
      : this.#reader.plan(snapshot, request, token, signal);
  }

  async #planSeveral(
    snapshot: Snapshot,
    request: ScanRequest,
    token: unknown,
    signal: AbortSignal | undefined,
  ): Promise<ScanPlan> {
    const chosen = choose(request.tenant, request.matchers);
    const tokens = token as readonly unknown[] | undefined;
    if (tokens !== undefined && tokens.length !== chosen.tenants.length)
      throw new UnitGoneError('the plan is of other tenants');
    const plans: ScanPlan[] = [];
    const units: PlannedUnit[] = [];
    for (const [index, tenant] of chosen.tenants.entries()) {
      const own = { ...request, tenant, matchers: chosen.matchers };
      const plan = await this.#reader.plan(snapshot, own, tokens?.[index], signal);
      plans.push(plan);
      for (const unit of plan.units) units.push(this.#ofTenant(unit, tenant));
    }
    return {
      units: request.direction === 'any' ? units : units.sort(scanOrder(request.direction)),
      token: plans.map((plan) => plan.token),
      view: {
        removals: plans.map(({ view }) => view.removals).join('|'),
        steadyFromNs: latest(plans.map(({ view }) => view.steadyFromNs)),
        damagedBlocks: plans.reduce((sum, { view }) => sum + view.damagedBlocks, 0),
      },
    };
  }

  async unfold(
    snapshot: Snapshot,
    unit: FoldedUnit,
    request: ScanRequest,
    signal: AbortSignal,
  ): Promise<readonly ScanUnit[]> {
    if (this.#reader.unfold === undefined) throw new Error('a reader that folds units must unfold them');
    if (!isSeveralTenants(request.tenant)) return this.#reader.unfold(snapshot, unit, request, signal);
    const { matchers } = choose(request.tenant, request.matchers);
    const own = { ...request, tenant: unit.tenant, matchers };
    const units = await this.#reader.unfold(snapshot, unit, own, signal);
    return units.map((one) => ({ ...one, stream: this.#withTenant(one.stream, unit.tenant) }));
  }

  scan(
    snapshot: Snapshot,
    unit: ScanUnit,
    request: ScanRequest,
    visit: (batch: EntryBatch) => boolean,
    counters: ScanCounters,
  ): void {
    if (!isSeveralTenants(request.tenant)) {
      this.#reader.scan(snapshot, unit, request, visit, counters);
      return;
    }
    const tenant = unit.stream.labels.find(([name]) => name === tenantIdLabel)?.[1] ?? '';
    const { matchers } = choose(request.tenant, request.matchers);
    this.#reader.scan(snapshot, unit, { ...request, tenant, matchers }, visit, counters);
  }

  close(): void {
    this.#reader.close();
  }

  #ofTenant(unit: PlannedUnit, tenant: string): PlannedUnit {
    return unit.stream === undefined ? unit : { ...unit, stream: this.#withTenant(unit.stream, tenant) };
  }

  #withTenant({ id, labels }: StreamInfo, tenant: string): StreamInfo {
    let named = this.#named.get(labels);
    if (named === undefined) {
      const own = labels.map(
        ([name, value]) => [name === tenantIdLabel ? originalLabel : name, value] as const,
      );
      named = labelsFromPairs([...own, [tenantIdLabel, tenant]]);
      this.#named.set(labels, named);
    }
    return { id, labels: named };
  }
}

/** The tenants that the matchers leave, and the matchers that are about their streams. */
function choose(tenant: string, matchers: readonly Matcher[]): Chosen {
  const ofTenants = compileMatchers(matchers.filter(({ name }) => name === tenantIdLabel));
  return {
    tenants: splitTenants(tenant).filter((one) => matchesLabels(ofTenants, [[tenantIdLabel, one]])),
    matchers: matchers.filter(({ name }) => name !== tenantIdLabel),
  };
}

function latest(times: readonly bigint[]): bigint {
  let found = 0n;
  for (const time of times) if (time > found) found = time;
  return found;
}
