// Line filters and label filters.

import { parseBytes } from '../../src/go/bytes.ts';
import { parseGoDuration } from '../../src/go/duration.ts';
import { goFloatError, parseGoFloat } from '../../src/go/number.ts';
import type { CompareOp, LabelFilter, Matcher } from '../../src/logql/ast.ts';
import { ipContains, parseIpAddress, parseIpPattern } from '../../src/logql/ip-pattern.ts';
import type { LineFilterStage } from '../../src/logql/stages/line-filter.ts';
import { labelRegex, regex, wholeRegex } from './compiled.ts';
import type { Entry } from './entry.ts';

export function passesLineFilter({ op, alternatives }: LineFilterStage, line: string): boolean {
  const some = alternatives.some(({ text, ip }) => {
    if (ip) return holdsAddress(line, text);
    if (op === '|=' || op === '!=') return line.includes(text);
    if (op === '|~' || op === '!~') return regex(text).matcher(line).find();
    return fitsPattern(text, line);
  });
  return op.startsWith('|') ? some : !some;
}

/**
 * A pattern is used up from left to right: each literal is looked for after the one before, with at least one byte
 * between; the first may be anywhere unless a `<_>` comes before it, which takes at least one byte; what comes after
 * the last literal is for a last `<_>`, else there must be nothing.
 */
export function fitsPattern(pattern: string, line: string): boolean {
  const parts = pattern.split(/(<_>)/).filter((part) => part !== '');
  if (line === '' || parts.length === 0) return line === '' && parts.length === 0;
  let at = 0;
  let wild = false;
  for (const [i, part] of parts.entries()) {
    if (part === '<_>') {
      wild = true;
      continue;
    }
    const found = line.indexOf(part, at);
    if (found < 0 || (wild && found === at)) return false;
    if (i > 0 && !wild) return false;
    at = found + part.length;
    wild = false;
  }
  return wild ? at < line.length : at === line.length;
}

/** An address is somewhere: what looks like the beginning of one is taken as far as its characters go. */
export function holdsAddress(text: string, pattern: string): boolean {
  const range = parseIpPattern(pattern);
  if (range === undefined) throw new Error(`no pattern of addresses: ${pattern}`);
  for (let at = 0; at < text.length; at++) {
    const rest = text.slice(at);
    const four = rest.length > 3 && /^\d{1,3}\./.test(rest) ? /^[\d.]+/.exec(rest)?.[0] : undefined;
    const six = /^(?:[\da-fA-F]{1,4}:|::[\da-fA-F])/.test(rest)
      ? /^[\da-fA-F:.]+/.exec(rest)?.[0]
      : undefined;
    const candidate = four ?? six;
    if (candidate === undefined) continue;
    const address = parseIpAddress(candidate);
    if (address !== undefined && range.family === (four === undefined ? 6 : 4) && ipContains(range, address))
      return true;
    at += candidate.length;
  }
  return false;
}

export function fitsMatcher({ op, value }: Matcher, text: string): boolean {
  switch (op) {
    case '=':
      return text === value;
    case '!=':
      return text !== value;
    case '=~':
      return fullMatch(value, text);
    case '!~':
      return !fullMatch(value, text);
  }
}

const fullMatch = (pattern: string, text: string): boolean => wholeRegex(pattern).matcher(text).find();

/** Label filters set errors, too: the order in which they run shows. */
export function passesLabelFilter(filter: LabelFilter, entry: Entry): boolean {
  switch (filter.kind) {
    case 'and': {
      const left = passesLabelFilter(filter.left, entry);
      const right = passesLabelFilter(filter.right, entry);
      return left && right;
    }
    case 'or':
      return passesLabelFilter(filter.left, entry) || passesLabelFilter(filter.right, entry);
    case 'string':
      return passesText(filter.matcher, entry);
    case 'number':
      return compares(filter, filter.value, entry, (text) => parseGoFloat(text) ?? goFloatError(text));
    case 'bytes':
      return compares(filter, filter.valueBytes, entry, parseBytes);
    case 'duration':
      return compares(filter, filter.valueNs, entry, (text) => {
        const ns = parseGoDuration(text);
        return typeof ns === 'bigint' ? Number(ns) : ns;
      });
    case 'ip': {
      if (entry.error !== '') return true;
      const text = entry.get(filter.name);
      return text !== undefined && holdsAddress(text, filter.pattern) === (filter.op === '=');
    }
  }
}

/** What Loki makes of regexes here is another matter than a match: see there, and its own tests. */
function passesText(matcher: Matcher, entry: Entry): boolean {
  const text = entry.filtered(matcher.name);
  if (matcher.op === '=~') return labelRegex(matcher.value)(text);
  if (matcher.op === '!~') return !labelRegex(matcher.value)(text);
  return fitsMatcher(matcher, text);
}

function compares(
  { name, op }: { readonly name: string; readonly op: CompareOp },
  bound: number,
  entry: Entry,
  convert: (text: string) => number | string,
): boolean {
  const text = entry.get(name);
  if (text === undefined) return false;
  const value = convert(text);
  if (typeof value === 'string') {
    entry.setError('LabelFilterErr', value);
    return true;
  }
  const verdicts: Record<CompareOp, boolean> = {
    '==': value === bound,
    '!=': value !== bound,
    '>': value > bound,
    '>=': value >= bound,
    '<': value < bound,
    '<=': value <= bound,
  };
  return verdicts[op];
}
