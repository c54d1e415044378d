// Matchers: `{a="b", c=~"d"}` and what follows a label's name in them.
import type { Matcher, MatchOp } from './ast.ts';
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

/** `name op "value"`, for selectors and label filters; the name and the operator are already read. */
export function parseMatcherTail(stream: TokenStream, name: string, op: MatchOp): Matcher {
  return { name, op, value: stream.expect('STRING').text };
}

export const isMatchOp = (kind: string): kind is MatchOp =>
  kind === '=' || kind === '!=' || kind === '=~' || kind === '!~';
