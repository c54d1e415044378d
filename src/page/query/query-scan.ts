// A query's text cut into what is quoted, what is a comment, and the rest, so that a brace within quotes is no brace.

export type PieceKind = 'text' | 'quoted' | 'comment';

export interface Piece {
  readonly kind: PieceKind;
  readonly start: number;
  readonly end: number;
}

/** Pieces in order, without gaps. Quotes that are not closed last to the end. */
export function piecesOf(query: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const pattern = /"(?:\\.|[^"\\])*(?:"|\\?$)|`[^`]*(?:`|$)|#[^\n]*/gs;
  let at = 0;
  for (const { 0: text, index } of query.matchAll(pattern)) {
    if (index > at) pieces.push({ kind: 'text', start: at, end: index });
    at = index + text.length;
    pieces.push({ kind: text.startsWith('#') ? 'comment' : 'quoted', start: index, end: at });
  }
  if (at < query.length) pieces.push({ kind: 'text', start: at, end: query.length });
  return pieces;
}

/** The query without its comments, trimmed: what is appended to it is part of it. */
export function withoutComments(query: string): string {
  const kept = piecesOf(query).filter(({ kind }) => kind !== 'comment');
  return kept
    .map(({ start, end }) => query.slice(start, end))
    .join('')
    .trim();
}

/** The same length, with spaces for everything quoted and for comments. */
export const skeletonOf = (query: string): string =>
  piecesOf(query)
    .map(({ kind, start, end }) => (kind === 'text' ? query.slice(start, end) : ' '.repeat(end - start)))
    .join('');

/** What a quoted piece stands for; undefined where an escape is wrong. */
export function unquoted(text: string): string | undefined {
  if (text.startsWith('`')) return text.slice(1, text.endsWith('`') && text.length > 1 ? -1 : undefined);
  const inside = text
    .replace(/\\x([\da-f]{2})/gi, '\\u00$1')
    .replace(/\\a/g, '\\u0007')
    .replace(/\\v/g, '\\u000b')
    .replace(/\t/g, '\\t');
  try {
    return JSON.parse(inside) as string;
  } catch {
    return undefined;
  }
}

/** A string of LogQL; JSON's escapes are among Go's. */
export const quoted = (value: string): string => JSON.stringify(value);

export const escapedPattern = (value: string): string => value.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
