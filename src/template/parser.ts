// Recursive-descent parser of templates.

import { charConstant, type NumberConstant, numberConstant } from '../go/number-constant.ts';
import type { Token } from './lexer.ts';
import { nestingMax, templateBytesMax } from './limits.ts';
import { type Command, type Node, type Operand, type Pipe, textOfOperand } from './nodes.ts';
import { TemplateError } from './template-error.ts';
import { TokenReader } from './token-reader.ts';

export interface ParsedTemplate {
  readonly root: readonly Node[];
  /** Bodies of `define` and `block`. */
  readonly defined: ReadonlyMap<string, readonly Node[]>;
}

/** Throws {@link TemplateError}. `name` is in errors; `isFunction` tells which identifiers exist. */
export function parseTemplate(
  text: string,
  name: string,
  isFunction: (name: string) => boolean,
): ParsedTemplate {
  if (text.length > templateBytesMax) {
    throw new TemplateError(`template: ${name}: template too long: ${text.length} > ${templateBytesMax}`);
  }
  return new Parser(text, name, isFunction).parse();
}

type ListEnd = 'end' | 'else' | 'file';

class Parser {
  readonly #isFunction: (name: string) => boolean;
  readonly #tokens: TokenReader;
  readonly #defined = new Map<string, readonly Node[]>();
  #nesting = 0;
  #loops = 0;
  /** Names in scope. */
  #variables: string[] = ['$'];

  constructor(text: string, name: string, isFunction: (name: string) => boolean) {
    this.#isFunction = isFunction;
    this.#tokens = new TokenReader(text, name);
  }

