// One run of journalctl through the npm package, with what the package leaves out: errors, exit, stderr, whole UTF-8,
// a pause. The package's own decoder reads character by character (15,000 entries a second, and throws out of the
// stream at bad JSON), so its listener gives way to a line splitter.

import type { ChildProcessByStdio } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { type LineShortener, LineSplitter } from './line-splitter.ts';

interface Journalctl {
  readonly journalctl: ChildProcessByStdio<null, Readable, Readable>;
}
type JournalctlClass = new (options: { all: boolean; filter: string[] }) => Journalctl;

// The package has no types and is CommonJS.
const Journalctl = createRequire(import.meta.url)('journalctl') as JournalctlClass;

/** The largest entry held whole: journald itself allows fields of hundreds of megabytes. */
const entryCharsMax = 4 * 1024 * 1024;
const stderrCharsMax = 4_096;

export interface JournalExit {
  /** The program could not be started: the system's code, "ENOENT" for one. */
  readonly startFailure: string | undefined;
  readonly code: number | null;
  readonly stderr: string;
}

export interface JournalReading {
  /** Checked arguments (arguments.ts). */
  readonly arguments: readonly string[];
  readonly signal: AbortSignal;
  /** Called with the lines of one chunk; while its promise is open, journalctl is not read from. */
  readonly onLines: (lines: readonly string[]) => Promise<void>;
  readonly onStderr: (text: string) => void;
  /** What makes less of an entry that is too long to be held. */
  readonly onTooLong: () => LineShortener;
}

/** Follows the journal until journalctl ends (a crash, a bad cursor) or `signal` aborts. Never rejects for journalctl's faults. */
export async function readJournal(reading: JournalReading): Promise<JournalExit> {
  // `all`: fields above 4,096 bytes come whole instead of as null.
  const child = new Journalctl({ all: true, filter: [...reading.arguments] }).journalctl;
  const exit = new Promise<JournalExit>((resolve) => {
    let startFailure: string | undefined;
    let stderr = '';
    child.on('error', (error: NodeJS.ErrnoException) => {
      startFailure = error.code ?? error.message;
      if (child.pid === undefined) resolve({ startFailure, code: null, stderr });
    });
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      stderr = (stderr + text).slice(-stderrCharsMax);
      reading.onStderr(stderr);
    });
    child.on('close', (code) => resolve({ startFailure, code, stderr }));
  });
  child.stdout.removeAllListeners('data');
  const { signal } = reading;
  // Not asked to end but ended: nothing of journalctl's needs tidying, and one that is stuck must not hold up a stop.
  const kill = (): void => void child.kill('SIGKILL');
  const stop = (): void => {
    kill();
    child.stdout.destroy();
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    child.stdout.setEncoding('utf8');
    const splitter = new LineSplitter(entryCharsMax, reading.onTooLong);
    for await (const chunk of child.stdout as AsyncIterable<string>) {
      const lines = splitter.push(chunk);
      if (lines.length > 0) await reading.onLines(lines);
      if (signal.aborted) break;
    }
    return await exit;
  } catch (error) {
    if (signal.aborted) return { startFailure: undefined, code: null, stderr: '' };
    throw error;
  } finally {
    kill();
    signal.removeEventListener('abort', stop);
  }
}
