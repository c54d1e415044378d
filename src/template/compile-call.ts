// Turns calls of functions and methods into closures.
import { assignable, checkValue } from './arguments.ts';
import type { Evaluate, EvaluateWith, Final, Run, TemplateSource } from './execution.ts';
import type { FunctionLookup, ParameterType, TemplateFunction } from './function-table.ts';
import { specialForms } from './functions.ts';
import { outputLengthMax } from './limits.ts';
import { type Command, type Operand, textOfCommand, textOfOperand } from './nodes.ts';
import { FunctionError } from './template-error.ts';
import { isTrue, typeName, type Value } from './value.ts';

/** Where errors of a call point to. */
interface CallPlace {
  readonly at: number;
  /** The whole command. */
  readonly shown: string;
  /** The function alone: for a wrong number of arguments. */
  readonly nameShown: string;
}

export class CallCompiler {
  readonly #source: TemplateSource;
  readonly #functionNamed: FunctionLookup;
  readonly #operandOf: (node: Operand) => Evaluate;

  /** `operandOf` compiles an operand that stands alone. */
  constructor(source: TemplateSource, functionNamed: FunctionLookup, operandOf: (node: Operand) => Evaluate) {
    this.#source = source;
    this.#functionNamed = functionNamed;
    this.#operandOf = operandOf;
  }

  /** A call of a function by its name. */
  call(node: Operand & { kind: 'identifier' }, args: readonly Operand[], command: Command): EvaluateWith {
    if (specialForms.has(node.name)) return this.#specialForm(node, args, command);
    const called = this.#functionNamed(node.name) as TemplateFunction;
    const compiled = this.arguments(called, args);
    const place: CallPlace = { at: node.at, shown: textOfCommand(command), nameShown: node.name };
    return (run, dot, final) => this.apply(called, node.name, place, compiled, run, dot, final);
  }

  /** Arguments, checked against the parameter they stand for. */
  arguments(called: TemplateFunction, args: readonly Operand[]): Evaluate[] {
    return args.map((arg, i) => this.#argument(arg, called.parameters[i] ?? called.rest ?? 'any'));
  }

  #argument(node: Operand, type: ParameterType): Evaluate {
    const shown = textOfOperand(node);
    const constant = assignable(node, type);
    if (constant !== undefined) {
      if ('error' in constant) {
        return () => {
          throw this.#source.error(node.at, shown, constant.error);
        };
      }
      return () => constant.value;
    }
    const evaluate = this.#operandOf(node);
    return (run, dot) => this.#checked(evaluate(run, dot), type, node.at, shown);
  }

  #checked(value: Value, type: ParameterType, at: number, shown: string): Value {
    const error = checkValue(value, type);
    if (error !== undefined) throw this.#source.error(at, shown, error);
    return value;
  }

  /** Calls with arguments that are compiled already; throws TemplateError. */
  apply(
    called: TemplateFunction,
    name: string,
    place: CallPlace,
    args: readonly Evaluate[],
    run: Run,
    dot: Value,
    final: Final,
  ): Value {
    this.#source.step(run, place.at);
    const given = args.length + (final === undefined ? 0 : 1);
    const wanted = called.parameters.length;
    if (called.rest === undefined ? given !== wanted : given < wanted) {
      const want = called.rest === undefined ? `want ${wanted}` : `want at least ${wanted}`;
      throw this.#source.error(
        place.at,
        place.nameShown,
        `wrong number of args for ${name}: ${want} got ${given}`,
      );
    }
    const values = args.map((evaluate) => evaluate(run, dot));
    if (final !== undefined) {
      const type = called.parameters[values.length] ?? called.rest ?? 'any';
      values.push(this.#checked(final.value, type, place.at, place.shown));
    }
    try {
      const result = called.call(values, run.context);
      if (typeof result === 'string' && result.length > outputLengthMax) {
        throw new FunctionError(`result too long: more than ${outputLengthMax} characters`);
      }
      return result;
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error;
      throw this.#source.error(place.at, place.shown, `error calling ${name}: ${error.message}`);
    }
  }

  #specialForm(
    node: Operand & { kind: 'identifier' },
    args: readonly Operand[],
    command: Command,
  ): EvaluateWith {
    const { name, at } = node;
    const shown = textOfCommand(command);
    if (name === 'call') {
      const evaluate = args.map((arg) => this.#operandOf(arg));
      return (run, dot) => {
        const [first] = evaluate;
        const type = first === undefined ? '<nil>' : typeName(first(run, dot));
        const target = args[0] === undefined ? 'nil' : textOfOperand(args[0]);
        throw this.#source.error(at, shown, `error calling call: non-function ${target} of type ${type}`);
      };
    }
    const compiled = args.map((arg) => this.#argument(arg, 'any'));
    // `and` stops at the first false value, `or` at the first true one; the value itself is the result.
    const stopsAt = name === 'or';
    return (run, dot, final) => {
      this.#source.step(run, at);
      if (compiled.length === 0 && final === undefined) {
        throw this.#source.error(at, name, `wrong number of args for ${name}: want at least 1 got 0`);
      }
      let value: Value;
      for (const evaluate of compiled) {
        value = evaluate(run, dot);
        if (isTrue(value) === stopsAt) return value;
      }
      return final === undefined ? value : final.value;
    };
  }
}
