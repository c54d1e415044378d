// Turns a syntax tree into closures, once per query.
import { PipeCompiler } from './compile-pipe.ts';
import { assign, type Run, TemplateSource } from './execution.ts';
import type { FunctionLookup } from './function-table.ts';
import { outputLengthMax, templateDepthMax } from './limits.ts';
import { type Node, textOfPipe } from './nodes.ts';
import type { ParsedTemplate } from './parser.ts';
import { integerOf, isTrue, LabelMap, printValue, sortedEntries, type Value } from './value.ts';

type Signal = 'break' | 'continue' | undefined;
type Execute = (run: Run, dot: Value) => Signal;

/** What the closure throws when a template fails is a TemplateError with Go's text; `text` and `name` are for it. */
export function compile(
  parsed: ParsedTemplate,
  text: string,
  name: string,
  functionNamed: FunctionLookup,
): (run: Run, dot: Value) => void {
  return new Compiler(parsed, new TemplateSource(text, name), functionNamed).compile();
}

class Compiler {
  readonly #parsed: ParsedTemplate;
  readonly #source: TemplateSource;
  readonly #pipes: PipeCompiler;
  readonly #defined = new Map<string, Execute>();

  constructor(parsed: ParsedTemplate, source: TemplateSource, functionNamed: FunctionLookup) {
    this.#parsed = parsed;
    this.#source = source;
    this.#pipes = new PipeCompiler(source, functionNamed);
  }

  compile(): (run: Run, dot: Value) => void {
    for (const [name, nodes] of this.#parsed.defined) this.#defined.set(name, this.#list(nodes));
    const root = this.#list(this.#parsed.root);
    return (run, dot) => {
      run.variables = [{ name: '$', value: dot }];
      root(run, dot);
    };
  }

  #list(nodes: readonly Node[]): Execute {
    const compiled = nodes.map((node) => this.#node(node));
    return (run, dot) => {
      for (const execute of compiled) {
        const signal = execute(run, dot);
        if (signal !== undefined) return signal;
      }
      return undefined;
    };
  }

  #print(run: Run, text: string, at: number): void {
    run.out += text;
    if (run.out.length > outputLengthMax) {
      throw this.#source.error(
        at,
        text.slice(0, 20),
        `output too long: more than ${outputLengthMax} characters`,
      );
    }
    this.#source.step(run, at);
  }

  #node(node: Node): Execute {
    switch (node.kind) {
      case 'text':
        return (run) => {
          this.#print(run, node.text, node.at);
          return undefined;
        };
      case 'action': {
        const pipe = this.#pipes.compile(node.pipe);
        const silent = node.pipe.declares.length > 0;
        return (run, dot) => {
          const value = pipe(run, dot);
          if (!silent) this.#print(run, printValue(value), node.at);
          return undefined;
        };
      }
      case 'if':
      case 'with':
        return this.#branch(node);
      case 'range':
        return this.#range(node);
      case 'break':
      case 'continue':
        return () => node.kind;
      case 'template':
        return this.#template(node);
    }
  }

  #branch(node: Node & { kind: 'if' | 'with' | 'range' }): Execute {
    const pipe = this.#pipes.compile(node.pipe);
    const list = this.#list(node.list);
    const otherwise = this.#list(node.otherwise ?? []);
    return (run, dot) => {
      const scope = run.variables.length;
      const value = pipe(run, dot);
      const inner = node.kind === 'with' ? value : dot;
      const signal = isTrue(value) ? list(run, inner) : otherwise(run, dot);
      run.variables.length = scope;
      return signal;
    };
  }

  #range(node: Node & { kind: 'if' | 'with' | 'range' }): Execute {
    const { declares, assigns } = node.pipe;
    // The loop sets the variables, not the pipeline.
    const pipe = this.#pipes.compile({ ...node.pipe, declares: [] });
    const list = this.#list(node.list);
    const otherwise = this.#list(node.otherwise ?? []);
    const names = declares.length === 1 ? [undefined, declares[0]] : declares;
    return (run, dot) => {
      const value = pipe(run, dot);
      const scope = run.variables.length;
      let ran = false;
      for (const [key, element] of this.#elements(value, node)) {
        ran = true;
        this.#source.step(run, node.at);
        for (const [i, item] of [key, element].entries()) {
          const name = names[i];
          if (name === undefined) continue;
          if (assigns) assign(run, name, item);
          else run.variables.push({ name, value: item });
        }
        const signal = list(run, element);
        run.variables.length = scope;
        if (signal === 'break') break;
      }
      return ran ? undefined : otherwise(run, dot);
    };
  }

  #elements(value: Value, node: Node & { kind: 'if' | 'with' | 'range' }): Iterable<readonly [Value, Value]> {
    if (value === undefined || value === null) return [];
    if (value instanceof Map) return sortedEntries(value);
    if (value instanceof LabelMap) return value.sortedEntries();
    if (Array.isArray(value)) return value.map((item, i): [Value, Value] => [BigInt(i), item]);
    const count = integerOf(value);
    if (count !== undefined && typeof value !== 'object') return countUpTo(count);
    throw this.#source.error(
      node.pipe.at,
      textOfPipe(node.pipe),
      `range can't iterate over ${printValue(value)}`,
    );
  }

  #template(node: Node & { kind: 'template' }): Execute {
    const pipe = node.pipe === undefined ? () => undefined : this.#pipes.compile(node.pipe);
    const shown = `{{template ${JSON.stringify(node.name)}${node.pipe === undefined ? '' : ` ${textOfPipe(node.pipe)}`}}}`;
    return (run, dot) => {
      const execute = this.#defined.get(node.name);
      if (execute === undefined) {
        throw this.#source.error(node.at, shown, `template ${JSON.stringify(node.name)} not defined`);
      }
      if (run.depth >= templateDepthMax) {
        throw this.#source.error(node.at, shown, `exceeded maximum template depth (${templateDepthMax})`);
      }
      const value = pipe(run, dot);
      const outer = run.variables;
      run.variables = [{ name: '$', value }];
      run.depth++;
      execute(run, value);
      run.depth--;
      run.variables = outer;
      return undefined;
    };
  }
}

function* countUpTo(count: bigint): Generator<readonly [Value, Value]> {
  for (let i = 0n; i < count; i++) yield [i, i];
}
