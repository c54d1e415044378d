// A progress bar: one line on a terminal, nothing at all elsewhere.
import { humanizeBytes } from '../../go/bytes.ts';
import type { Output } from './output.ts';

export interface Progress {
  /** `total` undefined: not known. */
  update(done: number, total: number | undefined): Promise<void>;
  /** Removes the line. */
  end(): Promise<void>;
}

export interface ProgressOptions {
  readonly label: string;
  /** `bytes`, or what is counted. */
  readonly unit: string;
  /** Milliseconds of a clock that does not jump. */
  readonly nowMs?: () => number;
}

const drawEveryMs = 100;
/** Before a rate means anything. */
const rateAfterMs = 500;
const barWidthMax = 30;
const clearLine = '\r\u001b[K';

export function createProgress(notes: Output, options: ProgressOptions): Progress {
  const nowMs = options.nowMs ?? (() => performance.now());
  const startMs = nowMs();
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    update: async (done, total) => {
      if (!notes.terminal || nowMs() - drawnMs < drawEveryMs) return;
      drawnMs = nowMs();
      const line = progressLine(options, { done, total, elapsedMs: drawnMs - startMs }, notes.columns());
      await notes.draw(clearLine + line);
    },
    end: async () => {
      if (drawnMs > Number.NEGATIVE_INFINITY) await notes.draw(clearLine);
    },
  };
}

/** The line without its end, no wider than the terminal. */
export function progressLine(
  { label, unit }: Pick<ProgressOptions, 'label' | 'unit'>,
  state: { readonly done: number; readonly total: number | undefined; readonly elapsedMs: number },
  columns: number,
): string {
  const { done, total, elapsedMs } = state;
  const amount = (value: number): string =>
    unit === 'bytes' ? humanizeBytes(Math.round(value)) : `${Math.round(value)} ${unit}`;
  const parts: string[] = [label];
  const share = total === undefined || total <= 0 ? undefined : Math.min(1, done / total);
  if (share !== undefined) {
    const filled = Math.round(share * barWidthMax);
    parts.push(`[${'#'.repeat(filled)}${'.'.repeat(barWidthMax - filled)}]`);
    parts.push(`${Math.floor(share * 100)}%`);
  }
  parts.push(amount(done));
  if (elapsedMs >= rateAfterMs && done > 0) {
    const perSecond = (done / elapsedMs) * 1000;
    parts.push(`${amount(perSecond)}/s`);
    if (share !== undefined && total !== undefined && share < 1)
      parts.push(`${Math.ceil((total - done) / perSecond)} s left`);
  }
  return parts.join('  ').slice(0, Math.max(0, columns - 1));
}
