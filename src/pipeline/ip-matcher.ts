// Addresses of `ip("…")`: one address, a range `a-b` or a prefix `a/n`, and the search for addresses in text.
import { type IpPattern, ipContains, parseIpAddress, parseIpPattern } from '../logql/ip-pattern.ts';
import { ParseError } from '../logql/parse-error.ts';

/** True when an address that fits is in the text. */
export type IpMatcher = (text: string) => boolean;

/** Compiles the pattern of `ip("…")`. Throws ParseError when it is none of the three forms. */
export function compileIpMatcher(pattern: string): IpMatcher {
  const range = parseIpPattern(pattern);
  if (range === undefined) throw new ParseError(`ip: "${pattern}": invalid pattern`);
  return (text) => findAddress(text, range);
}

/**
 * Looks for an address in range. As Loki: an address starts where up to three digits and a dot, or up to four hex
 * digits and a colon stand, reaches as far as its characters do, and is skipped as a whole when it does not fit.
 */
function findAddress(text: string, range: IpPattern): boolean {
  const length = text.length;
  for (let i = 0; i < length; i++) {
    if (i + 3 < length && ipv4Starts(text, i)) {
      const end = span(text, i, ipv4Character);
      if (range.family === 4 && fits(text, i, end, range)) return true;
      i = end;
    } else if (ipv6Starts(text, i)) {
      const end = span(text, i, ipv6Character);
      if (range.family === 6 && fits(text, i, end, range)) return true;
      i = end;
    }
  }
  return false;
}

function fits(text: string, start: number, end: number, range: IpPattern): boolean {
  const address = parseIpAddress(text.slice(start, end));
  return address !== undefined && ipContains(range, address);
}

const isDigit = (c: number): boolean => c >= 0x30 && c <= 0x39;
const isHex = (c: number): boolean => isDigit(c) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66);
const ipv4Character = (c: number): boolean => isDigit(c) || c === 0x2e;
const ipv6Character = (c: number): boolean => isHex(c) || c === 0x3a || c === 0x2e;

function span(text: string, from: number, belongs: (c: number) => boolean): number {
  let i = from;
  while (i < text.length && belongs(text.charCodeAt(i))) i++;
  return i;
}

function ipv4Starts(text: string, at: number): boolean {
  for (let i = 0; i < 4; i++) {
    const c = text.charCodeAt(at + i);
    if (c === 0x2e) return i > 0;
    if (!isDigit(c)) return false;
  }
  return false;
}

function ipv6Starts(text: string, at: number): boolean {
  if (text.charCodeAt(at) === 0x3a) return text.charCodeAt(at + 1) === 0x3a && isHex(text.charCodeAt(at + 2));
  for (let i = 0; i < 5; i++) {
    const c = text.charCodeAt(at + i);
    if (c === 0x3a) return i > 0;
    if (!isHex(c)) return false;
  }
  return false;
}
