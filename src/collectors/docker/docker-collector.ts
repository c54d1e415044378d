// The Docker collector: finds containers, follows each, survives the engine's going and coming.

import { setMaxListeners } from 'node:events';
import type { Sink } from '../../ingest/sink/sink.ts';
import { type Clock, nsPerMs, systemClock } from '../../model/time.ts';
import type { Collector, CollectorHealth } from '../collector.ts';
import { HealthTally } from '../health.ts';
import { linkedAbort } from '../linked-abort.ts';
import { Outlet } from '../outlet.ts';
import { type MultilineOptions, multilineOptions } from '../parse/multiline.ts';
import { compileRelabel } from '../relabel.ts';
import type { DockerSettings } from '../settings.ts';
import { compileStages, type Stages } from '../stages/stages.ts';
import { timeZone } from '../stages/time-format.ts';
import { Backoff, pause, Wakeup } from '../waiting.ts';
import { type ContainerPosition, decodePosition, dockerSource, newPosition } from './checkpoint.ts';
import { isFollowed } from './containers.ts';
import { Engine, EngineError, type EngineTiming, engineTiming, readEvents } from './engine.ts';
import { engineHint } from './engine-hint.ts';
import { ContainerFollower } from './follower.ts';

export class DockerCollector implements Collector {
  readonly name = 'docker';
  readonly #settings: DockerSettings;
  readonly #host: string;
  readonly #clock: Clock;
  readonly #engine: Engine;
  readonly #timing: EngineTiming;
  readonly #multiline: MultilineOptions | undefined;
  readonly #stages: Stages;
  readonly #health = new HealthTally('docker');

  /** Throws for a pattern that is no RE2, and for certificates that cannot be read. */
  constructor(
    settings: DockerSettings,
    host: string,
    clock: Clock = systemClock,
    timing: EngineTiming = engineTiming,
  ) {
    this.#settings = settings;
    this.#host = host;
    this.#clock = clock;
    this.#multiline = multilineOptions(settings.parse.multiline);
    compileRelabel(settings.relabel);
    this.#stages = compileStages(settings.stages);
    timeZone(settings.parse.zone ?? '');
    this.#timing = timing;
    this.#engine = new Engine(settings, timing, clock);
  }

  health(): CollectorHealth {
    return this.#health.snapshot();
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const outlet = new Outlet(sink, dockerSource, this.#health);
    const backoff = new Backoff(200, 10_000);
    while (!signal.aborted) {
      // Positions are taken from the store at each connection: what was read before must have arrived there.
      await outlet.drained(signal);
      const { controller: session, release } = linkedAbort(signal);
      try {
        await this.#session(sink, outlet, session, () => backoff.reset());
      } catch (error) {
        if (!signal.aborted) this.#health.error(engineHint(error as EngineError, this.#settings.host));
      } finally {
        session.abort();
        release();
      }
      await backoff.wait(signal);
    }
    await outlet.close();
    this.#health.targets = 0;
    this.#health.stopped();
  }

  /** One connection to the engine, from listing the containers to the end of its events. */
  async #session(sink: Sink, outlet: Outlet, session: AbortController, connected: () => void): Promise<void> {
    const { signal } = session;
    // Each container listens to it several times.
    setMaxListeners(0, signal);
    const known = new Map<string, ContainerPosition>();
    for (const { key, state } of await sink.checkpoints(dockerSource)) {
      const position = decodePosition(state);
      if (position) known.set(key, position);
    }
    const following = new Map<string, Wakeup>();
    const followers = new Map<string, ContainerFollower>();
    const running = new Set<Promise<void>>();
    /** Containers beyond the number that may be followed: each takes the place of one that is gone. */
    const queued = new Set<string>();
    const follow = async (id: string): Promise<void> => {
      if (following.has(id)) return following.get(id)?.notify();
      if (following.size >= this.#settings.containersMax) {
        queued.add(id);
        this.#health.waiting(
          `More than ${this.#settings.containersMax} containers: raise docker.containers_max or exclude some.`,
        );
        return;
      }
      const changed = new Wakeup();
      following.set(id, changed);
      try {
        for (;;) {
          const seen = changed.notified;
          const facts = await this.#engine.inspect(id, signal);
          if (facts && isFollowed(facts, this.#settings)) break;
          // It may have been renamed since the engine looked.
          if (changed.notified === seen) return;
        }
        this.#health.targets++;
        const follower = new ContainerFollower(id, known.get(id) ?? this.#newPosition(), {
          engine: this.#engine,
          outlet,
          settings: this.#settings,
          multiline: this.#multiline,
          stages: this.#stages,
          host: this.#host,
          clock: this.#clock,
          health: this.#health,
          changed,
        });
        followers.set(id, follower);
        await follower.run(signal).finally(() => this.#health.targets--);
        // It may be followed again, under another name.
        const { position } = follower;
        if (position) known.set(id, position);
        else known.delete(id);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        following.delete(id);
        followers.delete(id);
        const [next] = queued;
        if (next !== undefined) {
          queued.delete(next);
          start(next);
        }
      }
    };
    const start = (id: string): void => {
      // A failure here is the connection's: the session ends and starts over.
      const run = follow(id).catch((error) => session.abort(error));
      running.add(run);
      void run.finally(() => running.delete(run));
    };
    // Events first, so that no container is born between the list and the events.
    const events = await this.#engine.events(signal);
    const listed = await this.#engine.containers(signal);
    this.#health.running();
    connected();
    this.#forgetRemoved(outlet, known, listed);
    for (const id of listed) start(id);
    const watching = this.#watch(session);
    try {
      for await (const event of readEvents(events)) {
        const follower = event.action === 'rename' ? followers.get(event.id) : undefined;
        if (follower) follower.renamed();
        else if (event.action === 'start' || event.action === 'rename' || following.has(event.id))
          start(event.id);
      }
      if (!signal.aborted) throw new EngineError({ message: 'the connection ended' });
    } catch (error) {
      // What ended the session says more than how its streams ended.
      throw signal.reason instanceof EngineError ? signal.reason : error;
    } finally {
      session.abort();
      events.destroy();
      await Promise.all([...running, watching]);
    }
  }

  /** Ends the session when the engine no longer answers, though its streams stay open. */
  async #watch(session: AbortController): Promise<void> {
    const { signal } = session;
    while (!signal.aborted) {
      await pause(this.#timing.pingEveryMs, signal);
      await this.#engine.ping(signal).catch((error) => session.abort(error));
    }
  }

  #newPosition(): ContainerPosition {
    return newPosition(this.#clock.nowNs() - BigInt(this.#settings.historyMs) * nsPerMs);
  }

  #forgetRemoved(
    outlet: Outlet,
    known: ReadonlyMap<string, ContainerPosition>,
    listed: readonly string[],
  ): void {
    const there = new Set(listed);
    for (const id of known.keys()) if (!there.has(id)) outlet.mark(id, undefined, () => '');
  }
}
