// One token of lookahead over the lexer, the wording of syntax errors, and the bounds on nesting.
import { Lexer } from './lexer.ts';
import { ParseError } from './parse-error.ts';
import { endToken, type Token, type TokenKind } from './token.ts';

/** Levels of parentheses, functions and operators inside one another while parsing: bounds the parser's stack. */
export const nestingMax = 250;
/** Height of the syntax tree (long chains of operators make high trees): bounds every walk over it. */
export const treeHeightMax = 1_000;

/** Items of one list, stages of one query: each is work for each line. */
export const listMax = 1_000;

export class TokenStream {
  readonly #lexer: Lexer;
  #peeked: Token | undefined;
  /** The token after the peeked one; only when one was put back. */
  #after: Token | undefined;
  #nesting = 0;
  readonly #heights = new WeakMap<object, number>();

  constructor(text: string) {
    this.#lexer = new Lexer(text);
  }

  peek(): Token {
    this.#peeked ??= this.#lexer.next();
    return this.#peeked;
  }

  next(): Token {
    const token = this.peek();
    this.#peeked = this.#after;
    this.#after = undefined;
    return token;
  }

  /** Makes `token` the next one again; nothing may have been peeked since it was taken but the token after it. */
  putBack(token: Token): void {
    this.#after = this.#peeked;
    this.#peeked = token;
  }

  /** Takes the next token when it is of this kind. */
  accept(kind: TokenKind): Token | undefined {
    return this.peek().kind === kind ? this.next() : undefined;
  }

  /** Takes the next token, which must be of this kind; the error names it, or `expecting` when given. */
  expect(kind: TokenKind, expecting: readonly TokenKind[] = [kind]): Token {
    return this.accept(kind) ?? this.fail(expecting);
  }

  /** Throws `syntax error: unexpected X, expecting A or B` for the next token. More than four are not listed. */
  fail(expecting: readonly TokenKind[] = []): never {
    const token = this.peek();
    const list = expecting.length === 0 ? '' : `, expecting ${expecting.join(' or ')}`;
    throw this.#lexer.errorAt(`syntax error: unexpected ${token.kind}${list}`, token.offset, token.lineless);
  }

  /** Throws unless the text ends here. */
  expectEnd(): void {
    if (this.peek().kind !== endToken) this.fail();
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    if (++this.#nesting > nestingMax) {
      throw new ParseError(`parse error : query is nested too deeply (more than ${nestingMax} levels)`);
    }
    const result = parse();
    this.#nesting--;
    return result;
  }

  /** Adds an item to a list of the query. */
  addTo<T>(list: T[], item: T): void {
    if (list.length >= listMax) {
      throw new ParseError(`parse error : query has a list that is too long (more than ${listMax} items)`);
    }
    list.push(item);
  }

  /** Items with commas between them, at least one. */
  list<T>(parseItem: (stream: TokenStream) => T): T[] {
    const items = [parseItem(this)];
    while (this.accept(',') !== undefined) this.addTo(items, parseItem(this));
    return items;
  }

  /** Notes that `node` stands above `children`, and returns it. */
  above<T extends object>(node: T, ...children: readonly object[]): T {
    let height = 1;
    for (const child of children) height = Math.max(height, 1 + (this.#heights.get(child) ?? 1));
    if (height > treeHeightMax) {
      throw new ParseError(`parse error : query has too many operators (more than ${treeHeightMax} levels)`);
    }
    this.#heights.set(node, height);
    return node;
  }
}
