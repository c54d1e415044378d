// As much of PromQL as recorded series need: selectors, functions over time, aggregations, operators. What stands above
// selectors becomes the tree that LogQL has, and is evaluated as that.
import { parsePrometheusDuration } from '../../go/prometheus-duration.ts';
import type { Grouping, Matcher, MetricExpr, RangeAggregation, VectorMatching } from '../../logql/ast.ts';
import { compileMatchers } from '../../logql/matchers.ts';
import { type BinaryOp, binaryOperations, isBinaryOp } from '../../logql/operations/binary-operations.ts';
import type { RangeOp } from '../../logql/operations/range-operations.ts';
import { isVectorOp, type VectorOp } from '../../logql/operations/vector-operations.ts';
import { PromqlError, promqlTokens, type Token } from './promql-tokens.ts';

/** Series that are read, a node of the tree each. */
export interface RecordedRange {
  /** True: the newest sample; false: all samples of the range. */
  readonly isInstant: boolean;
  /** Whether its series keep their name in the answer. */
  readonly keepsName: boolean;
}

export interface RecordedQuery {
  readonly expr: MetricExpr;
  readonly ranges: ReadonlyMap<RangeAggregation, RecordedRange>;
}

/** How old a sample may be to be the newest. */
const lookbackNs = 300_000_000_000n;
const depthMax = 64;

const overTime: Readonly<Record<string, RangeOp>> = Object.fromEntries(
  (['avg', 'min', 'max', 'sum', 'count', 'first', 'last', 'stddev', 'stdvar', 'quantile'] as const).map(
    (name) => [`${name}_over_time`, `${name}_over_time`],
  ),
);

const powers: readonly (readonly BinaryOp[])[] = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<', '<=', '>', '>='],
  ['+', '-'],
  ['*', '/', '%'],
  ['^'],
];
const powerOf = (op: BinaryOp): number => powers.findIndex((ops) => ops.includes(op));
const powerOfProducts = powerOf('*');

/** Throws {@link PromqlError}, RegexError. */
export function parsePromql(text: string): RecordedQuery {
  return new PromqlParser(text).query();
}

/** One selector without a range, as `match[]` has it. Throws as {@link parsePromql} does. */
export function parseSeriesSelector(text: string): readonly Matcher[] {
  const { expr, ranges } = parsePromql(text);
  if (expr.kind !== 'rangeAggregation' || ranges.get(expr)?.isInstant !== true || expr.offsetNs !== 0n)
    throw new PromqlError(`parse error: expected a series selector, got ${JSON.stringify(text)}`);
  return expr.log.matchers;
}

