// key=value pairs of a line, for the few fields a collector looks at: read as `| logfmt` reads them.

import { LogfmtScanner } from './logfmt-scan.ts';

const scanner = new LogfmtScanner();

/**
 * Calls `visit` for each `key=value` from left to right until it returns false. Keys without a value, and what cannot
 * be read, are passed over.
 */
export function scanLogfmt(line: string, visit: (key: string, value: string) => boolean): void {
  if (!line.includes('=')) return;
  scanner.reset(line);
  while (!scanner.ended) {
    if (scanner.next() && scanner.value !== '' && !visit(scanner.key, scanner.value)) return;
  }
}
