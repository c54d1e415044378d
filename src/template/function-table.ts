// What a template function declares: parameter types as Go's reflection checks them, and the call.
import type { Value } from './value.ts';

export type ParameterType = 'string' | 'int' | 'int64' | 'float64' | 'time.Time' | 'time.Duration' | 'any';

/** What functions see of the execution. */
export interface CallContext {
  readonly line: string;
  /** Bytes of the line as it is stored: text shows bytes that are no UTF-8 as U+FFFD, which has three. */
  lineBytes(): number;
  readonly timestampNs: bigint;
  /** The present moment, for `now`. */
  nowNs(): bigint;
}

export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** Type of any further arguments. */
  readonly rest?: ParameterType;
  /** Arguments have been checked against the parameter types. Throws FunctionError. */
  call(args: readonly Value[], context: CallContext): Value;
}

export type FunctionTable = Readonly<Record<string, TemplateFunction>>;

/** The functions of one kind of template; undefined: there is none of the name. */
export type FunctionLookup = (name: string) => TemplateFunction | undefined;

/** A function of fixed parameters. */
export function fixed(
  parameters: readonly ParameterType[],
  call: (...args: never[]) => Value,
): TemplateFunction {
  return { parameters, call: (args) => (call as (...values: readonly Value[]) => Value)(...args) };
}

/** A function that takes any number of values after its fixed parameters. */
export function variadic(
  parameters: readonly ParameterType[],
  rest: ParameterType,
  call: (args: readonly Value[], context: CallContext) => Value,
): TemplateFunction {
  return { parameters, rest, call };
}
