// The Docker collector: finds containers, follows each, survives the engine's going and coming.

import { timeZone } from '../../go/zone.ts';
import type { Sink } from '../../ingest/sink/sink.ts';
import { type Clock, systemClock } from '../../model/time.ts';
import type { Collector, CollectorHealth } from '../collector.ts';
import { HealthTally } from '../health.ts';
import { linkedAbort } from '../linked-abort.ts';
import { Outlet } from '../outlet.ts';
import { multilineOptions } from '../parse/multiline.ts';
import { compileRelabel } from '../relabel.ts';
import type { DockerSettings } from '../settings.ts';
import { compileStages } from '../stages/stages.ts';
import { Backoff } from '../waiting.ts';
import { type ContainerPosition, decodePosition, dockerSource } from './checkpoint.ts';
import { Engine, type EngineError, type EngineTiming, engineTiming } from './engine.ts';
import { engineHint } from './engine-hint.ts';
import { DockerSession, type SessionParts } from './session.ts';

export class DockerCollector implements Collector {
  readonly name = 'docker';
  readonly #parts: Omit<SessionParts, 'outlet'>;
  readonly #health = new HealthTally('docker');

  /** Throws for a pattern that is no RE2, and for certificates that cannot be read. */
  constructor(
    settings: DockerSettings,
    host: string,
    clock: Clock = systemClock,
    timing: EngineTiming = engineTiming,
  ) {
    compileRelabel(settings.relabel);
    timeZone(settings.parse.zone ?? '');
    this.#parts = {
      engine: new Engine(settings, timing, clock),
      timing,
      settings,
      multiline: multilineOptions(settings.parse.multiline),
      stages: compileStages(settings.stages),
      host,
      clock,
      health: this.#health,
    };
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
        const positions = await this.#positions(sink);
        await new DockerSession({ ...this.#parts, outlet }, session, positions).run(() => backoff.reset());
      } catch (error) {
        if (!signal.aborted) this.#health.error(engineHint(error as EngineError, this.#parts.settings.host));
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

  async #positions(sink: Sink): Promise<Map<string, ContainerPosition>> {
    const positions = new Map<string, ContainerPosition>();
    for (const { key, state } of await sink.checkpoints(dockerSource)) {
      const position = decodePosition(state);
      if (position) positions.set(key, position);
    }
    return positions;
  }
}
