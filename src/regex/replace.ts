// Go's regexp.Expand.
import type { RegexMatch } from './regex.ts';

/**
 * Fills a template: `$1`, `$name`, `${name}`, `$$`. A name is the longest run of letters, digits and `_`; unknown
 * groups are empty; a `$` that begins none of these stands for itself.
 */
export function expandTemplate(template: string, match: RegexMatch, groupNames: readonly string[]): string {
  if (!template.includes('$')) return template;
  let groupsByName: ReadonlyMap<string, readonly number[]> | undefined;
  return template.replace(reference, (whole, braced: string | undefined, bare: string | undefined) => {
    if (whole === '$$') return '$';
    const name = braced ?? bare;
    if (name === undefined) return whole;
    if (/^\d+$/.test(name)) return match.groups[Number(name)] ?? '';
    // Of groups that share a name Go takes the first that took part.
    groupsByName ??= groupsOf(groupNames);
    const group = groupsByName.get(name)?.find((i) => match.groups[i] !== undefined);
    return group === undefined ? '' : (match.groups[group] as string);
  });
}

function groupsOf(names: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>();
  names.forEach((name, i) => {
    if (i === 0) return;
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [i]);
    else known.push(i);
  });
  return groups;
}

const reference = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;
