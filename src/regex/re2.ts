// Compiling with re2js, which says what is RE2 and what is not.
import { RE2JS } from 're2js';
import { parseSyntax, type SyntaxFlags } from './parse-syntax.ts';
import { type RegexNode, UnsupportedRegexError } from './syntax-tree.ts';
import { programSizeMax } from './work-limit.ts';

/** Longest pattern in UTF-16 code units; a whole query is bounded too. */
const patternLengthMax = 65_536;
/** RE2's bound of counted repetitions, of nested ones together. */
const repeatMax = 1_000;

/** The pattern is not RE2. `message` is Go's: ``error parsing regexp: missing closing ]: `[` ``. */
export class RegexError extends Error {
  override readonly name = 'RegexError';
}

/** Throws RegexError. */
export function compileRe2(pattern: string, flags: SyntaxFlags): RE2JS {
  if (pattern.length > patternLengthMax || isTooLarge(pattern)) throw tooLarge();
  // Without flags first: re2js writes flags into the pattern, and they would show in the error.
  let compiled = compile(pattern, 0);
  const bits = (flags.dotAll ? RE2JS.DOTALL : 0) | (flags.ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  if (bits !== 0) compiled = compile(pattern, bits);
  if (compiled.programSize() > programSizeMax) throw tooLarge();
  return compiled;
}

/** For patterns that others will match with. Throws RegexError. */
export function checkRegex(pattern: string): void {
  compileRe2(pattern, {});
}

const tooLarge = (): RegexError => new RegexError('error parsing regexp: expression too large');

function compile(pattern: string, bits: number): RE2JS {
  try {
    return RE2JS.compile(pattern, bits);
  } catch (error) {
    // re2js overflows the stack on some patterns Go calls too deep.
    const message = error instanceof RangeError ? 'expression nests too deeply' : (error as Error).message;
    throw new RegexError(
      message.startsWith('error parsing regexp: ') ? message : `error parsing regexp: ${message}`,
      { cause: error },
    );
  }
}

/** Seen before re2js spends seconds on the program. */
function isTooLarge(pattern: string): boolean {
  if (!pattern.includes('{') || pattern.length * repeatMax <= programSizeMax) return false;
  try {
    return sizeOf(parseSyntax(pattern, { unicodeClasses: 'empty' })) > programSizeMax;
  } catch (error) {
    // Mostly a pattern that re2js refuses, too, and names the fault of, as long as it is not asked for much.
    if (error instanceof UnsupportedRegexError) return repetitionsOf(pattern) > unreadRepetitionsMax;
    throw error;
  }
}

/** In a pattern whose structure is not known. */
const unreadRepetitionsMax = 10_000;

function repetitionsOf(pattern: string): number {
  let sum = 0;
  for (const [, min, max] of pattern.matchAll(/\{(\d{1,4})(?:,(\d{0,4}))?\}/g))
    sum += Math.max(Number(min), Number(max ?? 0));
  return sum;
}

/** About the instructions of the node's program. Repetitions that RE2 refuses are left for re2js to name. */
function sizeOf(node: RegexNode): number {
  switch (node.kind) {
    case 'concat':
    case 'alternate':
      return node.parts.reduce((size, part) => size + sizeOf(part) + 1, 0);
    case 'repeat':
      return Math.min(node.max ?? node.min + 1, repeatMax) * (sizeOf(node.part) + 1);
    default:
      return 1;
  }
}
