// Log queries: the stream selector and its stages.
import type {
  LabelAssignment,
  LabelExtraction,
  LabelSelector,
  LineFilterOp,
  LineMatch,
  Matcher,
  MatchOp,
  Stage,
} from './ast.ts';
import { parseLabelFilter, parseMatcherTail } from './parse-label-filter.ts';
import type { TokenStream } from './token-stream.ts';

/** `{a="b", c=~"d"}`; `{}` is grammatical and refused later. */
export function parseMatchers(stream: TokenStream): Matcher[] {
  stream.expect('{');
  const matchers: Matcher[] = [];
  if (stream.accept('}') !== undefined) return matchers;
  for (;;) {
    const name = stream.expect(
      'IDENTIFIER',
      matchers.length === 0 ? ['IDENTIFIER', '}'] : ['IDENTIFIER'],
    ).text;
    const op = stream.peek().kind;
    if (!isMatchOp(op)) stream.fail(['=', '=~', '!~', '!=']);
    stream.next();
    stream.addTo(matchers, parseMatcherTail(stream, name, op));
    if (stream.accept('}') !== undefined) return matchers;
    if (stream.accept(',') === undefined) stream.fail(['}', ',']);
  }
}

/**
 * Stages up to the first token that begins none. With `beforeUnwrap`, `| unwrap` ends them too: the pipe is then
 * taken and true returned.
 */
export function parseStages(stream: TokenStream, stages: Stage[], beforeUnwrap: boolean): boolean {
  for (;;) {
    const { kind } = stream.peek();
    if (isLineFilterOp(kind)) {
      stream.addTo(stages, parseLineFilter(stream, kind));
    } else if (kind === '|') {
      stream.next();
      if (beforeUnwrap && stream.peek().kind === 'unwrap') return true;
      stream.addTo(stages, parseStage(stream));
    } else {
      return false;
    }
  }
}

const isMatchOp = (kind: string): kind is MatchOp =>
  kind === '=' || kind === '!=' || kind === '=~' || kind === '!~';
const isLineFilterOp = (kind: string): kind is LineFilterOp =>
  ['|=', '!=', '|~', '!~', '|>', '!>'].includes(kind);

function parseLineFilter(stream: TokenStream, op: LineFilterOp): Stage {
  const alternatives: LineMatch[] = [];
  do {
    stream.next();
    const text = stream.accept('STRING');
    if (text !== undefined) {
      stream.addTo(alternatives, { text: text.text, ip: false });
    } else {
      stream.expect('ip', ['STRING', 'ip']);
      stream.expect('(');
      stream.addTo(alternatives, { text: stream.expect('STRING').text, ip: true });
      stream.expect(')');
    }
  } while (stream.peek().kind === 'or');
  return { kind: 'lineFilter', op, alternatives };
}

function parseStage(stream: TokenStream): Stage {
  const token = stream.peek();
  switch (token.kind) {
    case 'IDENTIFIER':
    case '(':
      return { kind: 'labelFilter', filter: parseLabelFilter(stream) };
    case 'json':
      stream.next();
      return { kind: 'json', expressions: parseExtractions(stream) };
    case 'logfmt':
      stream.next();
      return parseLogfmt(stream);
    case 'regexp':
    case 'pattern':
      stream.next();
      return { kind: token.kind, pattern: stream.expect('STRING').text };
    case 'unpack':
    case 'decolorize':
      stream.next();
      return { kind: token.kind };
    case 'line_format':
      stream.next();
      return { kind: 'lineFormat', template: stream.expect('STRING').text };
    case 'label_format':
      stream.next();
      return { kind: 'labelFormat', assignments: parseList(stream, parseAssignment) };
    case 'drop':
    case 'keep':
      stream.next();
      return { kind: token.kind, labels: parseList(stream, parseLabelSelector) };
    default:
      return stream.fail();
  }
}

function parseList<T>(stream: TokenStream, parseItem: (stream: TokenStream) => T): T[] {
  const items = [parseItem(stream)];
  while (stream.accept(',') !== undefined) stream.addTo(items, parseItem(stream));
  return items;
}

function parseLogfmt(stream: TokenStream): Stage {
  let strict = false;
  let keepEmpty = false;
  for (let flag = stream.accept('FUNCTION_FLAG'); flag !== undefined; flag = stream.accept('FUNCTION_FLAG')) {
    if (flag.text === '--strict') strict = true;
    else keepEmpty = true;
  }
  return { kind: 'logfmt', strict, keepEmpty, expressions: parseExtractions(stream) };
}

const parseExtractions = (stream: TokenStream): LabelExtraction[] =>
  stream.peek().kind === 'IDENTIFIER' ? parseList(stream, parseExtraction) : [];

function parseExtraction(stream: TokenStream): LabelExtraction {
  const label = stream.expect('IDENTIFIER').text;
  const path = stream.accept('=') === undefined ? label : stream.expect('STRING').text;
  return { label, path };
}

function parseAssignment(stream: TokenStream): LabelAssignment {
  const name = stream.expect('IDENTIFIER').text;
  stream.expect('=');
  const from = stream.accept('IDENTIFIER');
  if (from !== undefined) return { kind: 'rename', name, from: from.text };
  return { kind: 'template', name, template: stream.expect('STRING', ['IDENTIFIER', 'STRING']).text };
}

function parseLabelSelector(stream: TokenStream): LabelSelector {
  const name = stream.expect('IDENTIFIER').text;
  const op = stream.peek().kind;
  if (!isMatchOp(op)) return { name };
  stream.next();
  return { name, matcher: parseMatcherTail(stream, name, op) };
}
