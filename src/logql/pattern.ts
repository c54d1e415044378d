// Pattern expressions: `<ip> - <_> "<method> <path>"` of the pattern stage and of `|>`.

export type PatternPart =
  | { readonly kind: 'literal'; readonly text: string }
  /** `name` is `_` for `<_>`, which matches without capturing. */
  | { readonly kind: 'capture'; readonly name: string };

/** Splits a pattern; adjacent literals are one part. What looks like no capture (`<a-b>`, `<1a>`) is literal. */
export function parsePattern(pattern: string): readonly PatternPart[] {
  const parts: PatternPart[] = [];
  let at = 0;
  for (const found of pattern.matchAll(capture)) {
    if (found.index > at) parts.push({ kind: 'literal', text: pattern.slice(at, found.index) });
    parts.push({ kind: 'capture', name: found[1] as string });
    at = found.index + found[0].length;
  }
  if (at < pattern.length) parts.push({ kind: 'literal', text: pattern.slice(at) });
  return parts;
}

/** What is wrong with the pattern of a `pattern` stage, in Loki's words; undefined: nothing. */
export function patternStageError(pattern: string): string | undefined {
  if (pattern === '') {
    return 'parse error at line 1, col 1: syntax error: unexpected $end, expecting IDENTIFIER or LITERAL';
  }
  const parts = parsePattern(pattern);
  const names = parts.flatMap((part) => (part.kind === 'capture' && part.name !== '_' ? [part.name] : []));
  if (names.length === 0) return 'at least one capture is required';
  const consecutive = consecutiveError(parts);
  if (consecutive !== undefined) return consecutive;
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  return twice === undefined ? undefined : `duplicate capture name (${twice}): invalid expression`;
}

/** What is wrong with the pattern of a `|>` or `!>` filter; undefined: nothing. */
export function patternFilterError(pattern: string): string | undefined {
  const parts = parsePattern(pattern);
  const named = parts.find((part) => part.kind === 'capture' && part.name !== '_');
  if (named?.kind === 'capture') return `named captures are not allowed: found '<${named.name}>'`;
  return consecutiveError(parts);
}

const capture = /<([a-zA-Z_][a-zA-Z0-9_]*)>/g;

function consecutiveError(parts: readonly PatternPart[]): string | undefined {
  for (let i = 1; i < parts.length; i++) {
    const [a, b] = [parts[i - 1], parts[i]];
    if (a?.kind === 'capture' && b?.kind === 'capture') {
      return `found consecutive capture '<${a.name}><${b.name}>': invalid expression`;
    }
  }
  return undefined;
}
