// The journal collector: follows journalctl, starts it again from the last cursor whenever it ends.

import { readFileSync } from 'node:fs';
import type { CollectedEntry, Sink } from '../../ingest/sink/sink.ts';
import type { LabelPair, Labels } from '../../model/labels.ts';
import { type Clock, systemClock } from '../../model/time.ts';
import type { Collector, CollectorHealth } from '../collector.ts';
import { HealthTally } from '../health.ts';
import { Outlet } from '../outlet.ts';
import { compileRelabel, type Relabel } from '../relabel.ts';
import type { JournalSettings } from '../settings.ts';
import { compileStages, type Stages, throughStages } from '../stages/stages.ts';
import { Backoff } from '../waiting.ts';
import { isCursor, isSameEntry, type JournalStart, selectionArguments, startArguments } from './arguments.ts';
import {
  decodeJournalPosition,
  encodeJournalPosition,
  type JournalPosition,
  journalSource,
} from './checkpoint.ts';
import { type JournalExit, readJournal } from './child.ts';
import { JournalStreams, journalEntry, parseJournalFields } from './entry.ts';
import { FieldShortener } from './field-shortener.ts';

/** Of an entry that is too long to be held, in characters of its JSON: a byte may take four. */
const messageCharsMax = 2 * 1024 * 1024;
const fieldCharsMax = 16 * 1024;

export class JournalCollector implements Collector {
  readonly name = 'journal';
  readonly #settings: JournalSettings;
  readonly #clock: Clock;
  readonly #streams: JournalStreams;
  readonly #selection: readonly string[];
  readonly #relabel: Relabel;
  readonly #stages: Stages;
  readonly #health = new HealthTally('journal');
  #position: JournalPosition | undefined;
  /** The cursor was refused: go on by time, and leave out what was read already. */
  #cursorRefused = false;
  /** The next entry may be the one at the cursor, which was read already. */
  #resumes = false;

  /** Throws JournalSettingError for settings journalctl must not see. */
  constructor(settings: JournalSettings, host: string, clock: Clock = systemClock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#relabel = compileRelabel(settings.relabel);
    this.#stages = compileStages(settings.stages);
    this.#streams = new JournalStreams(host, Object.entries(settings.labels));
    this.#selection = selectionArguments(settings, machineId());
  }

  health(): CollectorHealth {
    return this.#health.snapshot();
  }

