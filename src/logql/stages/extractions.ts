// `label="path", …` after `json` and `logfmt`: chosen values under labels of their own.
import { quoteGo } from '../../go/quote.ts';
import { firstFault } from '../faults.ts';
import type { TokenStream } from '../token-stream.ts';

/** `label="path"`; without `=` the path is the label's own name. */
export interface LabelExtraction {
  readonly label: string;
  readonly path: string;
}

export const parseExtractions = (stream: TokenStream): LabelExtraction[] =>
  stream.peek().kind === 'IDENTIFIER' ? stream.list(parseExtraction) : [];

function parseExtraction(stream: TokenStream): LabelExtraction {
  const label = stream.expect('IDENTIFIER').text;
  const path = stream.accept('=') === undefined ? label : stream.expect('STRING').text;
  return { label, path };
}

/** With a space before them; '' for none. */
export const printExtractions = (expressions: readonly LabelExtraction[]): string =>
  expressions.length === 0
    ? ''
    : ` ${expressions.map(({ label, path }) => `${label}=${quoteGo(path)}`).join(',')}`;

/** The fault of the first path that has one. */
export const extractionFault = (
  expressions: readonly LabelExtraction[],
  pathFault: (path: string) => string | undefined,
): string | undefined =>
  firstFault(expressions, ({ path }) => {
    const fault = pathFault(path);
    return fault && `cannot parse expression [${path}]: ${fault}`;
  });
