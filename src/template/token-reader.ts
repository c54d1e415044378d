// A template's tokens, taken one by one.
import { unquoteGo } from '../go/quote.ts';
import { fail, type Token, type TokenKind, tokenize } from './lexer.ts';

export class TokenReader {
  readonly #text: string;
  readonly #name: string;
  readonly #tokens: readonly Token[];
  /** Of the next token; may be set back. */
  index = 0;

  /** Throws TemplateError, as all its methods do. `name` is in errors. */
  constructor(text: string, name: string) {
    this.#text = text;
    this.#name = name;
    this.#tokens = tokenize(text, name);
  }

  get next(): Token {
    return this.#tokens[this.index] as Token;
  }

  /** The token this many before the next one. */
  before(count: number): Token | undefined {
    return this.#tokens[this.index - count];
  }

  take(): Token {
    return this.#tokens[this.index++] as Token;
  }

  /** The next token that is no space. */
  skipSpace(): Token {
    while (this.next.kind === 'space') this.index++;
    return this.next;
  }

  expect(kind: TokenKind, context: string): Token {
    const token = this.skipSpace();
    if (token.kind !== kind) this.unexpected(token, context);
    return this.take();
  }

  /** The text of a string token. */
  unquote(token: Token): string {
    return unquoteGo(token.text) ?? this.fail('invalid syntax', token.at);
  }

  fail(message: string, at = this.next.at): never {
    return fail(this.#text, at, this.#name, message);
  }

  unexpected(token: Token, context: string): never {
    const shown = token.kind === 'end of file' ? 'EOF' : `<${token.text}>`;
    return this.fail(
      token.kind === 'right' ? `unexpected "}}" in ${context}` : `unexpected ${shown} in ${context}`,
      token.at,
    );
  }
}