  parse(): ParsedTemplate {
    const { nodes } = this.#list(['file']);
    return { root: nodes, defined: this.#defined };
  }

  #nested<T>(parse: () => T): T {
    if (++this.#nesting > nestingMax)
      this.#tokens.fail(`template nested too deeply: more than ${nestingMax} levels`);
    const result = parse();
    this.#nesting--;
    return result;
  }

  // ---- nodes ---------------------------------------------------------------------

  #list(ends: readonly ListEnd[]): { nodes: readonly Node[]; end: ListEnd } {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#tokens.take();
      if (token.kind === 'end of file') {
        if (!ends.includes('file')) this.#tokens.fail('unexpected EOF', token.at);
        return { nodes, end: 'file' };
      }
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text, at: token.at });
        continue;
      }
      const first = this.#tokens.skipSpace();
      if (first.kind !== 'keyword') {
        const at = first.at;
        const pipe = this.#pipe('command', 'right');
        nodes.push({ kind: 'action', pipe, at });
        continue;
      }
      this.#tokens.take();
      const { text } = first;
      if (text === 'end' || text === 'else') {
        if (!ends.includes(text)) this.#tokens.fail(`unexpected {{${text}}}`, first.at);
        if (text === 'end') this.#tokens.expect('right', 'end');
        return { nodes, end: text };
      }
      if (text === 'define') this.#define(first);
      else nodes.push(this.#control(first));
    }
  }

  #control(token: Token): Node {
    switch (token.text) {
      case 'if':
      case 'with':
      case 'range':
        return this.#nested(() => this.#branch(token, token.text as 'if' | 'with' | 'range'));
      case 'break':
      case 'continue':
        if (this.#loops === 0) this.#tokens.fail(`{{${token.text}}} outside {{range}}`, token.at);
        this.#tokens.expect('right', `{{${token.text}}}`);
        return { kind: token.text, at: token.at };
      case 'template':
        return this.#template();
      case 'block':
        return this.#nested(() => this.#block());
      default:
        return this.#tokens.unexpected(token, 'command');
    }
  }

  #branch(token: Token, kind: 'if' | 'with' | 'range'): Node {
    const scope = this.#variables.length;
    const pipe = this.#pipe(kind, 'right');
    if (kind === 'range') this.#loops++;
    const body = this.#list(['end', 'else']);
    if (kind === 'range') this.#loops--;
    let otherwise: readonly Node[] | undefined;
    if (body.end === 'else') {
      const next = this.#tokens.skipSpace();
      if (next.kind === 'keyword' && next.text === kind && kind !== 'range') {
        // "else if" is an if inside the else that shares its end.
        this.#tokens.take();
        otherwise = [this.#nested(() => this.#branch(next, kind))];
      } else {
        this.#tokens.expect('right', 'else');
        otherwise = this.#list(['end']).nodes;
      }
    }
    this.#variables.length = scope;
    return { kind, pipe, list: body.nodes, otherwise, at: token.at };
  }

  #templateName(context: string): { name: string; at: number } {
    const token = this.#tokens.skipSpace();
    if (token.kind !== 'string' && token.kind !== 'rawString') this.#tokens.unexpected(token, context);
    this.#tokens.take();
    return { name: this.#tokens.unquote(token), at: token.at };
  }

  #template(): Node {
    const { name, at } = this.#templateName('template clause');
    const pipe =
      this.#tokens.skipSpace().kind === 'right' ? undefined : this.#pipe('template clause', 'right');
    if (pipe === undefined) this.#tokens.take();
    return { kind: 'template', name, pipe, at };
  }

  #define(token: Token): void {
    if (this.#nesting > 0) this.#tokens.fail('unexpected {{define}}', token.at);
    const { name } = this.#templateName('define clause');
    this.#tokens.expect('right', 'define clause');
    this.#defineBody(name);
  }

  #block(): Node {
    const { name, at } = this.#templateName('block clause');
    const pipe = this.#pipe('block clause', 'right');
    this.#defineBody(name);
    return { kind: 'template', name, pipe, at };
  }

  #defineBody(name: string): void {
    const outer = { variables: this.#variables, loops: this.#loops };
    this.#variables = ['$'];
    this.#loops = 0;
    this.#nested(() => this.#defined.set(name, this.#list(['end']).nodes));
    this.#variables = outer.variables;
    this.#loops = outer.loops;
  }

  // ---- pipelines -------------------------------------------------------------------

  #pipe(context: string, end: 'right' | ')'): Pipe {
    const { at } = this.#tokens.skipSpace();
    const { declares, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#tokens.skipSpace();
      if (token.kind === end) {
        this.#tokens.take();
        if (commands.length === 0) this.#tokens.fail(`missing value for ${context}`, token.at);
        break;
      }
      if (commands.length > 0 && this.#tokens.before(1)?.kind !== 'pipe') {
        const previous = this.#tokens.before(1);
        if (previous?.kind !== 'space' || this.#tokens.before(2)?.kind !== 'pipe')
          this.#tokens.unexpected(token, context);
      }
      commands.push(this.#command(context, end));
    }
    this.#checkPipe(commands);
    if (!assigns) this.#variables.push(...declares);
    return { declares, assigns, commands, at };
  }

  /** Only the first command may be a value: the others take the value before them. */
  #checkPipe(commands: readonly Command[]): void {
    for (const [i, command] of commands.slice(1).entries()) {
      const [first] = command.operands;
      if (first && ['bool', 'dot', 'nil', 'number', 'string'].includes(first.kind)) {
        this.#tokens.fail(`non executable command in pipeline stage ${i + 2}`, first.at);
      }
    }
  }

  #declarations(context: string): { declares: string[]; assigns: boolean } {
    const start = this.#tokens.index;
    const declares: string[] = [];
    while (this.#tokens.next.kind === 'variable') {
      const variable = this.#tokens.take();
      const next = this.#tokens.skipSpace();
      if (next.kind === 'declare' || next.kind === 'assign') {
        this.#tokens.take();
        declares.push(variable.text);
        const assigns = next.kind === 'assign';
        if (assigns) for (const name of declares) this.#known(name, variable.at);
        return { declares, assigns };
      }
      if (next.kind === 'comma' && context === 'range' && declares.length === 0) {
        this.#tokens.take();
        declares.push(variable.text);
        this.#tokens.skipSpace();
        continue;
      }
      break;
    }
    this.#tokens.index = start;
    return { declares: [], assigns: false };
  }

  #known(name: string, at: number): void {
    if (!this.#variables.includes(name)) this.#tokens.fail(`undefined variable "${name}"`, at);
  }

  #command(context: string, end: 'right' | ')'): Command {
    const { at } = this.#tokens.next;
    const operands: Operand[] = [];
    for (;;) {
      const token = this.#tokens.skipSpace();
      if (token.kind === end) break;
      if (token.kind === 'pipe') {
        // As in Go, a pipe with nothing behind it is harmless.
        if (operands.length > 0) this.#tokens.take();
        break;
      }
      const operand = this.#operand();
      if (operand === undefined) this.#tokens.unexpected(token, 'operand');
      operands.push(operand);
      const next = this.#tokens.next.kind;
      if (next !== 'space' && next !== end && next !== 'pipe')
        this.#tokens.unexpected(this.#tokens.next, 'operand');
    }
    if (operands.length === 0) this.#tokens.unexpected(this.#tokens.next, context);
    return { operands, at };
  }

  #operand(): Operand | undefined {
    const term = this.#term();
    if (term === undefined || this.#tokens.next.kind !== 'field') return term;
    // As in Go, errors about the whole chain point at its second part.
    const { at } = this.#tokens.next;
    const fields: string[] = [];
    while (this.#tokens.next.kind === 'field') fields.push(this.#tokens.take().text.slice(1));
    switch (term.kind) {
      case 'field':
        return { ...term, names: [...term.names, ...fields], at };
      case 'variable':
        return { ...term, fields: [...term.fields, ...fields], at };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#tokens.fail(`unexpected . after term ${JSON.stringify(textOfOperand(term))}`, term.at);
      default:
        return { kind: 'chain', operand: term, fields, at };
    }
  }

  #term(): Operand | undefined {
    const token = this.#tokens.next;
    const { at, text } = token;
    switch (token.kind) {
      case 'identifier':
        if (!this.#isFunction(text)) this.#tokens.fail(`function ${JSON.stringify(text)} not defined`, at);
        this.#tokens.take();
        return { kind: 'identifier', name: text, at };
      case 'dot':
        this.#tokens.take();
        return { kind: 'dot', at };
      case 'nil':
        this.#tokens.take();
        return { kind: 'nil', at };
      case 'variable':
        this.#tokens.take();
        this.#known(text, at);
        return { kind: 'variable', name: text, fields: [], at };
      case 'field':
        this.#tokens.take();
        return { kind: 'field', names: [text.slice(1)], at };
      case 'bool':
        this.#tokens.take();
        return { kind: 'bool', value: text === 'true', at };
      case 'number':
        this.#tokens.take();
        return this.#constant(numberConstant(text), at);
      case 'char':
        this.#tokens.take();
        return this.#constant(charConstant(text), at);
      case 'string':
      case 'rawString':
        this.#tokens.take();
        return { kind: 'string', value: this.#tokens.unquote(token), quoted: text, at };
      case '(': {
        this.#tokens.take();
        const pipe = this.#nested(() => this.#pipe('parenthesized pipeline', ')'));
        return { kind: 'pipe', pipe, at };
      }
      default:
        return undefined;
    }
  }

  #constant(constant: NumberConstant | { readonly error: string }, at: number): Operand {
    if ('error' in constant) return this.#tokens.fail(constant.error, at);
    return { kind: 'number', ...constant, at };
  }
}