  /** One checkpoint a journal: another directory or namespace has its own. */
  get #key(): string {
    return `${this.#settings.directory}|${this.#settings.namespace}`;
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const outlet = new Outlet(sink, journalSource, this.#health);
    const saved = (await sink.checkpoints(journalSource)).find(({ key }) => key === this.#key);
    this.#position = saved && decodeJournalPosition(saved.state);
    const startUs = this.#clock.nowNs() / 1_000n - BigInt(this.#settings.historyMs) * 1_000n;
    const backoff = new Backoff(100, 10_000);
    while (!signal.aborted) {
      const before = this.#health.entriesTotal;
      this.#health.targets = 1;
      const exit = await readJournal({
        arguments: [...startArguments(this.#start(startUs)), ...this.#selection],
        signal,
        onLines: (lines) => this.#take(lines, outlet, signal),
        onStderr: (text) => this.#health.waiting(journalHint(text)),
        onTooLong: () => new FieldShortener({ message: messageCharsMax, others: fieldCharsMax }),
      });
      if (signal.aborted) break;
      if (this.#health.entriesTotal > before) backoff.reset();
      this.#ended(exit);
      await backoff.wait(signal);
    }
    await outlet.close();
    this.#health.targets = 0;
    this.#health.stopped();
  }

  /** Labels as the rules make them, undefined to drop; metadata is what rules see as `__journal_…`. */
  #relabelled({ labels, structuredMetadata }: CollectedEntry): Labels | undefined {
    if (this.#settings.relabel.length === 0) return labels;
    const meta = structuredMetadata.map(([name, value]): LabelPair => [`__journal_${name}`, value]);
    return this.#relabel([...labels, ...meta]);
  }

  #start(startUs: bigint): JournalStart {
    const position = this.#position;
    if (!position) return { kind: 'time', timeUs: startUs > 0n ? startUs : 0n };
    if (this.#cursorRefused || !isCursor(position.cursor)) {
      this.#cursorRefused = true;
      return { kind: 'time', timeUs: position.realtimeUs };
    }
    this.#resumes = true;
    return { kind: 'cursor', cursor: position.cursor };
  }

  async #take(lines: readonly string[], outlet: Outlet, signal: AbortSignal): Promise<void> {
    for (const line of lines) {
      if (line === '') continue;
      const read = this.#read(line);
      if (!read) continue;
      const labels = this.#relabelled(read.entry);
      const entry = labels && throughStages(this.#stages, { ...read.entry, labels }, this.#clock.nowNs());
      if (entry) outlet.add(entry, this.#key, read.position, encodeJournalPosition);
      else outlet.mark(this.#key, read.position, encodeJournalPosition);
      if (outlet.full) await outlet.room(signal);
      if (signal.aborted) return;
    }
    this.#health.running();
  }

  /** The entry of a line, the position moved after it; undefined when it is none or was read before. */
  #read(line: string): { readonly entry: CollectedEntry; readonly position: JournalPosition } | undefined {
    const fields = parseJournalFields(line);
    if (!fields) {
      this.#health.errorsTotal++;
      return undefined;
    }
    const last = this.#position;
    const us = fields.__REALTIME_TIMESTAMP;
    const repeat = last && us === String(last.realtimeUs) ? last.repeat + 1 : 0;
    const resumes = this.#resumes;
    const { lineBytesMax } = this.#settings;
    const read = journalEntry(fields, { streams: this.#streams, repeat, lineBytesMax });
    if (!read) {
      this.#health.errorsTotal++;
      return undefined;
    }
    this.#resumes = false;
    if (resumes && last && isSameEntry(read.cursor, last.cursor)) return undefined;
    if (this.#cursorRefused && last && read.realtimeUs <= last.realtimeUs) return undefined;
    this.#cursorRefused = false;
    if (read.isCut) this.#health.repaired('line_too_long');
    if (read.isShortened) this.#health.repaired('structured_metadata_too_large');
    const position = { cursor: read.cursor, realtimeUs: read.realtimeUs, repeat };
    this.#position = position;
    return { entry: read.entry, position };
  }

  #ended(exit: JournalExit): void {
    if (/seek to cursor|invalid cursor/i.test(exit.stderr)) this.#cursorRefused = true;
    if (exit.startFailure === 'ENOENT')
      this.#health.error('There is no journalctl program: install systemd, or switch the journal off.');
    else if (exit.startFailure !== undefined)
      this.#health.error(`journalctl does not start (${exit.startFailure}); trying again.`);
    else this.#health.error(journalHint(exit.stderr) || 'journalctl ended; starting it again.');
  }
}

/** '' on a machine without one, which has no journal of its own either. */
function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** journalctl's complaint as one sentence with the way out; its own last line when it is none we know. */
export function journalHint(stderr: string): string {
  if (/insufficient permissions|not seeing messages from other users|Permission denied/i.test(stderr))
    return 'The journal may not be read: add the user to the group systemd-journal (usermod -aG systemd-journal USER) and start again.';
  if (/Failed to open .*No such file/i.test(stderr))
    return 'The journal directory does not exist: mount it, or mend journal.directory.';
  if (/No journal files were found/i.test(stderr))
    return 'There is no journal here yet: mount /var/log/journal, or switch the journal off.';
  const last = stderr.trim().split('\n').pop() ?? '';
  return last === '' ? '' : `journalctl says: ${last.slice(0, 200)}`;
}
