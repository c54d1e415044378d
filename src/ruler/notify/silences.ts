// Silences: alerts that nobody is to be told of for a time. As Alertmanager's, by tenant.
import { randomUUID } from 'node:crypto';
import type { Matcher } from '../../logql/ast.ts';
import { type CompiledMatcher, compileMatchers, matchesLabels } from '../../logql/matchers.ts';
import type { Labels } from '../../model/labels.ts';
import type { RuleStore, StoredSilence } from '../../store/rule-store.ts';

export interface SilenceMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/** As a client asks for it. Unix ms. */
export interface SilenceDraft {
  /** Of the one to be changed; undefined: a new one. */
  readonly id: string | undefined;
  readonly matchers: readonly SilenceMatcher[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly createdBy: string;
  readonly comment: string;
}
export interface Silence extends SilenceDraft {
  readonly id: string;
  readonly updatedAtMs: number;
}

export type SilenceState = 'pending' | 'active' | 'expired';

/** What a client asked for cannot be. */
export class SilenceError extends Error {
  override readonly name = 'SilenceError';
}

/** Of one tenant, those that are over included. */
export const silencesMax = 1000;
export const matchersMax = 100;
/** How long one that is over is shown. */
const keptMs = 5 * 24 * 3_600_000;

interface Held {
  readonly silence: Silence;
  readonly matchers: readonly CompiledMatcher[];
}

export class Silences {
  readonly #store: Pick<RuleStore, 'putSilence'>;
  readonly #byTenant = new Map<string, Map<string, Held>>();

  constructor(store: Pick<RuleStore, 'putSilence'>, stored: readonly StoredSilence[]) {
    this.#store = store;
    for (const { tenant, silence } of stored) this.#hold(tenant, JSON.parse(silence) as Silence);
  }

  /** Those that end first come first, those that are over last. */
  list(tenant: string, nowMs: number): readonly Silence[] {
    const isOver = ({ endsAtMs }: Silence): boolean => endsAtMs <= nowMs;
    return [...(this.#byTenant.get(tenant)?.values() ?? [])]
      .map(({ silence }) => silence)
      .sort((a, b) => Number(isOver(a)) - Number(isOver(b)) || a.endsAtMs - b.endsAtMs);
  }

  get(tenant: string, id: string): Silence | undefined {
    return this.#byTenant.get(tenant)?.get(id)?.silence;
  }

  /** The ids of silences on an alert; none: somebody is to be told. */
  on(tenant: string, labels: Labels, nowMs: number): readonly string[] {
    const held = this.#byTenant.get(tenant);
    if (held === undefined) return [];
    return [...held.values()]
      .filter(
        ({ silence, matchers }) => stateOf(silence, nowMs) === 'active' && matchesLabels(matchers, labels),
      )
      .map(({ silence }) => silence.id);
  }

  /** When the next silence begins or ends. */
  nextChangeMs(nowMs: number): number | undefined {
    let next: number | undefined;
    for (const held of this.#byTenant.values())
      for (const { silence } of held.values())
        for (const at of [silence.startsAtMs, silence.endsAtMs])
          if (at > nowMs && (next === undefined || at < next)) next = at;
    return next;
  }

  /**
   * Resolves with the id: a silence that has begun and gets other matchers or another beginning ends, and a new one takes
   * its place. Rejects with {@link SilenceError}; undefined when there is none of the draft's id.
   */
  async set(tenant: string, draft: SilenceDraft, nowMs: number): Promise<string | undefined> {
    const was = draft.id === undefined ? undefined : this.get(tenant, draft.id);
    if (draft.id !== undefined && was === undefined) return undefined;
    const startsAtMs = Math.max(draft.startsAtMs, nowMs);
    checkDraft(draft, startsAtMs, nowMs);
    if (was !== undefined && isSame(was, draft, nowMs)) {
      const { endsAtMs, createdBy, comment } = draft;
      await this.#put(tenant, { ...was, endsAtMs, createdBy, comment, updatedAtMs: nowMs });
      return was.id;
    }
    await this.#makeRoom(tenant, nowMs);
    if (was !== undefined) await this.expire(tenant, was.id, nowMs);
    const silence = { ...draft, id: randomUUID(), startsAtMs, updatedAtMs: nowMs };
    await this.#put(tenant, silence);
    return silence.id;
  }

  /** Ends it now. Resolves with false when there is none of the id. */
  async expire(tenant: string, id: string, nowMs: number): Promise<boolean> {
    const silence = this.get(tenant, id);
    if (silence === undefined) return false;
    if (silence.endsAtMs > nowMs)
      await this.#put(tenant, {
        ...silence,
        startsAtMs: Math.min(silence.startsAtMs, nowMs),
        endsAtMs: nowMs,
        updatedAtMs: nowMs,
      });
    return true;
  }

  async #put(tenant: string, silence: Silence): Promise<void> {
    await this.#store.putSilence({ tenant, id: silence.id, silence: JSON.stringify(silence) });
    this.#hold(tenant, silence);
  }

  #hold(tenant: string, silence: Silence): void {
    const held = this.#byTenant.get(tenant) ?? new Map<string, Held>();
    held.set(silence.id, { silence, matchers: compileMatchers(silence.matchers.map(matcherOf)) });
    this.#byTenant.set(tenant, held);
  }

  /** Forgets what was over long ago; when there are still too many, what was over first. */
  async #makeRoom(tenant: string, nowMs: number): Promise<void> {
    const held = this.#byTenant.get(tenant) ?? new Map<string, Held>();
    const over = this.list(tenant, nowMs).filter(({ endsAtMs }) => endsAtMs <= nowMs);
    for (const { id, endsAtMs } of over) {
      if (nowMs - endsAtMs < keptMs && held.size < silencesMax) break;
      await this.#store.putSilence({ tenant, id, silence: undefined });
      held.delete(id);
    }
    if (held.size >= silencesMax)
      throw new SilenceError(`a tenant has ${silencesMax} silences at most: expire some of them`);
  }
}

export function stateOf({ startsAtMs, endsAtMs }: Silence, nowMs: number): SilenceState {
  if (endsAtMs <= nowMs) return 'expired';
  return startsAtMs > nowMs ? 'pending' : 'active';
}

/** The same alerts from the same time: what else changes does so in place. */
function isSame(was: Silence, draft: SilenceDraft, nowMs: number): boolean {
  if (JSON.stringify(was.matchers) !== JSON.stringify(draft.matchers)) return false;
  return stateOf(was, nowMs) === 'active' && was.startsAtMs === draft.startsAtMs;
}

function checkDraft(draft: SilenceDraft, startsAtMs: number, nowMs: number): void {
  const fail = (why: string): never => {
    throw new SilenceError(`silence invalid: ${why}`);
  };
  if (draft.endsAtMs <= nowMs) fail("end time can't be in the past");
  if (draft.endsAtMs <= startsAtMs) fail('end time must not be before start time');
  if (draft.matchers.length === 0) fail('at least one matcher required');
  if (draft.matchers.length > matchersMax) fail(`more than ${matchersMax} matchers`);
  const matchers = compileMatchers(draft.matchers.map(matcherOf));
  // It would be on alerts of any kind.
  if (matchers.every(({ test }) => test(''))) fail('at least one matcher must not match the empty string');
}

export const matcherOf = ({ name, value, isRegex, isEqual }: SilenceMatcher): Matcher => ({
  name,
  op: isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=',
  value,
});
