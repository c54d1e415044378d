// What was found out about texts of lines, for when they come again.
import { ownText } from '../model/own-text.ts';

/** Longer texts are not remembered. */
const lengthMax = 256;

/**
 * Finds out about a text that is not known, and remembers it; beyond `entriesMax` the memory starts over. What is found
 * is of a copy of the text too, as it may hold it: neither keeps the line.
 */
export function remember<T>(
  known: Map<string, T>,
  entriesMax: number,
  text: string,
  find: (text: string) => T,
): T {
  if (text.length > lengthMax) return find(text);
  const own = ownText(text);
  const found = find(own);
  if (known.size >= entriesMax) known.clear();
  known.set(own, found);
  return found;
}
