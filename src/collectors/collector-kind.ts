// What is known of a kind of collector: whether there is something for it here, how it is made, and which streams are
// its own.
import type { Collector } from './collector.ts';
import type { Enabled } from './settings.ts';

export interface CollectorKind<Settings> {
  /** Looks for the source. `searchPath` is PATH. Never rejects. */
  detect(settings: Settings, searchPath: string): Promise<Detection>;
  /** Its modules are loaded by the thread that makes it. Rejects when the settings cannot be used. */
  create(settings: Settings, host: string): Promise<Collector>;
  /** A label that its streams alone have: with any value, or, unless that was changed, with this one. */
  readonly ownLabel: { readonly name: string; readonly value?: string };
}

export interface Detection {
  /** Whether the collector runs. */
  readonly runs: boolean;
  /** "docker: on, engine at …", "journal: off, there is no journal here". */
  readonly sentence: string;
  /** What is in the way, and what to do about it; '' when nothing is. */
  readonly trouble: string;
}

/** Not looked for, for a reason. */
export const isOff = (name: string, why: string): Detection => ({
  runs: false,
  sentence: `${name}: off${why}`,
  trouble: '',
});

/** Of a source that was looked for: `trouble` is '' when it is there. */
export function decided(name: string, enabled: Enabled, trouble: string, what: string): Detection {
  if (trouble === '') return { runs: true, sentence: `${name}: on, ${what}`, trouble };
  if (enabled === true) return { runs: true, sentence: `${name}: on, but waiting. ${trouble}`, trouble };
  return { runs: false, sentence: `${name}: off. ${trouble}`, trouble };
}
