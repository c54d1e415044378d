// Turns pipelines, commands and operands into closures.
import { constantOf } from './arguments.ts';
import { CallCompiler } from './compile-call.ts';
import {
  assign,
  type Evaluate,
  type EvaluateWith,
  type Final,
  lookUp,
  type Run,
  type TemplateSource,
} from './execution.ts';
import type { FunctionLookup } from './function-table.ts';
import { methodOf } from './methods.ts';
import { type Command, type Operand, type Pipe, textOfOperand } from './nodes.ts';
import { LabelMap, typeName, type Value } from './value.ts';

export class PipeCompiler {
  readonly #source: TemplateSource;
  readonly #calls: CallCompiler;

  constructor(source: TemplateSource, functionNamed: FunctionLookup) {
    this.#source = source;
    this.#calls = new CallCompiler(source, functionNamed, (node) => this.#operand(node));
  }

  compile(pipe: Pipe): Evaluate {
    const commands = pipe.commands.map((command) => this.#command(command));
    const { declares, assigns } = pipe;
    if (commands.length === 1 && declares.length === 0) {
      const [only] = commands as [EvaluateWith];
      return (run, dot) => only(run, dot, undefined);
    }
    return (run, dot) => {
      let final: Final;
      for (const command of commands) final = { value: command(run, dot, final) };
      const value = final?.value;
      for (const name of declares) {
        if (assigns) assign(run, name, value);
        else run.variables.push({ name, value });
      }
      return value;
    };
  }

  #command(command: Command): EvaluateWith {
    const [first, ...args] = command.operands as [Operand, ...Operand[]];
    switch (first.kind) {
      case 'identifier':
        return this.#calls.call(first, args, command);
      case 'field':
      case 'chain':
      case 'variable':
        return this.#fields(first, args);
      case 'pipe':
        return this.#noArguments(first, args, this.compile(first.pipe));
      case 'nil':
        return () => {
          throw this.#source.error(first.at, 'nil', 'nil is not a command');
        };
      default:
        return this.#noArguments(first, args, this.#operand(first));
    }
  }

  #noArguments(first: Operand, args: readonly Operand[], evaluate: Evaluate): EvaluateWith {
    return (run, dot, final) => {
      if (args.length > 0 || final !== undefined) {
        throw this.#source.error(
          first.at,
          textOfOperand(first),
          `can't give argument to non-function ${textOfOperand(first)}`,
        );
      }
      return evaluate(run, dot);
    };
  }

  /** The value of an operand that stands alone. */
  #operand(node: Operand): Evaluate {
    switch (node.kind) {
      case 'dot':
        return (_run, dot) => dot;
      case 'nil':
        return () => undefined;
      case 'bool':
      case 'string':
        return () => node.value;
      case 'number': {
        const value = constantOf(node);
        return () => value;
      }
      case 'pipe':
        return this.compile(node.pipe);
      case 'identifier': {
        const call = this.#calls.call(node, [], { operands: [node], at: node.at });
        return (run, dot) => call(run, dot, undefined);
      }
      default: {
        const fields = this.#fields(node, []);
        return (run, dot) => fields(run, dot, undefined);
      }
    }
  }

  #fields(node: Operand & { kind: 'field' | 'chain' | 'variable' }, args: readonly Operand[]): EvaluateWith {
    const names = node.kind === 'field' ? node.names : node.fields;
    let start: Evaluate;
    if (node.kind === 'field') start = (_run, dot) => dot;
    else if (node.kind === 'chain') start = this.#operand(node.operand);
    else start = (run) => lookUp(run, node.name);
    if (names.length === 0) return this.#noArguments(node, args, start);
    const [onlyName] = names;
    if (node.kind === 'field' && names.length === 1 && args.length === 0) {
      // The commonest operand by far: a label.
      return (run, dot, final) =>
        dot instanceof LabelMap && final === undefined
          ? (dot.source.get(onlyName as string) ?? '')
          : this.#field(node, dot, onlyName as string, run, dot, args, final);
    }
    return (run, dot, final) => {
      let value = start(run, dot);
      for (const [i, name] of names.entries()) {
        const last = i === names.length - 1;
        value = this.#field(node, value, name, run, dot, last ? args : [], last ? final : undefined);
      }
      return value;
    };
  }

  #field(
    node: Operand,
    receiver: Value,
    name: string,
    run: Run,
    dot: Value,
    args: readonly Operand[],
    final: Final,
  ): Value {
    const shown = textOfOperand(node);
    const method = methodOf(receiver, name);
    if (method !== undefined) {
      return this.#calls.apply(
        method,
        name,
        { at: node.at, shown, nameShown: shown },
        this.#calls.arguments(method, args),
        run,
        dot,
        final,
      );
    }
    if (receiver === undefined || receiver === null) {
      throw this.#source.error(node.at, shown, `nil data; no entry for key ${JSON.stringify(name)}`);
    }
    if (receiver instanceof LabelMap || receiver instanceof Map) {
      if (args.length > 0 || final !== undefined)
        throw this.#source.error(node.at, shown, `${name} is not a method but has arguments`);
      return receiver instanceof Map ? (receiver.get(name) ?? undefined) : (receiver.source.get(name) ?? '');
    }
    throw this.#source.error(node.at, shown, `can't evaluate field ${name} in type ${typeName(receiver)}`);
  }
}
