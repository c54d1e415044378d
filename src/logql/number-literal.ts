// Go's number literals, as text/scanner delimits them. Which of them are numbers is decided later, by ParseFloat.

export interface ScannedNumber {
  /** Index after the literal. */
  readonly end: number;
  /** What Go's scanner finds wrong with it. */
  readonly error?: string;
}

/** Scans the literal that begins at `start` with a digit, or with a point and a digit. */
export function scanNumber(text: string, start: number): ScannedNumber {
  let at = start;
  let base = 10;
  let prefix = '';
  if (text[at] === '0') {
    const letter = (text[at + 1] ?? '').toLowerCase();
    const known = prefixBases.get(letter);
    // So `0B` is no size: the digits of a binary number are missing.
    if (known !== undefined) {
      base = known;
      prefix = letter;
      at += 2;
    } else {
      prefix = '0';
    }
  }
  let digits = '';
  const scanDigits = (hexadecimal: boolean): string => {
    const pattern = hexadecimal ? hexDigits : decimalDigits;
    pattern.lastIndex = at;
    const found = (pattern.exec(text) as RegExpExecArray)[0];
    at += found.length;
    return found;
  };
  let isFloat = false;
  digits += scanDigits(base === 16);
  if (text[at] === '.') {
    isFloat = true;
    at++;
    if (prefix === 'o' || prefix === 'b') return failed(at, `invalid radix point in ${names.get(prefix)}`);
    digits += scanDigits(base === 16);
  }
  if (!/[0-9a-fA-F]/.test(digits)) return failed(at, `${names.get(prefix)} has no digits`);
  const letter = text[at] ?? '';
  const exponent = letter.toLowerCase();
  if (exponent === 'e' || exponent === 'p') {
    if (exponent === 'e' && prefix !== '' && prefix !== '0') {
      return failed(at, `'${letter}' exponent requires decimal mantissa`);
    }
    if (exponent === 'p' && prefix !== 'x') {
      return failed(at, `'${letter}' exponent requires hexadecimal mantissa`);
    }
    isFloat = true;
    at++;
    if (text[at] === '+' || text[at] === '-') at++;
    if (!/[0-9]/.test(scanDigits(false))) return failed(at, 'exponent has no digits');
  } else if (prefix === 'x' && isFloat) {
    return failed(at, "hexadecimal mantissa requires a 'p' exponent");
  }
  const digitMax = prefix === 'b' ? '1' : prefix === 'o' || prefix === '0' ? '7' : '';
  const wrong = digitMax === '' ? undefined : [...digits].find((d) => d !== '_' && d > digitMax);
  if (!isFloat && wrong !== undefined) {
    return failed(at, `invalid digit '${wrong}' in ${names.get(prefix)}`);
  }
  if (/__|_$|^_|_\.|\._|_[eEpP]/.test(text.slice(start, at))) {
    return failed(at, "'_' must separate successive digits");
  }
  return { end: at };
}

const prefixBases: ReadonlyMap<string, number> = new Map([
  ['x', 16],
  ['o', 8],
  ['b', 2],
]);
const names: ReadonlyMap<string, string> = new Map([
  ['', 'decimal literal'],
  ['0', 'octal literal'],
  ['x', 'hexadecimal literal'],
  ['o', 'octal literal'],
  ['b', 'binary literal'],
]);
const decimalDigits = /[0-9_]*/y;
const hexDigits = /[0-9a-fA-F_]*/y;

const failed = (end: number, error: string): ScannedNumber => ({ end, error });
