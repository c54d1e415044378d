// A counter of what is counted elsewhere: it is told totals and raised to them.
import { Counter, type Registry } from 'prom-client';

export interface FollowingCounterOptions<T extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly T[];
  /** Called at every scrape, to tell the totals then. */
  readonly collect?: () => void | Promise<void>;
}

export class FollowingCounter<T extends string = never> {
  readonly #counter: Counter<T>;
  /** Totals told last, by the text of their labels: as many as the counter has series. */
  readonly #seen = new Map<string, number>();

  constructor(options: FollowingCounterOptions<T>, registry: Registry) {
    const { name, help, labelNames = [], collect } = options;
    this.#counter = new Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      ...(collect && { collect }),
    });
  }

  /** A total below the last one (its owner started over) raises nothing. */
  raiseTo(total: number, labels: Readonly<Record<T, string>>): void {
    const key = Object.values(labels).join('\n');
    this.#counter.inc(labels, Math.max(0, total - (this.#seen.get(key) ?? 0)));
    this.#seen.set(key, total);
  }
}
