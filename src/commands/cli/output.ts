// Where a command writes: waits for slow readers, notices one that has gone (`skald query … | head`), and lets nothing
// that others have written act on a terminal.
import type { Writable } from 'node:stream';
import { visibleControls } from './terminal.ts';

/** The reader of a pipe has gone: end quietly. */
export class OutputClosedError extends Error {
  override readonly name = 'OutputClosedError';
}

export interface Output {
  /** Whether it is a terminal. */
  readonly terminal: boolean;
  /** Columns of the terminal; 80 when unknown. */
  columns(): number;
  /**
   * Resolves when more may be written. Rejects with OutputClosedError when nobody reads any more. On a terminal colours
   * stay, other control characters are made visible.
   */
  write(text: string): Promise<void>;
  /** The same for a text of our own that moves the cursor. */
  draw(text: string): Promise<void>;
  /** Resolves when everything has been handed over. */
  end(): Promise<void>;
}

interface TerminalStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Small writes are joined up to this size. */
const bufferedBytesMax = 64 * 1024;

/** `buffered`: small writes are joined; call `end` at the end. */
export function createOutput(stream: TerminalStream, options: { readonly buffered: boolean }): Output {
  let failure: Error | undefined;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failure = error.code === 'EPIPE' ? new OutputClosedError('the reader has gone') : error;
  });
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  const send = (data: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) {
        reject(failure);
        return;
      }
      stream.write(data, (error) => {
        if (error == null) resolve();
        else if ((error as NodeJS.ErrnoException).code === 'EPIPE')
          reject(new OutputClosedError('the reader has gone'));
        else reject(error);
      });
    });
  const flush = async (): Promise<void> => {
    if (waitingBytes === 0) return;
    const data = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    await send(data);
  };
  const terminal = stream.isTTY === true;
  const draw = async (text: string): Promise<void> => {
    const bytes = Buffer.from(text);
    if (bytes.length === 0) return;
    if (!options.buffered) return send(bytes);
    waiting.push(bytes);
    waitingBytes += bytes.length;
    if (waitingBytes >= bufferedBytesMax) await flush();
  };
  return {
    terminal,
    columns: () => stream.columns ?? 80,
    write: (text) => draw(terminal ? visibleControls(text) : text),
    draw,
    end: flush,
  };
}
