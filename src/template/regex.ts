// Regexes inside templates: what Go's regexp does with all matches of a text.
import { RegexError } from '../regex/re2.ts';
import { compileRegex, type Regex, type RegexMatch } from '../regex/regex.ts';
import { expandTemplate } from '../regex/replace.ts';
import { RegexWorkError } from '../regex/work-limit.ts';
import { outputLengthMax } from './limits.ts';
import { FunctionError } from './template-error.ts';

function withRegex<T>(pattern: string, use: (regex: Regex) => T): T {
  try {
    return use(compileRegex(pattern));
  } catch (error) {
    if (error instanceof RegexError || error instanceof RegexWorkError)
      throw new FunctionError(error.message);
    throw error;
  }
}

function replace(regex: Regex, text: string, expand: (match: RegexMatch) => string): string {
  let out = '';
  let from = 0;
  for (const match of regex.findAll(text)) {
    out += text.slice(from, match.start) + expand(match);
    if (out.length > outputLengthMax) {
      throw new FunctionError(`result too long: more than ${outputLengthMax} characters`);
    }
    from = match.end;
  }
  return out + text.slice(from);
}

export const replaceAllMatchesLiteral = (pattern: string, text: string, replacement: string): string =>
  withRegex(pattern, (regex) => replace(regex, text, () => replacement));

/** `$1`, `${1}`, `$name`, `$$` in `template` stand for groups. */
export const replaceAllMatches = (pattern: string, text: string, template: string): string =>
  withRegex(pattern, (regex) =>
    replace(regex, text, (match) => expandTemplate(template, match, regex.groupNames)),
  );

export const countMatches = (pattern: string, text: string): number =>
  withRegex(pattern, (regex) => {
    let count = 0;
    for (const _ of regex.findAll(text)) count++;
    return count;
  });
