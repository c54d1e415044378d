// key=value pairs of a line, for the few fields a collector looks at.

export interface LogfmtField {
  readonly key: string;
  /** Unquoted; escapes inside quotes resolved for `\"` and `\\` only. */
  readonly value: string;
}

/** Calls `visit` for each `key=value` from left to right until it returns false. Words without `=` are passed over. */
export function scanLogfmt(line: string, visit: (field: LogfmtField) => boolean): void {
  let at = 0;
  while (at < line.length) {
    const equals = line.indexOf('=', at);
    if (equals < 0) return;
    const key = line.slice(Math.max(at, line.lastIndexOf(' ', equals) + 1), equals);
    let value: string;
    if (line[equals + 1] === '"') {
      const close = closingQuote(line, equals + 2);
      value = line.slice(equals + 2, close).replace(/\\(["\\])/g, '$1');
      at = close + 1;
    } else {
      const space = line.indexOf(' ', equals);
      const end = space < 0 ? line.length : space;
      value = line.slice(equals + 1, end);
      at = end + 1;
    }
    if (key !== '' && !visit({ key, value })) return;
  }
}

/** Offset of the quote that closes, or the line's end. */
function closingQuote(line: string, from: number): number {
  let at = from;
  while (at < line.length && line[at] !== '"') at += line[at] === '\\' ? 2 : 1;
  return Math.min(at, line.length);
}
