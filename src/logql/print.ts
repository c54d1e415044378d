// Whole queries as text: on one line, and laid out over several as format_query does.
import { formatGoDuration } from '../go/duration.ts';
import { formatGoFixed, formatGoFloat, formatGoGeneral } from '../go/number.ts';
import { formatPrometheusDuration } from '../go/prometheus-duration.ts';
import { quoteGo } from '../go/quote.ts';
import type {
  BinaryExpr,
  Expr,
  Grouping,
  LabelReplaceExpr,
  LogQuery,
  RangeAggregation,
  Unwrap,
  VectorAggregation,
} from './ast.ts';
import { binaryOperations } from './operations/binary-operations.ts';
import { printLabelFilter, printMatchers, printNumber } from './print-filter.ts';
import { printStage } from './stages.ts';
import { operandsOf } from './walk.ts';

/** The query on one line, in Loki's spelling. Parses back to the same tree. */
export function printExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'logQuery':
      return [printMatchers(expr.matchers), ...expr.stages.map(printStage)].join(' ');
    case 'rangeAggregation': {
      const parameter = expr.parameter === undefined ? '' : `${formatGoFloat(expr.parameter)},`;
      return `${expr.op}(${parameter}${printRange(expr)})${printGrouping(expr.grouping, ',')}`;
    }
    case 'vectorAggregation': {
      const parameter = expr.parameter === undefined ? '' : `${expr.parameter},`;
      return `${expr.op}${printGrouping(expr.grouping, ',')}(${parameter}${printExpr(expr.expr)})`;
    }
    case 'binary':
      return `(${printExpr(expr.left)} ${printOperator(expr)} ${printExpr(expr.right)})`;
    case 'labelReplace':
      return `label_replace(${[printExpr(expr.expr), ...replaceTexts(expr)].join(',')})`;
    case 'vector':
      return `vector(${printVectorValue(expr.value)})`;
    case 'literal':
      return printLiteral(expr.value);
  }
}

/** Lines longer than this are split where the syntax has a place for it. */
const lineLengthMax = 100;

/** The layout of `/loki/api/v1/format_query`: one line when it fits, else one stage, operand or argument a line. */
export const formatExpr = (expr: Expr): string => format(expr, 0);

function format(expr: Expr, level: number): string {
  const indent = '  '.repeat(level);
  const line = oneLine(expr);
  if (line !== undefined) return indent + line;
  switch (expr.kind) {
    case 'logQuery':
      return formatLogQuery(expr, level);
    case 'rangeAggregation':
      return formatRangeAggregation(expr, level);
    case 'vectorAggregation':
      return formatVectorAggregation(expr, level);
    case 'binary': {
      const operands = [formatOperand(expr, 'left', level + 1), formatOperand(expr, 'right', level + 1)];
      return operands.join(`\n${indent}${printOperator(expr)}\n`);
    }
    case 'labelReplace': {
      const texts = replaceTexts(expr).map((text) => `${indent}  ${text}`);
      return `${indent}label_replace(\n${[format(expr.expr, level + 1), ...texts].join(',\n')}\n${indent})`;
    }
    case 'vector':
    case 'literal':
      return indent + printExpr(expr);
  }
}

/** The query on one line, where that is short enough. */
function oneLine(expr: Expr): string | undefined {
  // Printed only when it may be: a high tree would be printed again from each of its levels.
  if (!isSmall(expr, { nodes: lineLengthMax })) return undefined;
  const line = printExpr(expr);
  return [...line].length <= lineLengthMax ? line : undefined;
}

/** False for a tree of more nodes than there are, of which each prints a character at least. */
function isSmall(expr: Expr, left: { nodes: number }): boolean {
  return --left.nodes >= 0 && operandsOf(expr).every((operand) => isSmall(operand, left));
}

/** Operands on their own lines have no parentheses but where the meaning would change without. */
function formatOperand(parent: BinaryExpr, side: 'left' | 'right', level: number): string {
  const operand = parent[side];
  if (operand.kind !== 'binary' || oneLine(operand) !== undefined) return format(operand, level);
  const outer = binaryOperations[parent.op];
  const inner = binaryOperations[operand.op];
  if (inner.rank > outer.rank || (inner.rank === outer.rank && side === outer.groups))
    return format(operand, level);
  const indent = '  '.repeat(level);
  return `${indent}(\n${format(operand, level + 1)}\n${indent})`;
}

