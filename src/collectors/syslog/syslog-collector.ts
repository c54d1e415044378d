// The syslog collector: takes what senders send. There is no position to go back to: a message is safe once it is
// stored, and syslog has no way to say so to its sender.

import { setMaxListeners } from 'node:events';
import { timeZone } from '../../go/zone.ts';
import type { Sink } from '../../ingest/sink/sink.ts';
import { type Clock, systemClock } from '../../model/time.ts';
import type { Collector, CollectorHealth } from '../collector.ts';
import { GuessedStreams } from '../guessed-streams.ts';
import { HealthTally } from '../health.ts';
import { linkedAbort } from '../linked-abort.ts';
import { Outlet, type OutletLimits, outletLimits } from '../outlet.ts';
import { TimeReader } from '../parse/time-reader.ts';
import { compileRelabel } from '../relabel.ts';
import type { SyslogSettings } from '../settings.ts';
import { compileStages, type Stages, throughStages } from '../stages/stages.ts';
import { Backoff } from '../waiting.ts';
import { type Origin, SyslogEntries } from './entry.ts';
import { type Listeners, openListeners } from './listeners.ts';
import { parseSyslog } from './message.ts';

const syslogSource = 'syslog';

/** What was read and not stored is lost at a kill, and connections can be held back: so not much. */
export const connectionLimits: OutletLimits = {
  ...outletLimits,
  batchBytesMax: 1024 * 1024,
  batchEntriesMax: 4_096,
};

/** Datagrams cannot be held back: a burst finds more room than what is read from files. */
const datagramLimits: OutletLimits = {
  ...outletLimits,
  batchBytesMax: 8 * 1024 * 1024,
  batchEntriesMax: 32_768,
};

export class SyslogCollector implements Collector {
  readonly name = 'syslog';
  readonly #settings: SyslogSettings;
  readonly #clock: Clock;
  readonly #times: TimeReader;
  readonly #entries: SyslogEntries;
  readonly #stages: Stages;
  readonly #health = new HealthTally('syslog');
  #listeners: Listeners | undefined;
  readonly #tried: Promise<void>;
  #hasTried: () => void = () => {};

  /** Throws for a pattern that is no RE2 and for an unknown zone. */
  constructor(settings: SyslogSettings, clock: Clock = systemClock) {
    this.#settings = settings;
    this.#tried = new Promise((resolve) => {
      this.#hasTried = resolve;
    });
    this.#clock = clock;
    this.#times = new TimeReader(timeZone(settings.zone), settings.accepted);
    this.#stages = compileStages(settings.stages);
    this.#entries = new SyslogEntries({
      labels: Object.entries(settings.labels),
      relabel: compileRelabel(settings.relabel),
      relabelled: settings.relabel.length > 0,
      timestamp: settings.timestamp,
      guessed: new GuessedStreams({ perPeerMax: settings.senderStreamsMax, totalMax: settings.streamsMax }),
      accepted: settings.accepted,
      onRepaired: (kind) => this.#health.repaired(kind),
    });
  }

  opened(): Promise<void> {
    return this.#tried;
  }

  health(): CollectorHealth {
    this.#health.targets = this.#listeners?.connections ?? 0;
    return this.#health.snapshot();
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const connections = new Outlet(sink, syslogSource, this.#health, connectionLimits);
    const datagrams = new Outlet(sink, syslogSource, this.#health, datagramLimits);
    const backoff = new Backoff(200, 10_000);
    while (!signal.aborted) {
      const { controller: broken, release } = linkedAbort(signal);
      // Each connection that is held back waits for it.
      setMaxListeners(0, broken.signal);
      try {
        this.#listeners = await openListeners({
          settings: this.#settings,
          onMessage: (bytes, peer, lostBytes) => this.#take(bytes, { peer, lostBytes }, connections),
          onWrongCount: () => this.#health.repaired('wrong_octet_count'),
          full: () => connections.full,
          room: () => connections.room(broken.signal),
          onDatagram: (bytes, peer) => this.#take(bytes, { peer, lostBytes: 0 }, datagrams),
          datagramsFull: () => datagrams.full,
          onLoss: (sentence) => this.#health.lost(sentence),
          onCertificate: () => this.#health.running(),
          onDropped: (count, sentence) => this.#health.dropped(count, sentence),
          onFailure: () => broken.abort(),
        });
        this.#health.running();
        this.#hasTried();
        backoff.reset();
        await aborted(broken.signal);
        await this.#listeners.close();
      } catch (error) {
        this.#health.error(listenHint(error as NodeJS.ErrnoException, this.#settings));
        this.#hasTried();
      }
      this.#listeners = undefined;
      release();
      await backoff.wait(signal);
    }
    await Promise.all([connections.close(), datagrams.close()]);
    this.#health.stopped();
    this.#hasTried();
  }

  #take(bytes: Buffer, origin: Origin, outlet: Outlet): void {
    const nowNs = this.#clock.nowNs();
    if (origin.lostBytes > 0) this.#health.repaired('line_too_long');
    const entry = this.#entries.entry(parseSyslog(bytes, this.#times.at(nowNs)), origin, nowNs);
    const staged = entry && throughStages(this.#stages, entry, nowNs);
    if (staged) outlet.push(staged);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Why a socket cannot be opened, and the way out, in one sentence. */
function listenHint({ code, message }: NodeJS.ErrnoException, settings: SyslogSettings): string {
  switch (code) {
    case 'EADDRINUSE':
      return `A syslog port at ${settings.listenAddress} is taken (${message}): stop the other program, or choose another port.`;
    case 'EACCES':
      return `A syslog port at ${settings.listenAddress} may not be opened (${message}): choose one above 1023.`;
    default:
      return `Syslog cannot be received: ${message}; trying again.`;
  }
}
