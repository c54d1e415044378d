// One connection to the engine, from listing the containers to the end of its events: each container is followed by one
// run, and what happens to it wakes that run or starts one.
import { setMaxListeners } from 'node:events';
import { nsPerMs } from '../../model/time.ts';
import { pause, Wakeup } from '../waiting.ts';
import { type ContainerPosition, newPosition } from './checkpoint.ts';
import { isFollowed } from './containers.ts';
import { EngineError, type EngineTiming, readEvents } from './engine.ts';
import { ContainerFollower, type FollowerOptions } from './follower.ts';

/** What all sessions of a collector have in common. */
export type SessionParts = Omit<FollowerOptions, 'changed'> & { readonly timing: EngineTiming };

export class DockerSession {
  readonly #parts: SessionParts;
  /** Aborted to end the session, with what ended it. */
  readonly #end: AbortController;
  /** Where containers were read to; those that are followed know better. */
  readonly #positions: Map<string, ContainerPosition>;
  /** Wakes the run of a container. */
  readonly #runs = new Map<string, Wakeup>();
  /** Of the runs that have come to reading. */
  readonly #followers = new Map<string, ContainerFollower>();
  readonly #running = new Set<Promise<void>>();
  /** Containers beyond the number that may be followed: each takes the place of one that is gone. */
  readonly #queued = new Set<string>();

  /** `positions` are the session's from now on. */
  constructor(parts: SessionParts, end: AbortController, positions: Map<string, ContainerPosition>) {
    this.#parts = parts;
    this.#end = end;
    this.#positions = positions;
    // Each container listens to it several times.
    setMaxListeners(0, end.signal);
  }

  /** Resolves when it was ended, rejects with what broke it. Calls `connected` once the containers are listed. */
  async run(connected: () => void): Promise<void> {
    const { engine, health } = this.#parts;
    const { signal } = this.#end;
    // Events first, so that no container is born between the list and the events.
    const events = await engine.events(signal);
    const listed = await engine.containers(signal);
    health.running();
    connected();
    this.#forgetRemoved(listed);
    for (const id of listed) this.#start(id);
    const watching = this.#watch();
    try {
      for await (const { action, id } of readEvents(events)) {
        const follower = action === 'rename' ? this.#followers.get(id) : undefined;
        if (follower) follower.renamed();
        else if (action === 'start' || action === 'rename' || this.#runs.has(id)) this.#start(id);
      }
      if (!signal.aborted) throw new EngineError({ message: 'the connection ended' });
    } catch (error) {
      // What ended the session says more than how its streams ended.
      throw signal.reason instanceof EngineError ? signal.reason : error;
    } finally {
      this.#end.abort();
      events.destroy();
      await Promise.all([...this.#running, watching]);
    }
  }

  #start(id: string): void {
    const wakeup = this.#runs.get(id);
    if (wakeup !== undefined) wakeup.notify();
    else if (this.#runs.size >= this.#parts.settings.containersMax) this.#queue(id);
    else {
      // A failure here is the connection's: the session ends and starts over.
      const run = this.#follow(id).catch((error) => this.#end.abort(error));
      this.#running.add(run);
      void run.finally(() => this.#running.delete(run));
    }
  }

  #queue(id: string): void {
    const { settings, health } = this.#parts;
    this.#queued.add(id);
    health.waiting(
      `More than ${settings.containersMax} containers: raise docker.containers_max or exclude some.`,
    );
  }

  async #follow(id: string): Promise<void> {
    const changed = new Wakeup();
    this.#runs.set(id, changed);
    try {
      if (await this.#isWanted(id, changed)) await this.#read(id, changed);
    } catch (error) {
      if (!this.#end.signal.aborted) throw error;
    } finally {
      this.#runs.delete(id);
      this.#followers.delete(id);
      const [next] = this.#queued;
      if (next !== undefined) {
        this.#queued.delete(next);
        this.#start(next);
      }
    }
  }

  async #isWanted(id: string, changed: Wakeup): Promise<boolean> {
    const { engine, settings } = this.#parts;
    for (;;) {
      const seen = changed.notified;
      const facts = await engine.inspect(id, this.#end.signal);
      if (facts && isFollowed(facts, settings)) return true;
      // It may have been renamed since the engine looked.
      if (changed.notified === seen) return false;
    }
  }

  async #read(id: string, changed: Wakeup): Promise<void> {
    const { health } = this.#parts;
    health.targets++;
    const from = this.#positions.get(id) ?? this.#firstPosition();
    const follower = new ContainerFollower(id, from, { ...this.#parts, changed });
    this.#followers.set(id, follower);
    await follower.run(this.#end.signal).finally(() => health.targets--);
    // It may be followed again, under another name.
    const { position } = follower;
    if (position) this.#positions.set(id, position);
    else this.#positions.delete(id);
  }

  /** Ends the session when the engine no longer answers, though its streams stay open. */
  async #watch(): Promise<void> {
    const { engine, timing } = this.#parts;
    const { signal } = this.#end;
    while (!signal.aborted) {
      await pause(timing.pingEveryMs, signal);
      await engine.ping(signal).catch((error) => this.#end.abort(error));
    }
  }

  #firstPosition(): ContainerPosition {
    const { clock, settings } = this.#parts;
    return newPosition(clock.nowNs() - BigInt(settings.historyMs) * nsPerMs);
  }

  #forgetRemoved(listed: readonly string[]): void {
    const there = new Set(listed);
    for (const id of this.#positions.keys())
      if (!there.has(id)) this.#parts.outlet.mark(id, undefined, () => '');
  }
}
