// Go's fmt.Sprintf, Sprint and Sprintln over template values.

import { quoteGo } from '../go/quote.ts';
import { type Flags, formatFloat, formatInteger, formatString, pad } from '../go/verbs.ts';
import { FunctionError } from './template-error.ts';
import { integerOf, printNested, typeName, type Value } from './value.ts';

/** As fmt has it: larger widths are errors, which also bounds the output. */
const widthMax = 1_000_000;

export function sprint(values: readonly Value[]): string {
  let text = '';
  for (const [i, value] of values.entries()) {
    // A space between operands when neither is a string.
    if (i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string') text += ' ';
    text += printNested(value);
  }
  return text;
}

export const sprintln = (values: readonly Value[]): string => `${values.map(printNested).join(' ')}\n`;

export function sprintf(format: string, values: readonly Value[]): string {
  let out = '';
  let next = 0;
  let reordered = false;
  for (let at = 0; at < format.length; ) {
    const percent = format.indexOf('%', at);
    if (percent < 0) {
      out += format.slice(at);
      break;
    }
    out += format.slice(at, percent);
    at = percent + 1;
    const flags: Flags = {
      plus: false,
      minus: false,
      sharp: false,
      space: false,
      zero: false,
      width: undefined,
      precision: undefined,
    };
    for (; ; at++) {
      const c = format[at];
      if (c === '+') flags.plus = true;
      else if (c === '-') flags.minus = true;
      else if (c === '#') flags.sharp = true;
      else if (c === ' ') flags.space = true;
      else if (c === '0') flags.zero = true;
      else break;
    }
    let badIndex = false;
    const index = (): void => {
      const found = /^\[([^\]]*)\]/.exec(format.slice(at));
      if (!found) return;
      reordered = true;
      at += found[0].length;
      const number = /^\d+$/.test(found[1] as string) ? Number(found[1]) : 0;
      if (number < 1 || number > values.length) badIndex = true;
      else next = number - 1;
    };
    const star = (): number | undefined => {
      const value = next < values.length ? integerOf(values[next]) : undefined;
      next++;
      return value === undefined || value > BigInt(widthMax) || value < BigInt(-widthMax)
        ? undefined
        : Number(value);
    };
    const number = (): number | undefined => {
      const digits = /^\d+/.exec(format.slice(at, at + 10))?.[0];
      if (digits === undefined) return undefined;
      at += digits.length;
      return Number(digits);
    };
    index();
    if (format[at] === '*') {
      at++;
      flags.width = star();
      if (flags.width === undefined) out += '%!(BADWIDTH)';
      else if (flags.width < 0) {
        flags.width = -flags.width;
        flags.minus = true;
        flags.zero = false;
      }
    } else flags.width = number();
    if (format[at] === '.') {
      at++;
      index();
      if (format[at] === '*') {
        at++;
        flags.precision = star();
        if (flags.precision !== undefined && flags.precision < 0) flags.precision = undefined;
        else if (flags.precision === undefined) out += '%!(BADPREC)';
      } else flags.precision = number() ?? 0;
    }
    if ((flags.width ?? 0) > widthMax || (flags.precision ?? 0) > widthMax) {
      throw new FunctionError('width or precision too large');
    }
    index();
    const codePoint = format.codePointAt(at);
    if (codePoint === undefined) {
      out += '%!(NOVERB)';
      break;
    }
    const verb = String.fromCodePoint(codePoint);
    at += verb.length;
    if (verb === '%') out += '%';
    else if (badIndex) out += `%!${verb}(BADINDEX)`;
    else if (next >= values.length) out += `%!${verb}(MISSING)`;
    else out += formatVerb(verb, values[next++], flags);
  }
  if (!reordered && next < values.length) {
    const extra = values.slice(next).map((v) => (v == null ? '<nil>' : `${typeName(v)}=${printNested(v)}`));
    out += `%!(EXTRA ${extra.join(', ')})`;
  }
  return out;
}

function formatVerb(verb: string, value: Value, flags: Flags): string {
  if (verb === 'T') return pad(typeName(value), flags);
  if (value === undefined || value === null) return verb === 'v' ? pad('<nil>', flags) : `%!${verb}(<nil>)`;
  const bad = (): string => `%!${verb}(${typeName(value)}=${printNested(value)})`;
  if (typeof value === 'boolean') return verb === 't' || verb === 'v' ? pad(String(value), flags) : bad();
  if (typeof value === 'string') return formatString(verb, value, flags) ?? bad();
  if (typeof value === 'number') return formatFloat(verb, value, flags) ?? bad();
  const printsItself =
    typeof value === 'object' && 'toString' in value && typeName(value).startsWith('time.');
  if (printsItself && 'vsq'.includes(verb)) return formatString(verb, printNested(value), flags) ?? bad();
  const integer = integerOf(value);
  if (integer !== undefined) return formatInteger(verb, integer, flags) ?? bad();
  if (verb === 'v') return pad(flags.sharp ? goSyntax(value) : printNested(value), flags);
  if (Array.isArray(value)) return `[${value.map((v) => formatVerb(verb, v, flags)).join(' ')}]`;
  return verb === 's' ? pad(printNested(value), flags) : bad();
}

function goSyntax(value: Value): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (typeof value === 'string') return quoteGo(value);
  return value == null ? 'interface {}(nil)' : printNested(value);
}
