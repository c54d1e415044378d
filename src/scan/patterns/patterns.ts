// Patterns of the lines of a selector, mined when they are asked for. Ranges beyond a budget are sampled, evenly over
// time and stream by stream, and counts scaled up.

import { levelName } from '../../model/entry.ts';
import { labelValue } from '../../model/labels.ts';
import { floorDiv, nsPerSecond } from '../../model/time.ts';
import { decodeLine } from '../../pipeline/stage.ts';
import type { PatternRow } from '../../store/scan-results.ts';
import type { PatternsTask } from '../../store/scan-task.ts';
import type { EntryBatch, PlannedUnit, ScanRequest } from '../../store/store.ts';
import { MetadataCache, type ScanSession } from '../scan-unit-loop.ts';
import { PatternMiner } from './pattern-miner.ts';

export interface PatternBudget {
  /** Raw bytes of lines looked at: about half a second's work. */
  readonly lineBytesMax: number;
  /** Rows of the answer. */
  readonly rowsMax: number;
  /** Patterns of fewer lines are noise. */
  readonly linesMin: number;
}

export const patternBudget: PatternBudget = { lineBytesMax: 16 * 2 ** 20, rowsMax: 1000, linesMin: 3 };

/** Bytes of a line that are looked at; a pattern ends in `<_>` for the rest. */
const linePrefixBytesMax = 8 * 1024;
/** Of larger units, such as those not yet cut into blocks, only every n-th line is looked at. */
const unitBytesMax = 2 ** 20;
/** Between two pauses for other queries of the thread. */
const sliceMs = 8;

/** Rows by number of lines, descending. Throws as scans do, and UnitGoneError when the plan has become stale. */
export async function minePatterns(
  { tenant, matchers, range, stepSeconds }: PatternsTask,
  session: ScanSession,
  pause: () => Promise<void>,
  budget: PatternBudget = patternBudget,
): Promise<PatternRow[]> {
  const request: ScanRequest = {
    tenant,
    matchers,
    ...range,
    direction: 'backward',
    lineFilters: [],
    needLines: true,
    needMetadata: true,
    ignoreStatistics: true,
  };
  const chosen = chooseUnits([...(await session.plan(request)).units], budget.lineBytesMax);
  const levels = new LevelMiners(BigInt(stepSeconds));
  let sliceEnd = performance.now() + sliceMs;
  for (const { unit, stride, weight } of chosen) {
    for (const one of await session.ready(unit, request))
      session.scan(one, request, (batch) => {
        levels.add(batch, stride, weight);
        return true;
      });
    if (performance.now() < sliceEnd) continue;
    await pause();
    sliceEnd = performance.now() + sliceMs;
  }
  return levels.rows(budget);
}

interface ChosenUnit {
  readonly unit: PlannedUnit;
  /** Every n-th line is looked at. */
  readonly stride: number;
  /** Entries of the stream for each entry looked at. */
  readonly weight: number;
}

/**
 * Units to look at. Within the budget all of them; else of each stream the same share, spread over its time, but at
 * least its newest unit while the budget lasts.
 */
function chooseUnits(units: readonly PlannedUnit[], bytesMax: number): ChosenUnit[] {
  const bytes = units.reduce((sum, unit) => sum + unit.rawBytes, 0);
  if (bytes <= bytesMax) return units.map((unit) => ({ unit, stride: 1, weight: 1 }));
  const share = bytesMax / bytes;
  /** Folded units are one to themselves. */
  const streams = new Map<number | undefined, { due: number; entries: number; chosenEntries: number }>();
  const chosen: Omit<ChosenUnit, 'weight'>[] = [];
  let left = bytesMax;
  for (const unit of units) {
    const id = unit.stream?.id;
    let stream = streams.get(id);
    if (stream === undefined) {
      stream = { due: 1 - share, entries: 0, chosenEntries: 0 };
      streams.set(id, stream);
    }
    stream.entries += unit.entries;
    stream.due += share;
    if (stream.due < 1 || left <= 0) continue;
    stream.due--;
    const stride = Math.ceil(unit.rawBytes / unitBytesMax);
    left -= unit.rawBytes / stride;
    stream.chosenEntries += unit.entries / stride;
    chosen.push({ unit, stride });
  }
  return chosen.map(({ unit, stride }) => {
    const { entries = 1, chosenEntries = 1 } = streams.get(unit.stream?.id) ?? {};
    return { unit, stride, weight: Math.max(1, entries / chosenEntries) };
  });
}

/** One miner for each level. Streams are mined together: a pattern is a pattern wherever it occurs. */
class LevelMiners {
  readonly #stepSeconds: bigint;
  readonly #miners = new Map<string, PatternMiner>();
  readonly #metadata = new MetadataCache();

  constructor(stepSeconds: bigint) {
    this.#stepSeconds = stepSeconds;
  }

  add(batch: EntryBatch, stride: number, weight: number): void {
    const { selected, selectedCount, lineStarts, lineEnds } = batch;
    for (let s = 0; s < selectedCount; s += stride) {
      const i = selected[s] as number;
      const start = lineStarts[i] as number;
      const end = lineEnds[i] as number;
      const cut = end - start > linePrefixBytesMax;
      const line = decodeLine(batch.bytes, start, cut ? start + linePrefixBytesMax : end);
      this.#minerFor(this.#levelOf(batch, i)).add(line, cut, this.#stepOf(batch, i), weight);
    }
  }

  rows({ rowsMax, linesMin }: PatternBudget): PatternRow[] {
    const rows = [...this.#miners].flatMap(([level, miner]) =>
      miner.patterns().map(({ pattern, counts }) => {
        let lines = 0;
        for (const n of counts.values()) lines += n;
        return { pattern, level, counts, lines };
      }),
    );
    return rows
      .filter(({ lines }) => lines >= linesMin)
      .sort((a, b) => b.lines - a.lines || (a.pattern < b.pattern ? -1 : 1))
      .slice(0, rowsMax)
      .map(({ pattern, level, counts }) => ({
        pattern,
        level,
        samples: [...counts]
          .sort(([a], [b]) => a - b)
          .map(([seconds, lines]) => [seconds, Math.max(1, Math.round(lines))]),
      }));
  }

  #minerFor(level: string): PatternMiner {
    let miner = this.#miners.get(level);
    if (miner === undefined) {
      // Words from labels can be anything: beyond a few they share a miner.
      if (this.#miners.size >= levelsMax && level !== otherLevel) return this.#minerFor(otherLevel);
      miner = new PatternMiner();
      this.#miners.set(level, miner);
    }
    return miner;
  }

  #levelOf({ level, metadataBytes, metadataStarts, metadataEnds }: EntryBatch, i: number): string {
    const code = level[i] as number;
    if (code !== 0) return levelName(code);
    const start = metadataStarts[i] as number;
    const end = metadataEnds[i] as number;
    return labelValue(this.#metadata.decode(metadataBytes, start, end), 'detected_level') ?? otherLevel;
  }

  #stepOf({ baseNs, offsetsNs }: EntryBatch, i: number): number {
    const seconds = floorDiv(baseNs + BigInt(offsetsNs[i] as number), nsPerSecond);
    return Number(floorDiv(seconds, this.#stepSeconds) * this.#stepSeconds);
  }
}

const levelsMax = 32;
const otherLevel = 'unknown';
