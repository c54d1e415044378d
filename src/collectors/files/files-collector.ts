// The files collector: finds files by glob and follows each through rotation.

import { timeZone } from '../../go/zone.ts';
import type { RepairKind } from '../../ingest/repair/repair-kind.ts';
import type { Sink } from '../../ingest/sink/sink.ts';
import { type Clock, systemClock } from '../../model/time.ts';
import type { Collector, CollectorHealth } from '../collector.ts';
import { HealthTally } from '../health.ts';
import { Outlet } from '../outlet.ts';
import { multilineOptions } from '../parse/multiline.ts';
import { compileRelabel } from '../relabel.ts';
import type { FilesSettings, FileTarget } from '../settings.ts';
import { compileStages, noStages, type Stages } from '../stages/stages.ts';
import { pause } from '../waiting.ts';
import { decodeFilePosition, type FilePosition, filesSource, pathStat } from './checkpoint.ts';
import { FileDiscovery } from './file-discovery.ts';
import { FileIndex } from './file-index.ts';
import { fileKey } from './file-key.ts';
import { type Content, Contents, hasCompressedName } from './find/contents.ts';
import { shownPath } from './find/file-path.ts';
import { FolderLists } from './find/folder-lists.ts';
import { absoluteGlobs, findFiles } from './find/glob.ts';
import { fileLabels, LineStreams } from './follow/line-streams.ts';
import { type Following, OpenFiles } from './open-files.ts';
import { CompressedFiles } from './rotation/compressed-files.ts';
import { RotationLedger } from './rotation/rotation-ledger.ts';

/** A file whose path leads elsewhere is kept open until it was quiet for this long since: its writer may not know yet. */
const replacedQuietMs = 2_000;

/** What belongs to one run. */
interface Run {
  readonly files: OpenFiles;
  readonly discovery: FileDiscovery;
  readonly compressed: CompressedFiles;
  readonly contents: Contents;
  readonly lists: FolderLists;
  /** Found by the last scan, and without a descriptor so far. */
  readonly waiting: { readonly path: string; readonly target: FileTarget }[];
  readonly signal: AbortSignal;
}

export class FilesCollector implements Collector {
  readonly name = 'files';
  readonly #settings: FilesSettings;
  readonly #host: string;
  readonly #clock: Clock;
  readonly #health = new HealthTally('files');
  readonly #stages = new Map<FileTarget, Stages>();
  #files: OpenFiles | undefined;

  /** Throws for patterns that are no RE2 or no glob. */
  constructor(settings: FilesSettings, host: string, clock: Clock = systemClock) {
    this.#settings = settings;
    for (const target of settings.targets) {
      const { include, exclude, parse, relabel } = target;
      this.#stages.set(target, compileStages(target.stages));
      timeZone(parse.zone ?? '');
      multilineOptions(parse.multiline);
      compileRelabel(relabel);
      absoluteGlobs([...include, ...exclude]);
    }
    this.#host = host;
    this.#clock = clock;
  }

  health(): CollectorHealth {
    this.#health.targets = this.#files?.count ?? 0;
    return this.#health.snapshot();
  }

  async run(sink: Sink, signal: AbortSignal): Promise<void> {
    const outlet = new Outlet(sink, filesSource, this.#health);
    const run = await this.#begin(sink, outlet, signal);
    let scannedMs = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      const nowMs = performance.now();
      if (nowMs - scannedMs >= this.#settings.scanMs) {
        await this.#scan(run);
        scannedMs = nowMs;
      } else discoverWaiting(run);
      this.#tick(run);
      await pause(this.#settings.pollMs, signal);
    }
    await run.compressed.ended();
    run.files.close();
    await outlet.close();
    this.#health.stopped();
  }

  async #begin(sink: Sink, outlet: Outlet, signal: AbortSignal): Promise<Run> {
    const settings = this.#settings;
    const host = this.#host;
    const clock = this.#clock;
    const health = this.#health;
    const onRepaired = (kind: RepairKind): void => health.repaired(kind);
    const stagesOf = (target: FileTarget): Stages => this.#stages.get(target) ?? noStages;
    const compressed = new CompressedFiles({
      outlet,
      lineBytesMax: settings.lineBytesMax,
      onTrouble: (sentence) => health.error(sentence),
      streams: (path, target, emit) => {
        const labels = fileLabels(path, host, target);
        const { lineBytesMax } = settings;
        const options = { target, labels, stages: stagesOf(target), clock, lineBytesMax, emit, onRepaired };
        return new LineStreams(options, 0, undefined);
      },
    });
    const checkpoints = await sink.checkpoints(filesSource);
    const saved = new FileIndex<FilePosition>();
    const ledger = new RotationLedger(outlet);
    for (const { key, state } of checkpoints) {
      if (compressed.restore(key, state) || ledger.restore(key, state)) continue;
      const position = decodeFilePosition(state);
      if (position) saved.set(key, position);
    }
    const files = new OpenFiles({ settings, host, clock, health, outlet, stagesOf, signal });
    this.#files = files;
    const discovery = new FileDiscovery({
      settings,
      files,
      outlet,
      saved,
      ledger,
      isFirst: checkpoints.length === 0,
    });
    return {
      files,
      discovery,
      compressed,
      contents: new Contents(),
      lists: new FolderLists(),
      waiting: [],
      signal,
    };
  }

