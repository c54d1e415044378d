// Go's regexp.Expand.
import type { RegexMatch } from './regex.ts';

/**
 * Fills a template: `$1`, `$name`, `${name}`, `$$`. A name is the longest run of letters, digits and `_`; unknown
 * groups are empty; a `$` that begins none of these stands for itself.
 */
export function expandTemplate(template: string, match: RegexMatch, groupNames: readonly string[]): string {
  if (!template.includes('$')) return template;
  return template.replace(reference, (whole, braced: string | undefined, bare: string | undefined) => {
    if (whole === '$$') return '$';
    const name = braced ?? bare;
    if (name === undefined) return whole;
    if (/^\d+$/.test(name)) return match.groups[Number(name)] ?? '';
    // Of groups that share a name Go takes the first that took part.
    for (let i = 1; i < groupNames.length; i++) {
      if (groupNames[i] === name && match.groups[i] !== undefined) return match.groups[i] as string;
    }
    return '';
  });
}

const reference = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;
