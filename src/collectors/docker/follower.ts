// Follows one container through its runs until it is removed.

import type { Readable } from 'node:stream';
import type { Labels } from '../../model/labels.ts';
import type { Clock } from '../../model/time.ts';
import type { HealthTally } from '../health.ts';
import type { Outlet } from '../outlet.ts';
import { EntryMaker } from '../parse/entry-maker.ts';
import type { MultilineOptions } from '../parse/multiline.ts';
import { compileRelabel } from '../relabel.ts';
import type { DockerSettings } from '../settings.ts';
import type { Stages } from '../stages/stages.ts';
import { Backoff, type Wakeup } from '../waiting.ts';
import { type ContainerPosition, encodePosition, readFrom, type StreamName } from './checkpoint.ts';
import { containerLabels, isFollowed, metaLabels } from './containers.ts';
import { dialectOf } from './dialect.ts';
import { type ContainerState, type Engine, EngineError } from './engine.ts';
import { FrameDecoder } from './frames.ts';
import { isAheadOfClock, LineAssembler, type StreamPosition } from './lines.ts';
import { engineTime, sinceText, timeBytesMax, wholeSecond } from './log-piece.ts';
import { TerminalDecoder } from './terminal.ts';

export interface FollowerOptions {
  readonly engine: Engine;
  readonly outlet: Outlet;
  readonly settings: DockerSettings;
  readonly multiline: MultilineOptions | undefined;
  readonly stages: Stages;
  readonly host: string;
  readonly clock: Clock;
  readonly health: HealthTally;
  /** Notified at each event of this container. */
  readonly changed: Wakeup;
}

interface StreamReader {
  readonly lines: LineAssembler;
  readonly maker: EntryMaker<StreamPosition>;
  /** Position of the last entry handed on. */
  position: StreamPosition;
}

/** A line that is not yet known to be complete is looked at this often. */
const heldCheckMs = 250;

export class ContainerFollower {
  readonly #id: string;
  readonly #options: FollowerOptions;
  readonly #startNs: bigint;
  readonly #start: ContainerPosition;
  #gone = false;
  #streams: Record<StreamName, StreamReader> | undefined;
  /** The container's name as its labels have it. */
  #name = '';
  /** The engine's stream of log text, while it is read. */
  #reading: Readable | undefined;
  /** It was renamed since it was looked at. */
  #isStale = false;
  /** Entries were added that no checkpoint is behind yet. */
  #moved = false;
  /** Pieces that were new, to see whether a read brought any. */
  #freshPieces = 0;

  constructor(id: string, start: ContainerPosition, options: FollowerOptions) {
    this.#id = id;
    this.#start = start;
    this.#startNs = start.fromNs;
    this.#options = options;
  }

  /** How far it was read; undefined when the container is gone, or was never read. */
  get position(): ContainerPosition | undefined {
    return this.#streams && !this.#gone ? this.#position() : undefined;
  }

  /** The container has another name: it is looked at again. */
  renamed(): void {
    this.#isStale = true;
    this.#reading?.destroy();
    this.#options.changed.notify();
  }

  /**
   * Resolves when the container is gone, is not to be followed (any more) or cannot be read, or `signal` aborts. Engine
   * trouble is retried inside.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { engine, changed, health, settings } = this.#options;
    const backoff = new Backoff(100, 5_000);
    const checkHeld = setInterval(() => this.#flushDue(), heldCheckMs);
    try {
      while (!signal.aborted) {
        let seen = changed.notified;
        try {
          this.#isStale = false;
          const state = await engine.inspect(this.#id, signal);
          if (!state) return this.#finish();
          if (!isFollowed(state, settings)) {
            // Under its name of now it may be.
            if (this.#isStale) continue;
            return this.#flush();
          }
          const fresh = await this.#read(state, signal);
          seen = changed.notified;
          const after = await engine.inspect(this.#id, signal);
          if (!after) return this.#finish();
          // The end of the stream is no proof of having read everything: only a read that brings nothing new is.
          if (fresh > 0 || after.running) {
            if (fresh === 0) await backoff.wait(signal);
            else backoff.reset();
            continue;
          }
          this.#flush();
          await changed.next(signal, seen);
          backoff.reset();
        } catch (error) {
          if (signal.aborted) return;
          const refusal = error instanceof EngineError && error.status >= 500 ? error : undefined;
          if (refusal)
            health.lost(
              `The log of the container ${this.#name || this.#id} cannot be read: ${refusal.message}`,
            );
          // Its log driver lets nobody read.
          if (refusal?.status === 501) {
            await changed.next(signal, seen);
            continue;
          }
          await backoff.wait(signal);
        }
      }
    } finally {
      clearInterval(checkHeld);
    }
  }

  /** Reads until the stream ends; the number of new pieces. Throws when the connection breaks. */
  async #read(state: ContainerState, signal: AbortSignal): Promise<number> {
    const { engine, outlet } = this.#options;
    this.#streams ??= this.#openStreams(state);
    if (state.name !== this.#name) this.#relabel(state);
    const { stdout, stderr } = this.#streams;
    const nowNs = engine.nowNs();
    const from = readFrom(
      this.#startNs,
      [stdout, stderr].map(({ lines }) => ({ position: lines.position, heldNs: lines.openNs })),
      nowNs,
    );
    for (const { lines } of [stdout, stderr]) lines.reattach(isAheadOfClock(lines.position, nowNs));
    const before = this.#freshPieces;
    const stream = await engine.logs(this.#id, sinceText(wholeSecond(from)), signal);
    this.#reading = stream;
    if (this.#isStale) stream.destroy();
    const take = state.tty ? this.#takeTerminal() : this.#takeFrames();
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        this.#taking(() => take(chunk));
        if (outlet.full) await outlet.room(signal);
        if (signal.aborted) break;
      }
      this.#taking(() => take(undefined));
    } finally {
      this.#reading = undefined;
      stream.destroy();
    }
    return this.#freshPieces - before;
  }

