// Lists of globs.
import { type SettingType, textList } from '../setting-types.ts';

/** A list of globs; as text, separated by commas, of which those within braces belong to a glob. */
export const globList: SettingType<readonly string[]> = {
  expected: textList.expected,
  parse: (value) => (typeof value === 'string' ? splitGlobs(value) : textList.parse(value)),
  print: textList.print,
};

function splitGlobs(text: string): string[] {
  const globs: string[] = [];
  let depth = 0;
  let start = 0;
  const cut = (end: number): void => {
    const glob = text.slice(start, end).trim();
    if (glob !== '') globs.push(glob);
    start = end + 1;
  };
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    // An escaped character stands for itself.
    if (char === '\\') at++;
    else if (char === '{') depth++;
    else if (char === '}' && depth > 0) depth--;
    else if (char === ',' && depth === 0) cut(at);
  }
  // A brace that nothing closes is a character like others.
  if (depth > 0) return textList.parse(text) as string[];
  cut(text.length);
  return globs;
}
