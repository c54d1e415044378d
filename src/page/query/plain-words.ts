// Plain words as a search: `timeout -debug "connection refused" service_name:web`. Who knows no LogQL finds lines, and
// learns some, since the query that the words stand for is shown.
import { rangeFunctions, vectorFunctions } from './language.ts';
import { escapedPattern, quoted } from './query-scan.ts';

const everything = '{service_name=~".+"}';

/**
 * The LogQL that the words stand for; undefined when the text is LogQL already (or an attempt at it). Words are looked
 * for without regard to case, `-word` leaves lines out, `name:value` and `name=value` are labels or fields.
 */
export function queryOfWords(text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || looksLikeLogql(trimmed)) return undefined;
  const stages = [...trimmed.matchAll(/(-?)(?:([A-Za-z_][\w.]*)[:=](?!\/\/))?("[^"]*"|\S+)/g)].map(
    ([, minus, name, word = '']) => {
      const value = word.length > 1 && word.startsWith('"') && word.endsWith('"') ? word.slice(1, -1) : word;
      if (name !== undefined) return ` | ${labelOf(name)}${minus === '-' ? '!=' : '='}${quoted(value)}`;
      return ` ${minus === '-' ? '!~' : '|~'} ${quoted(`(?i)${escapedPattern(value)}`)}`;
    },
  );
  return everything + stages.join('');
}

/** Every line has its level under this name, whatever it calls it itself. */
const labelOf = (name: string): string => (name === 'level' ? 'detected_level' : name.replaceAll('.', '_'));

const calls = new Set([...rangeFunctions, ...vectorFunctions].map(({ name }) => name));

/** Braces, calls of LogQL's functions, comments and calculations. */
function looksLikeLogql(text: string): boolean {
  if (/^[{(#]/.test(text) || /^[\d.]+\s+[-+*/%^]\s+[\d.({]/.test(text)) return true;
  const name = /^([a-z_]+)\s*(?:\(|(?:by|without)\s*\()/i.exec(text)?.[1];
  return name !== undefined && calls.has(name);
}
