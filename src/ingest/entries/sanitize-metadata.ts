// Names of structured metadata and OTLP attributes as Loki stores them, and text without invalid UTF-8.
import { isUtf8 } from 'node:buffer';

/**
 * Every character outside `[a-zA-Z0-9_]` becomes `_`; `key_` goes before a leading digit: `http.method` →
 * `http_method`, `1st` → `key_1st`.
 */
export function sanitizeName(name: string): string {
  const safe = name.replace(/[^a-zA-Z0-9_]/gu, '_');
  return /^[0-9]/.test(safe) ? `key_${safe}` : safe;
}

/** The text in `bytes[start, end)`; what is not UTF-8 is left out. */
export function validText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  return isUtf8(bytes.subarray(start, end)) ? text : text.replaceAll('\ufffd', '');
}
