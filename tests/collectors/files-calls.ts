// The collector's calls of the file system, so that something may happen between any two of them, as if another process
// did it. For vi.mock('node:fs').

type Fs = typeof import('node:fs');

/** Called before each call, with its first argument: a path or a descriptor. What it calls itself is not told. */
export type BeforeCall = (name: string, of: unknown) => void;

let beforeCall: BeforeCall | undefined;
let isInside = false;

export function onCalls(before: BeforeCall | undefined): void {
  beforeCall = before;
}

/** node:fs with calls that are told of. */
export function toldOf(fs: Fs): Fs {
  const told = <Args extends unknown[], Result>(name: string, call: (...args: Args) => Result) =>
    ((...args: Args) => {
      if (beforeCall && !isInside) {
        isInside = true;
        try {
          beforeCall(name, args[0]);
        } finally {
          isInside = false;
        }
      }
      return call(...args);
    }) as never;
  return {
    ...fs,
    statSync: told('statSync', fs.statSync),
    fstatSync: told('fstatSync', fs.fstatSync),
    openSync: told('openSync', fs.openSync),
    readdirSync: told('readdirSync', fs.readdirSync),
    readSync: told('readSync', fs.readSync),
  };
}
