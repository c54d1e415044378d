// Reads several tenants as one: `a|b`. Their streams get the label `__tenant_id__`; matchers on it choose tenants.
import type { Matcher } from '../logql/ast.ts';
import { compileMatchers, matchesLabels } from '../logql/matchers.ts';
import { type Labels, labelsFromPairs } from '../model/labels.ts';
import { isSeveralTenants, splitTenants, tenantIdLabel } from '../model/tenants.ts';
import type { TimeRange } from '../model/time.ts';
import {
  type EntryBatch,
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

  streams(snapshot: Snapshot, tenant: string, matchers: readonly Matcher[], range: TimeRange) {
    if (!isSeveralTenants(tenant)) return this.#reader.streams(snapshot, tenant, matchers, range);
    const chosen = choose(tenant, matchers);
    return chosen.tenants.flatMap((one) =>
      this.#reader
        .streams(snapshot, one, chosen.matchers, range)
        .map((stream) => this.#withTenant(stream, one)),
    );
  }

  labelNames(snapshot: Snapshot, tenant: string, matchers: readonly Matcher[], range: TimeRange) {
    if (!isSeveralTenants(tenant)) return this.#reader.labelNames(snapshot, tenant, matchers, range);
    const chosen = choose(tenant, matchers);
    const names = chosen.tenants.flatMap((one) =>
      this.#reader.labelNames(snapshot, one, chosen.matchers, range),
    );
    return names.length === 0 ? [] : [...new Set([tenantIdLabel, ...names])].sort();
  }

  labelValues(
    snapshot: Snapshot,
    tenant: string,
    name: string,
    matchers: readonly Matcher[],
    range: TimeRange,
  ): readonly string[] {
    if (!isSeveralTenants(tenant)) return this.#reader.labelValues(snapshot, tenant, name, matchers, range);
    const chosen = choose(tenant, matchers);
    const values = chosen.tenants.flatMap((one) => {
      if (name !== tenantIdLabel)
        return this.#reader.labelValues(snapshot, one, name, chosen.matchers, range);
      return this.#reader.streams(snapshot, one, chosen.matchers, range).length > 0 ? [one] : [];
    });
    return [...new Set(values)].sort();
  }

  plan(snapshot: Snapshot, request: ScanRequest, token?: unknown): ScanPlan {
    if (!isSeveralTenants(request.tenant)) return this.#reader.plan(snapshot, request, token);
    const chosen = choose(request.tenant, request.matchers);
    const tokens = token as readonly unknown[] | undefined;
    if (tokens !== undefined && tokens.length !== chosen.tenants.length)
      throw new UnitGoneError('the plan is of other tenants');
    const plans = chosen.tenants.map((tenant, index) =>
      this.#reader.plan(snapshot, { ...request, tenant, matchers: chosen.matchers }, tokens?.[index]),
    );
    const units = plans.flatMap((plan, index) =>
      [...plan.units].map((unit) => ({
        ...unit,
        stream: this.#withTenant(unit.stream, chosen.tenants[index] as string),
      })),
    );
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

/** By last time descending for backward, by first time ascending for forward; then by stream, so that it is always the same. */
function scanOrder(direction: Exclude<ScanRequest['direction'], 'any'>) {
  const sign = direction === 'backward' ? -1 : 1;
  const timeOf = (unit: ScanUnit): bigint => (direction === 'backward' ? unit.lastNs : unit.firstNs);
  return (a: ScanUnit, b: ScanUnit): number => {
    const [timeA, timeB] = [timeOf(a), timeOf(b)];
    return timeA === timeB ? a.stream.id - b.stream.id : sign * (timeA < timeB ? -1 : 1);
  };
}

function latest(times: readonly bigint[]): bigint {
  let found = 0n;
  for (const time of times) if (time > found) found = time;
  return found;
}
