// A histogram that is told how many values fell into each bucket: prom-client's own can only observe values one by one.
import type { Metric, Registry } from 'prom-client';

export interface CountedHistogramOptions {
  readonly name: string;
  readonly help: string;
  /** Upper bounds, ascending. */
  readonly bounds: readonly number[];
}

export class CountedHistogram {
  readonly #options: CountedHistogramOptions;
  readonly #counts: number[];
  #sum = 0;

  constructor(options: CountedHistogramOptions, registry: Registry) {
    this.#options = options;
    this.#counts = new Array<number>(options.bounds.length + 1).fill(0);
    const { name, help } = options;
    // All that a registry reads of a metric.
    const metric = { name, help, type: 'histogram', get: async () => this.#sample(), reset: () => {} };
    registry.registerMetric(metric as unknown as Metric);
  }

  /** `counts[i]` values in bucket i (not cumulative), the last one above every bound; `sum` of all of them. */
  add(counts: readonly number[], sum: number): void {
    counts.forEach((count, bucket) => {
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + count;
    });
    this.#sum += sum;
  }

  #sample() {
    const { name, help, bounds } = this.#options;
    let total = 0;
    const buckets = this.#counts.map((count, index) => {
      total += count;
      return { value: total, labels: { le: bounds[index] ?? '+Inf' }, metricName: `${name}_bucket` };
    });
    const values = [
      ...buckets,
      { value: this.#sum, labels: {}, metricName: `${name}_sum` },
      { value: total, labels: {}, metricName: `${name}_count` },
    ];
    return { name, help, type: 'histogram', values, aggregator: 'sum' };
  }
}
