// Loads the kernels: WebAssembly modules compiled from assembly/*.ts, one file each, all of which work on a
// memory that the caller owns.
import { readFileSync } from 'node:fs';

export const wasmPageBytes = 65_536;
/** Kernels use vector loads that reach past the end of what they look at: leave this many bytes after each region. */
export const slackBytes = 128;

/** Addresses in a kernel's memory and counts; all kernels take and return plain 32-bit numbers. */
type Kernel = (...args: number[]) => number;

const modules = new Map<string, WebAssembly.Module>();

/**
 * Instantiates `dist/kernels/<name>.wasm` on `memory`. Compiled once in a thread. Synchronous. Throws when the file
 * is missing (the program was not built) or the exports lack one of `functions`.
 */
export function instantiateKernel<Name extends string>(
  name: string,
  memory: WebAssembly.Memory,
  functions: readonly Name[],
): Record<Name, Kernel> {
  let module = modules.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(readFileSync(kernelFile(name)));
    modules.set(name, module);
  }
  const abort = () => {
    throw new Error(`kernel ${name} aborted`);
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
  const kernels: Partial<Record<Name, Kernel>> = {};
  for (const fn of functions) {
    const exported = exports[fn];
    if (typeof exported !== 'function') throw new Error(`kernel ${name} has no function ${fn}`);
    kernels[fn] = exported as Kernel;
  }
  return kernels as Record<Name, Kernel>;
}

/**
 * A memory of fixed size. Pages nobody has touched take address space only, so regions are laid out once for the
 * largest case instead of being moved about.
 */
export function fixedMemory(bytes: number): WebAssembly.Memory {
  const pages = Math.ceil(bytes / wasmPageBytes);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** The wasm lies in dist also when this module runs from src. */
function kernelFile(name: string): URL {
  const url = new URL(`./${name}.wasm`, import.meta.url);
  url.pathname = url.pathname.replace(/\/src\/(?=kernels\/[^/]*$)/, '/dist/');
  return url;
}
