// logfmt as Loki reads it.

/** Keys and values in their order; what cannot be read is left out. `error`: there was something that could not. */
export function logfmtPairs(
  line: string,
  strict: boolean,
): { readonly pairs: readonly (readonly [string, string])[]; readonly error: string } {
  const pairs: [string, string][] = [];
  let error = '';
  let at = 0;
  const fail = (position: number, what: string): void => {
    error = `logfmt syntax error at pos ${Buffer.byteLength(line.slice(0, position)) + 1} : ${what}`;
  };
  const isSpace = (position: number): boolean => position >= line.length || line.charCodeAt(position) <= 0x20;
  const skipWord = (): void => {
    while (!isSpace(at)) at++;
  };
  while (at < line.length) {
    while (at < line.length && isSpace(at)) at++;
    if (at >= line.length) break;
    if (error !== '' && strict) break;
    const start = at;
    while (!isSpace(at) && line[at] !== '=' && line[at] !== '"') at++;
    const key = line.slice(start, at);
    if (line[at] === '"' || (line[at] === '=' && key === '')) {
      fail(at, `unexpected '${line[at]}'`);
      skipWord();
      continue;
    }
    if (key.includes('\uFFFD')) {
      fail(at, 'invalid key');
      continue;
    }
    if (line[at] !== '=') {
      pairs.push([key, '']);
      continue;
    }
    at++;
    if (isSpace(at)) {
      pairs.push([key, '']);
      continue;
    }
    if (line[at] === '"') {
      const quoted = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(line.slice(at));
      if (quoted === null) {
        at = line.length;
        fail(at, 'unterminated quoted value');
        continue;
      }
      at += quoted[0].length;
      const value = unquote(quoted[1] as string);
      if (value === undefined) fail(at, 'invalid quoted value');
      else pairs.push([key, value]);
      continue;
    }
    const valueStart = at;
    while (!isSpace(at) && line[at] !== '=' && line[at] !== '"') at++;
    if (!isSpace(at)) {
      fail(at, `unexpected '${line[at]}'`);
      skipWord();
      continue;
    }
    pairs.push([key, line.slice(valueStart, at)]);
  }
  return { pairs, error };
}

/** Undefined when an escape is unknown. */
function unquote(text: string): string | undefined {
  if (!text.includes('\\')) return text;
  if (!/^(?:[^\\\u0000-\u001f]|\\["\\/'bfnrt]|\\u[0-9a-fA-F]{4})*$/.test(text)) return undefined;
  return text
    .replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, hex?: string, letter?: string) =>
      hex === undefined
        ? ({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }[letter as string] ?? (letter as string))
        : String.fromCharCode(Number.parseInt(hex, 16)),
    )
    .replace(/\p{Surrogate}/gu, '\uFFFD');
}
