// White space as Go sees it (unicode.IsSpace): with U+0085, without U+FEFF, unlike JavaScript's.

const space = /^[\t-\r \u0085\u00A0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

/** unicode.IsSpace of one character. */
export const isGoSpace = (character: string): boolean => space.test(character);

/** strings.TrimSpace. */
export function trimGoSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isGoSpace(text[start] as string)) start++;
  while (end > start && isGoSpace(text[end - 1] as string)) end--;
  return text.slice(start, end);
}