  #takeFrames(): (chunk: Buffer | undefined) => void {
    const decoder = new FrameDecoder(this.#options.settings.lineBytesMax + timeBytesMax);
    return (chunk) => {
      if (!chunk) return;
      decoder.push(chunk, (stream, bytes, start, end, truncatedBytes) => {
        if (stream === 'error') throw new EngineError({ message: bytes.toString('utf8', start, end) });
        const time = engineTime(bytes, start);
        if (time && time.textStart <= end)
          this.#take(stream, time.ns, bytes, time.textStart, end, truncatedBytes);
        else this.#options.health.errorsTotal++;
      });
    };
  }

  #takeTerminal(): (chunk: Buffer | undefined) => void {
    const decoder = new TerminalDecoder();
    let ns: bigint | undefined;
    return (chunk) => {
      const rest = chunk ? undefined : decoder.end();
      for (const piece of chunk ? decoder.push(chunk) : rest ? [rest] : []) {
        const time = engineTime(piece);
        // A piece without one goes on with the line before it.
        ns = time?.ns ?? ns;
        if (ns === undefined) this.#options.health.errorsTotal++;
        else this.#take('stdout', ns, piece, time?.textStart ?? 0, piece.length, 0);
      }
    };
  }

  #take(
    stream: StreamName,
    ns: bigint,
    bytes: Buffer,
    start: number,
    end: number,
    truncatedBytes: number,
  ): void {
    const streams = this.#streams as Record<StreamName, StreamReader>;
    // Before the place the other stream is at, it had nothing that was to be read.
    const other = streams[stream === 'stdout' ? 'stderr' : 'stdout'].lines;
    const { lines } = streams[stream];
    if (other.isSeeking && lines.position.ns < 0n) return;
    if (lines.push(ns, bytes, start, end, truncatedBytes)) this.#freshPieces++;
  }

  /** Entries go to the batch by the hundred, and the position after the last of them once. */
  #taking(take: () => void): void {
    try {
      take();
    } finally {
      if (this.#moved) this.#options.outlet.mark(this.#id, this.#position(), encodePosition);
      this.#moved = false;
    }
  }

  #labelsOf(state: ContainerState, name: StreamName): Labels | undefined {
    const { settings, host } = this.#options;
    const labels = [...containerLabels(state, settings, host), ...metaLabels(state)];
    return compileRelabel(settings.relabel)([...labels, ['stream', name]]);
  }

  /** The container's name is another now. */
  #relabel(state: ContainerState): void {
    this.#name = state.name;
    const { stdout, stderr } = this.#streams as Record<StreamName, StreamReader>;
    this.#taking(() => {
      stdout.maker.relabel(this.#labelsOf(state, 'stdout'));
      stderr.maker.relabel(this.#labelsOf(state, 'stderr'));
    });
  }

  #openStreams(state: ContainerState): Record<StreamName, StreamReader> {
    const { settings, outlet, clock, multiline, stages, engine, health } = this.#options;
    const dialect = dialectOf(engine.server, state.logDriver);
    this.#name = state.name;
    const open = (name: StreamName): StreamReader => {
      const maker = new EntryMaker<StreamPosition>({
        labels: this.#labelsOf(state, name),
        metadata: [],
        parse: settings.parse,
        multiline,
        stages,
        clock,
        emit: (entry, position) => {
          reader.position = position;
          this.#moved = true;
          if (entry) outlet.batch.add(entry);
        },
        onRepaired: (kind) => health.repaired(kind),
      });
      const lines = new LineAssembler({
        dialect,
        from: this.#start[name],
        lineBytesMax: settings.lineBytesMax,
        emit: ({ text, timestampNs, position, truncatedBytes }) => {
          if (truncatedBytes > 0) health.repaired('line_too_long');
          maker.push(text, timestampNs, position, truncatedBytes);
        },
        nowNs: () => engine.nowNs(),
      });
      const reader: StreamReader = { lines, maker, position: this.#start[name] };
      return reader;
    };
    return { stdout: open('stdout'), stderr: open('stderr') };
  }

  #position(): ContainerPosition {
    const { stdout, stderr } = this.#streams as Record<StreamName, StreamReader>;
    const held = ({ maker, lines, position }: StreamReader) => ({
      position,
      heldNs: maker.heldNs ?? lines.openNs,
    });
    return {
      fromNs: readFrom(this.#startNs, [held(stdout), held(stderr)], this.#options.engine.nowNs()),
      stdout: stdout.position,
      stderr: stderr.position,
    };
  }

  #flushDue(): void {
    const waitMs = this.#options.settings.parse.multiline?.waitMs ?? 0;
    const streams = Object.values(this.#streams ?? {});
    this.#taking(() => {
      for (const { maker } of streams) maker.flushDue(waitMs);
    });
  }

  /** The container stands still and all is read: what is open is complete. */
  #flush(): void {
    const streams = Object.values(this.#streams ?? {});
    this.#taking(() => {
      for (const { lines, maker } of streams) {
        lines.flush();
        maker.flush();
      }
    });
  }

  /** The container is gone: so is its checkpoint. */
  #finish(): void {
    this.#flush();
    this.#gone = true;
    this.#options.outlet.mark(this.#id, undefined, () => '');
  }
}