  async #scan({ files, discovery, compressed, contents, lists, waiting, signal }: Run): Promise<void> {
    let hint = '';
    files.awaitsDescriptor = false;
    waiting.length = 0;
    discovery.beginScan();
    const matched = new Set<string>();
    const matchedPaths = new Set<string>();
    for (const target of this.#settings.targets) {
      const paths = await findFiles(
        target.include,
        target.exclude,
        (path, { code }) => {
          hint = `${shownPath(path)} cannot be read (${code}): let the user of this process read it.`;
        },
        lists,
      );
      for (const path of paths) {
        if (signal.aborted) return;
        const stat = pathStat(path);
        if (!stat) continue;
        matched.add(fileKey(stat));
        matchedPaths.add(path);
        const following = files.following.get(fileKey(stat));
        if (following) {
          // Another path, or link, to a file is nobody's to look beside.
          if (following.file.path === path) discovery.searchSiblings(path, target);
          continue;
        }
        const content = contents.of(path, stat);
        const isNamedSo = hasCompressedName(path);
        if (content !== 'text' || isNamedSo) {
          // Of one that is named so and is not, reading it says what is wrong.
          const isGzip = content === 'gzip' || (content === 'text' && stat.size > 0);
          if (isGzip && target.compressed) compressed.look(path, stat, target, signal);
          // Those that match by the way are not wanted.
          else if (target.compressed || !isNamedSo) hint = compressedHint(path, content) || hint;
          continue;
        }
        const trouble = discovery.look(path, stat, target);
        if (trouble !== '' && files.awaitsDescriptor) waiting.push({ path, target });
        hint = trouble || hint;
      }
    }
    discovery.scanned(matched, matchedPaths);
    compressed.forget(matched);
    contents.forget(matched);
    hint ||= discovery.hint;
    // One file's trouble is that file's, while others are read.
    if (hint !== '' && files.count === 0) this.#health.waiting(hint);
    else this.#health.running(hint);
  }

  #tick(run: Run): void {
    const nowMs = performance.now();
    for (const [key, following] of run.files.following.entries()) {
      const { file, target } = following;
      if (file.broken) {
        run.files.rest(key, following);
        continue;
      }
      const change = file.tick(nowMs);
      if (change !== 'none')
        run.discovery.cut(file.path, change === 'cut' ? file.position() : undefined, target);
      if (change === 'cut') file.restart();
      this.#checkPath(key, following, nowMs, run);
    }
  }

  /** Does the path still lead to the file? If not, its successors are taken up, and it is let go when quiet. */
  #checkPath(key: string, following: Following, nowMs: number, { files, discovery, compressed }: Run): void {
    const { file, target } = following;
    if (following.replacedMs === undefined) {
      const stat = pathStat(file.path);
      if (stat && fileKey(stat) === key) return;
      following.replacedMs = nowMs;
      if (stat) discovery.look(file.path, stat, target);
    }
    if (Math.min(file.quietMs(nowMs), nowMs - following.replacedMs) < replacedQuietMs) return;
    file.finish();
    if (target.compressed) compressed.remember(file.position());
    files.rest(key, following, true);
  }
}

/** '' for an empty file. */
function compressedHint(path: string, content: Content): string {
  if (content === 'text') return '';
  return content === 'gzip'
    ? `${shownPath(path)} is compressed: files.compressed reads it.`
    : `${shownPath(path)} is compressed with ${content}, which is not read: let it be compressed with gzip.`;
}

/** Takes up as many of the waiting files as there are descriptors for now, without another scan. */
function discoverWaiting({ files, discovery, waiting }: Run): void {
  files.awaitsDescriptor = false;
  let done = 0;
  for (const { path, target } of waiting) {
    const stat = pathStat(path);
    if (stat) discovery.look(path, stat, target);
    if (files.awaitsDescriptor) break;
    done++;
  }
  waiting.splice(0, done);
}