function formatLogQuery(query: LogQuery, level: number): string {
  const inner = '  '.repeat(level + 1);
  const lines = [`${'  '.repeat(level)}${printMatchers(query.matchers)}`];
  let joinsPrevious = false;
  for (const stage of query.stages) {
    const text = printStage(stage);
    // Line filters that follow each other are one expression to Loki and share a line.
    const isFilter = stage.kind === 'lineFilter';
    if (isFilter && joinsPrevious) lines.push(`${lines.pop()} ${text}`);
    else lines.push(inner + text);
    joinsPrevious = isFilter;
  }
  return lines.join('\n');
}

function formatRangeAggregation(expr: RangeAggregation, level: number): string {
  const indent = '  '.repeat(level);
  const parameter = expr.parameter === undefined ? '' : `${indent}  ${formatGoFloat(expr.parameter)},\n`;
  let log = format(expr.log, level + 1);
  if (expr.unwrap !== undefined) {
    for (const part of unwrapParts(expr.unwrap)) log += `\n${indent}    ${part}`;
  }
  const range = `${log} ${printInterval(expr)}`;
  return `${indent}${expr.op}(\n${parameter}${range}\n${indent})${printGrouping(expr.grouping, ', ')}`;
}

function formatVectorAggregation(expr: VectorAggregation, level: number): string {
  const indent = '  '.repeat(level);
  const parameter = expr.parameter === undefined ? '' : `${indent}  ${expr.parameter},\n`;
  const grouping = printGrouping(expr.grouping, ', ');
  const inner = format(expr.expr, level + 1);
  return `${indent}${expr.op}${grouping}(\n${parameter}${inner}\n${indent})`;
}

function printRange(expr: RangeAggregation): string {
  const unwrap = expr.unwrap === undefined ? '' : ` ${unwrapParts(expr.unwrap).join(' ')}`;
  return printExpr(expr.log) + unwrap + printInterval(expr);
}

function printInterval({ rangeNs, offsetNs }: RangeAggregation): string {
  const range = `[${formatPrometheusDuration(rangeNs)}]`;
  return offsetNs === 0n ? range : `${range} offset ${formatGoDuration(offsetNs)}`;
}

function unwrapParts({ label, conversion, postFilters }: Unwrap): string[] {
  const what = conversion === undefined ? label : `${conversion}(${label})`;
  return [`| unwrap ${what}`, ...postFilters.map((filter) => `| ${printLabelFilter(filter)}`)];
}

function printGrouping(grouping: Grouping | undefined, separator: string): string {
  return grouping === undefined ? '' : ` ${grouping.kind} (${grouping.labels.join(separator)})`;
}

function printOperator({ op, returnBool, matching }: BinaryExpr): string {
  let text: string = op;
  if (returnBool) text += ' bool';
  if (matching === undefined) return text;
  text += ` ${matching.on ? 'on' : 'ignoring'} (${matching.labels.join(',')})`;
  if (matching.cardinality === 'one-to-one') return text;
  text += matching.cardinality === 'many-to-one' ? ' group_left' : ' group_right';
  // Also when empty: a parenthesis that opens the right operand would be read as this list.
  return `${text} (${matching.include.join(',')})`;
}

const replaceTexts = (expr: LabelReplaceExpr): string[] =>
  [expr.destination, expr.replacement, expr.source, expr.regex].map(quoteGo);

/** Loki's six decimals when they say it all. */
function printVectorValue(value: number): string {
  const fixed = formatGoFixed(value);
  return Number(fixed) === value ? fixed : formatGoGeneral(value);
}

/** Folding can leave values that have no literal; they are printed as an operation that folds to them. */
function printLiteral(value: number): string {
  if (Number.isNaN(value)) return '(0 / 0)';
  if (!Number.isFinite(value)) return value > 0 ? '(10 ^ 309)' : '(-10 ^ 309)';
  return Object.is(value, -0) ? printNumber(value) : formatGoGeneral(value);
}
