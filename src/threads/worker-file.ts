// Where a worker thread's compiled entry file is.

/**
 * The file URL of a worker's entry, given the importing module's `import.meta.url` and a relative `.ts` path.
 * Node 20 cannot run TypeScript, so a module loaded from `src/` (in tests) starts the compiled twin in `dist/`.
 */
export function workerFile(moduleUrl: string, relativePath: string): URL {
  const url = new URL(relativePath, moduleUrl);
  url.pathname = url.pathname.replace(/\/src\/(?=[^?]*\.ts$)/, '/dist/').replace(/\.ts$/, '.js');
  return url;
}