class PromqlParser {
  readonly #tokens: readonly Token[];
  readonly #ranges = new Map<RangeAggregation, RecordedRange>();
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#tokens = promqlTokens(text);
  }

  query(): RecordedQuery {
    const expr = this.#binary(0);
    if (this.#token.kind !== 'end') throw this.#unexpected();
    return { expr, ranges: this.#ranges };
  }

  get #token(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token;
  }

  #unexpected(wanted = ''): PromqlError {
    const { at, kind, text } = this.#token;
    const found = kind === 'end' ? 'end of input' : JSON.stringify(text);
    return new PromqlError(`1:${at}: parse error: unexpected ${found}${wanted && `, expected ${wanted}`}`);
  }

  #is(kind: Token['kind'], text: string): boolean {
    return this.#token.kind === kind && this.#token.text === text;
  }

  #takes(kind: Token['kind'], text: string): boolean {
    if (!this.#is(kind, text)) return false;
    this.#next++;
    return true;
  }

  #sign(text: string): void {
    if (!this.#takes('sign', text)) throw this.#unexpected(JSON.stringify(text));
  }

  #take(kind: Token['kind'], wanted: string): string {
    const { text } = this.#token;
    if (this.#token.kind !== kind) throw this.#unexpected(wanted);
    this.#next++;
    return text;
  }

  /** Operators that bind at least so strongly. */
  #binary(power: number): MetricExpr {
    let left = this.#unary();
    for (;;) {
      const op = this.#token.text;
      if (!(this.#token.kind === 'sign' || this.#token.kind === 'word') || !isBinaryOp(op)) return left;
      const own = powerOf(op);
      if (own < power) return left;
      this.#next++;
      const returnBool = this.#takes('word', 'bool');
      if (returnBool && binaryOperations[op].kind !== 'comparison') throw this.#unexpected();
      const matching = this.#matching();
      const right = this.#binary(op === '^' ? own : own + 1);
      for (const operand of [left, right]) this.#withoutName(operand);
      left = { kind: 'binary', op, left, right, returnBool, ...(matching && { matching }) };
    }
  }

  #matching(): VectorMatching | undefined {
    const on = this.#is('word', 'on');
    if (!on && !this.#is('word', 'ignoring')) return undefined;
    this.#next++;
    const labels = this.#labelNames();
    for (const [word, cardinality] of [
      ['group_left', 'many-to-one'],
      ['group_right', 'one-to-many'],
    ] as const)
      if (this.#takes('word', word))
        return { cardinality, on, labels, include: this.#is('sign', '(') ? this.#labelNames() : [] };
    return { cardinality: 'one-to-one', on, labels, include: [] };
  }

  #unary(): MetricExpr {
    if (this.#takes('sign', '+')) return this.#deeper(() => this.#unary());
    if (!this.#takes('sign', '-')) return this.#primary();
    const operand = this.#deeper(() => this.#binary(powerOfProducts + 1));
    if (operand.kind === 'literal') return { kind: 'literal', value: -operand.value };
    this.#withoutName(operand);
    return {
      kind: 'binary',
      op: '*',
      left: { kind: 'literal', value: -1 },
      right: operand,
      returnBool: false,
    };
  }

  #deeper<T>(parse: () => T): T {
    if (++this.#depth > depthMax) throw new PromqlError('parse error: the query is nested too deeply');
    const parsed = parse();
    this.#depth--;
    return parsed;
  }

  #primary(): MetricExpr {
    const { kind, text } = this.#token;
    if (kind === 'number') {
      this.#next++;
      return { kind: 'literal', value: Number(text) };
    }
    if (this.#takes('sign', '(')) {
      const inner = this.#deeper(() => this.#binary(0));
      this.#sign(')');
      return inner;
    }
    if (this.#is('sign', '{')) return this.#selector([]);
    if (kind !== 'word') throw this.#unexpected();
    this.#next++;
    if (/^(?:inf|nan)$/i.test(text))
      return { kind: 'literal', value: /^inf$/i.test(text) ? Number.POSITIVE_INFINITY : Number.NaN };
    const isCall = this.#is('sign', '(') || this.#is('word', 'by') || this.#is('word', 'without');
    return isCall ? this.#call(text) : this.#selector([{ name: '__name__', op: '=', value: text }]);
  }

  #call(name: string): MetricExpr {
    const op = Object.hasOwn(overTime, name) ? overTime[name] : undefined;
    if (op !== undefined) return this.#overTime(op);
    if (name === 'vector') {
      this.#sign('(');
      const value = this.#number();
      this.#sign(')');
      return { kind: 'vector', value };
    }
    if (isVectorOp(name) && name !== 'approx_topk') return this.#aggregation(name);
    throw new PromqlError(`parse error: recorded series know no function ${JSON.stringify(name)}`);
  }

  #number(): number {
    const isNegative = this.#takes('sign', '-');
    const value = Number(this.#take('number', 'a number'));
    return isNegative ? -value : value;
  }

  #aggregation(op: VectorOp): MetricExpr {
    const before = this.#grouping();
    this.#sign('(');
    const parameter = op === 'topk' || op === 'bottomk' ? this.#number() : undefined;
    if (parameter !== undefined) this.#sign(',');
    const expr = this.#deeper(() => this.#binary(0));
    this.#sign(')');
    const grouping = before ?? this.#grouping();
    return {
      kind: 'vectorAggregation',
      op,
      expr,
      ...(parameter !== undefined && { parameter }),
      ...(grouping && { grouping }),
    };
  }

  #grouping(): Grouping | undefined {
    if (this.#takes('word', 'by')) return { kind: 'by', labels: this.#labelNames() };
    // A name is none of the labels that are left.
    if (this.#takes('word', 'without'))
      return { kind: 'without', labels: [...this.#labelNames(), '__name__'] };
    return undefined;
  }

  #labelNames(): readonly string[] {
    this.#sign('(');
    const names: string[] = [];
    while (!this.#takes('sign', ')')) {
      names.push(this.#take('word', 'a label'));
      if (!this.#is('sign', ')')) this.#sign(',');
    }
    return names;
  }

  #overTime(op: RangeOp): MetricExpr {
    this.#sign('(');
    const parameter = op === 'quantile_over_time' ? this.#number() : undefined;
    if (parameter !== undefined) this.#sign(',');
    const name = this.#token.kind === 'word' ? this.#take('word', 'a name') : undefined;
    const range = this.#matchersAndRange(
      name === undefined ? [] : [{ name: '__name__', op: '=', value: name }],
    );
    this.#sign(')');
    if (range.rangeNs === undefined)
      throw new PromqlError(`parse error: ${op} expects a range, such as [5m]`);
    return this.#leaf(
      { ...range, op, rangeNs: range.rangeNs, ...(parameter !== undefined && { parameter }) },
      { isInstant: false, keepsName: op === 'last_over_time' },
    );
  }

  #selector(matchers: readonly Matcher[]): MetricExpr {
    const range = this.#matchersAndRange(matchers);
    if (range.rangeNs !== undefined)
      throw new PromqlError('parse error: a range stands in functions over time only');
    return this.#leaf(
      { ...range, op: 'last_over_time', rangeNs: lookbackNs },
      { isInstant: true, keepsName: true },
    );
  }

  #leaf(
    of: Pick<RangeAggregation, 'op' | 'parameter' | 'rangeNs' | 'offsetNs'> & {
      readonly matchers: readonly Matcher[];
    },
    range: RecordedRange,
  ): RangeAggregation {
    const { matchers, ...rest } = of;
    if (compileMatchers(matchers).every(({ test }) => test('')))
      throw new PromqlError('parse error: vector selector must contain at least one non-empty matcher');
    const leaf: RangeAggregation = {
      kind: 'rangeAggregation',
      ...rest,
      log: { kind: 'logQuery', matchers, stages: [] },
      unwrap: { label: '__value__', postFilters: [] },
    };
    this.#ranges.set(leaf, range);
    return leaf;
  }

  #matchersAndRange(first: readonly Matcher[]): {
    readonly matchers: readonly Matcher[];
    readonly rangeNs: bigint | undefined;
    readonly offsetNs: bigint;
  } {
    const matchers = [...first];
    if (this.#takes('sign', '{'))
      while (!this.#takes('sign', '}')) {
        matchers.push(this.#matcher());
        if (!this.#is('sign', '}')) this.#sign(',');
      }
    else if (first.length === 0) throw this.#unexpected('a selector');
    let rangeNs: bigint | undefined;
    if (this.#takes('sign', '[')) {
      rangeNs = this.#duration();
      if (rangeNs <= 0n) throw new PromqlError('parse error: duration must be greater than 0');
      this.#sign(']');
    }
    if (!this.#takes('word', 'offset')) return { matchers, rangeNs, offsetNs: 0n };
    const isNegative = this.#takes('sign', '-');
    const offsetNs = this.#duration();
    return { matchers, rangeNs, offsetNs: isNegative ? -offsetNs : offsetNs };
  }

  #matcher(): Matcher {
    const name = this.#take('word', 'a label');
    const op = this.#take('sign', 'a matcher');
    if (op !== '=' && op !== '!=' && op !== '=~' && op !== '!~')
      throw new PromqlError(`parse error: unexpected ${JSON.stringify(op)} in label matching`);
    return { name, op, value: this.#take('string', 'a string') };
  }

  #duration(): bigint {
    const duration = parsePrometheusDuration(this.#take('duration', 'a duration'));
    if (typeof duration === 'bigint') return duration;
    throw new PromqlError(`parse error: ${duration}`);
  }

  /** What operators make has no name. */
  #withoutName(operand: MetricExpr): void {
    if (operand.kind !== 'rangeAggregation') return;
    const range = this.#ranges.get(operand);
    if (range !== undefined) this.#ranges.set(operand, { ...range, keepsName: false });
  }
}
