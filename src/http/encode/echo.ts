// What clients wrote comes back to them in errors, up to a bound: a megabyte of digits is not told digit by digit.
import { quoteGo } from '../../go/quote.ts';

/** Characters of an error's text; what is longer loses its middle. */
const errorCharactersMax = 4096;
/** Characters of one parameter within it: a number or a time is never longer. */
const parameterCharactersMax = 1024;

/** The text of an error as it is sent: whole, or its beginning and its end. */
export const cutError = (text: string): string => cutMiddle(text, errorCharactersMax);

/** A parameter's value within an error, as Go's `%q`. */
export const quoteEcho = (text: string): string => quoteGo(cutMiddle(text, parameterCharactersMax));

function cutMiddle(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  const half = charactersMax / 2;
  const kept = [text.slice(0, half), text.slice(-half)] as const;
  // Halves of surrogate pairs at the edges would be no text.
  return `${kept[0].replace(/[\ud800-\udbff]$/, '')}... (${text.length - charactersMax} characters) ...${kept[1].replace(/^[\udc00-\udfff]/, '')}`;
}
