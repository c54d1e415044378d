// Content types, judged as Go's mime package judges them: the verdicts and their texts are part of the contract.
import { badRequest } from '../limits/push-error.ts';

const tokenCharacter = /[!#$%&'*+\-.^_`|~0-9A-Za-z]/;

function tokenEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && tokenCharacter.test(text[at] as string)) at++;
  return at;
}

/**
 * The media type in lower case without parameters (`application/json`). Throws PushError 400 for a missing or
 * malformed header.
 */
export function mediaType(header: string | undefined): string {
  const text = header ?? '';
  const semicolon = text.indexOf(';');
  const base = (semicolon < 0 ? text : text.slice(0, semicolon)).trim().toLowerCase();
  checkBase(base);
  if (semicolon >= 0) checkParameters(text.slice(semicolon));
  return base;
}

function checkBase(base: string): void {
  const typeEnd = tokenEnd(base, 0);
  if (typeEnd === 0) throw badRequest('mime: no media type');
  if (typeEnd === base.length) return;
  if (base[typeEnd] !== '/') throw badRequest('mime: expected slash after first token');
  const subtypeEnd = tokenEnd(base, typeEnd + 1);
  if (subtypeEnd === typeEnd + 1) throw badRequest('mime: expected token after slash');
  if (subtypeEnd < base.length) throw badRequest('mime: unexpected content after media subtype');
}

/** `rest` starts at the first semicolon; a lone trailing semicolon is allowed. */
function checkParameters(rest: string): void {
  const seen = new Set<string>();
  let at = 0;
  while (at < rest.length) {
    const from = skipSpace(rest, at);
    if (from === rest.length) return;
    if (rest[from] !== ';') throw badRequest('mime: invalid media parameter');
    const nameStart = skipSpace(rest, from + 1);
    if (nameStart === rest.length) return;
    const nameEnd = tokenEnd(rest, nameStart);
    const name = rest.slice(nameStart, nameEnd).toLowerCase();
    const equals = skipSpace(rest, nameEnd);
    if (name === '' || rest[equals] !== '=') throw badRequest('mime: invalid media parameter');
    const valueStart = skipSpace(rest, equals + 1);
    const valueEnd = rest[valueStart] === '"' ? quotedEnd(rest, valueStart) : tokenEnd(rest, valueStart);
    if (valueEnd === valueStart) throw badRequest('mime: invalid media parameter');
    if (seen.has(name)) throw badRequest('mime: duplicate parameter name');
    seen.add(name);
    at = valueEnd;
  }
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && (text[at] === ' ' || text[at] === '\t')) at++;
  return at;
}

/** After the closing quote, or `start` when there is none. */
function quotedEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return start;
}
