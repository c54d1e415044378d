// JSON.parse makes doubles of numbers, which hold 53 bits: integers of more digits are made texts before it.

const quote = 0x22;
const backslash = 0x5c;
const minus = 0x2d;
/** Integers of fewer digits are exact as doubles. */
const digitsMin = 16;
/** Seldom true for JSON without such integers, and quick to tell. */
const mayHaveWide = /[:[,]\s{0,64}-?\d{16}/;

/** JSON text whose wide integers are in quotes; the same text when there are none. */
export function quoteWideIntegers(json: string): string {
  if (!mayHaveWide.test(json)) return json;
  let out = '';
  let copied = 0;
  for (let at = 0; at < json.length; ) {
    const code = json.charCodeAt(at);
    if (code === quote) {
      at = afterString(json, at);
    } else if (isDigit(code) || code === minus) {
      const end = afterNumber(json, at);
      if (isWideInteger(json, at, end)) {
        out += `${json.slice(copied, at)}"${json.slice(at, end)}"`;
        copied = end;
      }
      at = end;
    } else at++;
  }
  return copied === 0 ? json : out + json.slice(copied);
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

function afterString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === backslash) at++;
  }
  return json.length;
}

/** Past the digits, signs, points and exponents from `start` on. */
function afterNumber(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && isOfNumber(json.charCodeAt(at))) at++;
  return at;
}

/** A digit, `.`, `+`, `-`, `e`, `E`. */
const isOfNumber = (code: number): boolean =>
  isDigit(code) || code === 0x2e || code === 0x2b || code === minus || (code | 0x20) === 0x65;

function isWideInteger(json: string, start: number, end: number): boolean {
  const first = json.charCodeAt(start) === minus ? start + 1 : start;
  if (end - first < digitsMin) return false;
  // A leading zero is no JSON: the parser is to say so.
  if (json[first] === '0') return false;
  for (let at = first; at < end; at++) if (!isDigit(json.charCodeAt(at))) return false;
  return true;
}
